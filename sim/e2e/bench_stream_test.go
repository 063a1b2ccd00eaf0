package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"
)

// crowd is the flagship for more readers than it takes by default.
const crowd = `extends: flagship
limits:
  rtsp: {connections: 10000, sessions: 10000, readers: 10000}
  http: {connections: 10000}
`

// readFrames is how many pictures of 25 a second each reader of a benchmark
// takes.
const readFrames = 250

// BenchmarkPlayedStream reports what readers of one 1920x1080 stream at 25
// pictures a second cost the camera: milliseconds of CPU for each second of
// each reader, drawing and coding the picture included.
func BenchmarkPlayedStream(b *testing.B) {
	for _, way := range []string{"TCP", "UDP", "TLS", "HTTP", "HTTPS", "WS", "WSS"} {
		for _, readers := range []int{1, 10, 100} {
			b.Run(fmt.Sprintf("%s/%d", way, readers), func(b *testing.B) { benchmarkStream(b, way, readers, crowd) })
		}
	}
}

// second is one stream with GOPs of a second.
const second = crowd + `media:
  streams:
    - {name: main, width: 1920, height: 1080, fps: 25, gop: 25, bitrate: 4096, h264_profile: High}
  signing:
`

// BenchmarkSignedStream is what one reader of a signed stream costs, beside one
// of an unsigned stream: SHA-256 of all slices, a SEI and a signature of the TPM
// each second. The TPM is a process of its own and not counted.
func BenchmarkSignedStream(b *testing.B) {
	for name, setting := range map[string]string{
		"unsigned": "{enabled: false}", "signed": "{enabled: true}", "low bitrate": "{low_bitrate: true, certificate_sei: true}",
	} {
		b.Run(name, func(b *testing.B) { benchmarkStream(b, "TCP", 1, strings.TrimSuffix(second, "\n")+" "+setting+"\n") })
	}
}

func benchmarkStream(b *testing.B, way string, readers int, profile string) {
	fleet := up(b, "-n", "1", "--profile", writeFile(b, "crowd.yaml", profile))
	s := fleet.Cameras[0].Streams[0]
	address, transport := s.RTSP, gortsplib.TransportTCP
	switch way {
	case "UDP":
		transport = gortsplib.TransportUDP
	case "TLS":
		address = s.RTSPS
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(fleet.CA))
	dial := throughTunnel(b, way, fleet.Cameras[0].DeviceURL, fleet.Cameras[0].DeviceURLTLS, &tls.Config{RootCAs: roots})
	var used time.Duration
	var pictures int
	for b.Loop() {
		crowd := make([]*reader, readers)
		for i := range crowd {
			crowd[i] = startReader(b, login(address, "viewer", "camfleet"), &gortsplib.Client{
				Transport: &transport, TLSConfig: &tls.Config{RootCAs: roots}, DialContext: dial,
			})
		}
		before, had := fleet.usage(b).cpu, total(crowd)
		for _, r := range crowd {
			<-r.enough
		}
		used += fleet.usage(b).cpu - before
		pictures += total(crowd) - had
		for _, r := range crowd {
			r.client.Close()
		}
	}
	seconds := float64(pictures) / 25
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(used.Seconds()*1000/seconds, "ms-cpu/stream-s")
	b.ReportMetric(float64(pictures)/float64(b.N*readers), "pictures/reader")
}

// reader counts the pictures that come.
type reader struct {
	client *gortsplib.Client
	enough chan struct{} // closed after readFrames pictures

	mu       sync.Mutex
	pictures int
}

func total(crowd []*reader) (n int) {
	for _, r := range crowd {
		r.mu.Lock()
		n += r.pictures
		r.mu.Unlock()
	}
	return n
}

func startReader(b testing.TB, address string, client *gortsplib.Client) *reader {
	b.Helper()
	r := &reader{client: client, enough: make(chan struct{})}
	u := parse(b, address)
	if err := r.client.Start(u.Scheme, u.Host); err != nil {
		b.Fatal(err)
	}
	d, _, err := r.client.Describe(u)
	if err == nil {
		err = r.client.SetupAll(d.BaseURL, d.Medias)
	}
	if err != nil {
		b.Fatal(err)
	}
	r.client.OnPacketRTPAny(func(_ *description.Media, _ format.Format, p *rtp.Packet) {
		if !p.Marker { // the last packet of a picture
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.pictures++; r.pictures == readFrames {
			close(r.enough)
		}
	})
	if _, err := r.client.Play(nil); err != nil {
		b.Fatal(err)
	}
	return r
}
