package e2e

import (
	"crypto/tls"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"
)

// BenchmarkSignedFleet is what cameras cost that all have one reader over TCP,
// with 1920x1080 at 25 pictures a second and GOPs of one: milliseconds of CPU for
// each second of each stream, in the program and in the TPMs with their zygote,
// and bytes of RTP payload. 1000 divided by the sum is cameras per core.
func BenchmarkSignedFleet(b *testing.B) {
	for _, cameras := range []int{20, 50} {
		for _, way := range []struct{ name, setting string }{
			{"unsigned", "{enabled: false}"}, {"signed", "{enabled: true}"}, {"low bitrate", "{low_bitrate: true, certificate_sei: true}"},
		} {
			b.Run(fmt.Sprintf("%s/%d", way.name, cameras), func(b *testing.B) {
				benchmarkSignedFleet(b, cameras, strings.TrimSuffix(second, "\n")+" "+way.setting+"\n")
			})
		}
	}
}

// meter counts what the readers of a fleet get.
type meter struct {
	pictures, octets atomic.Int64
}

func benchmarkSignedFleet(b *testing.B, cameras int, profile string) {
	fleet := up(b, "-n", fmt.Sprint(cameras), "--profile", writeFile(b, "crowd.yaml", profile))
	m := &meter{}
	for _, cam := range fleet.Cameras {
		m.play(b, login(cam.Streams[0].RTSP, "viewer", "camfleet"))
	}
	m.wait(50 * cameras) // the start is not counted
	pictures, octets := m.pictures.Load(), m.octets.Load()
	program, all := usageOf(b, fleet.cmd.Process.Pid).cpu, fleet.usage(b).cpu
	for b.Loop() {
		m.wait(250 * cameras)
	}
	spent := usageOf(b, fleet.cmd.Process.Pid).cpu - program
	children := fleet.usage(b).cpu - all - spent
	seconds := float64(m.pictures.Load()-pictures) / 25
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(spent.Seconds()*1000/seconds, "ms-cpu/stream-s")
	b.ReportMetric(children.Seconds()*1000/seconds, "ms-tpm/stream-s")
	b.ReportMetric(float64(m.octets.Load()-octets)/seconds, "bytes/stream-s")
}

// wait waits for so many more pictures.
func (m *meter) wait(pictures int) {
	for end := m.pictures.Load() + int64(pictures); m.pictures.Load() < end; {
		<-time.After(time.Millisecond)
	}
}

// play counts what a stream sends, until the end of the benchmark.
func (m *meter) play(b *testing.B, address string) {
	b.Helper()
	transport := gortsplib.TransportTCP
	u := parse(b, address)
	client := &gortsplib.Client{Transport: &transport, TLSConfig: &tls.Config{}}
	if err := client.Start(u.Scheme, u.Host); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	d, _, err := client.Describe(u)
	if err == nil {
		err = client.SetupAll(d.BaseURL, d.Medias)
	}
	if err != nil {
		b.Fatal(err)
	}
	client.OnPacketRTPAny(func(_ *description.Media, _ format.Format, p *rtp.Packet) {
		m.octets.Add(int64(len(p.Payload)))
		if p.Marker {
			m.pictures.Add(1)
		}
	})
	if _, err := client.Play(nil); err != nil {
		b.Fatal(err)
	}
}
