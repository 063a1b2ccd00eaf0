package control

import (
	"log/slog"
	"net/http"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// newMetrics serves a registry of its own, with a collector that reads the
// fleet when it is scraped, and the process's and Go's own figures.
func newMetrics(f Fleet, log *slog.Logger) http.Handler {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(
		newCollector(f),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelError),
		MaxRequestsInFlight: 4,
	})
}

// collector turns [api.Stats] into metrics.
type collector struct {
	fleet  Fleet
	all    []*prometheus.Desc
	ready  *prometheus.Desc
	total  *prometheus.Desc
	camera []cameraMetric
	ops    *prometheus.Desc
	took   *prometheus.Desc
}

// cameraMetric is one figure of each camera.
type cameraMetric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(api.CameraStats) float64
}

func newCollector(f Fleet) *collector {
	c := &collector{fleet: f}
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		d := prometheus.NewDesc("camfleet_"+name, help, labels, nil)
		c.all = append(c.all, d)
		return d
	}
	camera := func(name, help string, kind prometheus.ValueType, value func(api.CameraStats) float64) {
		c.camera = append(c.camera, cameraMetric{desc(name, help, "camera"), kind, value})
	}
	c.ready = desc("cameras_started", "Cameras that are up.")
	c.total = desc("cameras", "Cameras the fleet has when it is ready.")
	camera("camera_up", "1 while the camera is running.", prometheus.GaugeValue, func(s api.CameraStats) float64 {
		if s.State == "running" {
			return 1
		}
		return 0
	})
	camera("soap_requests_total", "SOAP requests answered.", prometheus.CounterValue, func(s api.CameraStats) float64 { return float64(s.Requests) })
	camera("soap_faults_total", "SOAP requests answered with a fault or an HTTP error.", prometheus.CounterValue, func(s api.CameraStats) float64 { return float64(s.Faults) })
	camera("rtsp_viewers", "RTSP sessions that play.", prometheus.GaugeValue, func(s api.CameraStats) float64 { return float64(s.Viewers) })
	camera("rtp_packets_total", "RTP packets sent.", prometheus.CounterValue, func(s api.CameraStats) float64 { return float64(s.Packets) })
	camera("rtp_bytes_total", "RTP bytes sent.", prometheus.CounterValue, func(s api.CameraStats) float64 { return float64(s.Bytes) })
	camera("rtp_dropped_total", "Access units that slow viewers did not get.", prometheus.CounterValue, func(s api.CameraStats) float64 { return float64(s.Dropped) })
	camera("tpm_restarts_total", "Times the process of the camera's TPM died and was restored.", prometheus.CounterValue, func(s api.CameraStats) float64 { return float64(s.Restarts) })
	c.ops = desc("operations_total", "Answers by operation and outcome, over all cameras.", "operation", "outcome")
	c.took = desc("operation_seconds_total", "Time spent on answers by operation and outcome, over all cameras.", "operation", "outcome")
	return c
}

// Describe lists the metrics.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.all {
		out <- d
	}
}

// Collect reads the fleet.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	ready, stats := c.fleet.Ready(), c.fleet.Stats()
	out <- prometheus.MustNewConstMetric(c.ready, prometheus.GaugeValue, float64(ready.Started))
	out <- prometheus.MustNewConstMetric(c.total, prometheus.GaugeValue, float64(ready.Total))
	for _, s := range stats.Cameras {
		for _, m := range c.camera {
			out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value(s), s.Name)
		}
	}
	for _, o := range stats.Operations {
		out <- prometheus.MustNewConstMetric(c.ops, prometheus.CounterValue, float64(o.Count), o.Operation, o.Outcome)
		out <- prometheus.MustNewConstMetric(c.took, prometheus.CounterValue, o.Seconds, o.Operation, o.Outcome)
	}
}
