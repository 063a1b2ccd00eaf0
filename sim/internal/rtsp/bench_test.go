//go:build unix

package rtsp

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/pack"
)

// The benchmarks deliver 15 KB access units at 25 a second (3 Mbit/s, eleven
// packets each) to readers in a child process, and report the processor time of
// the server alone per delivered stream·second. One operation is one second, so
// run them with -benchtime 5x or so.
const (
	benchReaders = 200
	benchUnit    = 15000
)

// loop is a source of one access unit for ever.
type loop struct{ nals [][]byte }

func newLoop() *loop {
	f := newFlatSource()
	nal := make([]byte, benchUnit)
	for i := range nal {
		nal[i] = byte(i) | 1
	}
	nal[0] = 0x65
	return &loop{nals: [][]byte{f.sps(), f.pps(), nal}}
}

func (l *loop) Format() streams.Format {
	return streams.Format{Codec: streams.H264, Width: 1920, Height: 1080, FPS: 25, ParameterSets: l.nals[:2]}
}

func (l *loop) Next(n uint32, at time.Time, _ bool) (*streams.AccessUnit, error) {
	return &streams.AccessUnit{NALs: l.nals, Key: true, Frame: n, Time: at}, nil
}

func BenchmarkDelivery(b *testing.B) {
	for _, server := range []struct {
		name  string
		start func(b *testing.B, cert tls.Certificate, secure, offload bool) (address string)
	}{{"camfleet", startOurs}, {"gortsplib", startTheirs}} {
		for _, c := range []struct {
			name            string
			secure, offload bool
		}{{"TCP", false, false}, {"TLS", true, false}, {"UDP", false, true}, {"UDP-no-offload", false, false}} {
			if server.name == "gortsplib" && c.name == "UDP-no-offload" {
				continue // it has no other way
			}
			b.Run(server.name+"/"+c.name, func(b *testing.B) {
				cert, _ := certificate(b)
				address := server.start(b, cert, c.secure, c.offload)
				measure(b, address, c.secure, strings.HasPrefix(c.name, "UDP"))
			})
		}
	}
}

// measure lets a child play and measures this process.
func measure(b *testing.B, address string, secure, udp bool) {
	cmd := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), fmt.Sprintf("RTSP_READERS=%s %d %t %t", address, benchReaders, secure, udp))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewReader(out)
	count := func() (n int64) { // bytes the child has got
		b.Helper()
		if _, err := io.WriteString(in, "\n"); err != nil {
			b.Fatal(err)
		}
		if _, err := fmt.Fscanln(lines, &n); err != nil {
			b.Fatal(err)
		}
		return n
	}
	count() // all play
	before, got, begin := processorTime(b), count(), clock.Real().Now()
	for b.Loop() {
		<-clock.Real().NewTimer(time.Second).C()
	}
	used, seconds := processorTime(b)-before, clock.Real().Now().Sub(begin).Seconds()
	delivered := float64(count()-got) / float64(25*(benchUnit+34))
	in.Close() //nolint:errcheck // it ends the child
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(used.Seconds()*1000/delivered, "ms-cpu/stream·s")
	b.ReportMetric(100*delivered/seconds/benchReaders, "%delivered")
	b.ReportMetric(0, "ns/op")
}

// processorTime returns what the process has used.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func startOurs(b *testing.B, cert tls.Certificate, secure, offload bool) string {
	bench := newBench(b, func(c *Config, s *StreamConfig) {
		s.Source, s.Readers = newLoop(), benchReaders
		c.Limits.Connections, c.Limits.Sessions = benchReaders, benchReaders
		c.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, DynamicRecordSizingDisabled: true}
	})
	bench.server.noOffload = !offload
	if secure {
		return bench.secureAddress
	}
	return bench.address
}

// theirs is a handler of gortsplib's Server.
type theirs struct{ stream *gortsplib.ServerStream }

func (h *theirs) OnDescribe(*gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, h.stream, nil
}

func (h *theirs) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, h.stream, nil
}

func (h *theirs) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnStreamWriteError says nothing: the share delivered tells.
func (h *theirs) OnStreamWriteError(*gortsplib.ServerHandlerOnStreamWriteErrorCtx) {}

// startTheirs starts gortsplib's Server, with TLS in its listener, which is its
// cheaper way.
func startTheirs(b *testing.B, cert tls.Certificate, secure, _ bool) string {
	h := &theirs{}
	var l net.Listener
	s := &gortsplib.Server{
		Handler: h, RTSPAddress: "127.0.0.1:0", UDPRTPAddress: "127.0.0.1:28000", UDPRTCPAddress: "127.0.0.1:28001",
		Listen: func(network, address string) (net.Listener, error) {
			var err error
			l, err = net.Listen(network, address)
			if secure && err == nil {
				l = secureListener{l, &tls.Config{Certificates: []tls.Certificate{cert}, DynamicRecordSizingDisabled: true}}
			}
			return l, err
		},
	}
	if err := s.Start(); err != nil {
		b.Fatal(err)
	}
	source := newLoop()
	media := &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{
		&format.H264{PayloadTyp: 96, SPS: source.nals[0], PPS: source.nals[1], PacketizationMode: 1},
	}}
	h.stream = &gortsplib.ServerStream{Server: s, Desc: &description.Session{Medias: []*description.Media{media}}}
	if err := h.stream.Initialize(); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		feed(ctx, b, source, func(au *streams.AccessUnit, p *pack.Packetizer, ts uint32) error {
			packets, err := p.Pack(au, ts)
			for i := range packets {
				if err == nil {
					err = h.stream.WritePacketRTP(media, &packets[i])
				}
			}
			return err
		})
	}()
	b.Cleanup(func() {
		cancel()
		<-done
		h.stream.Close()
		s.Close()
	})
	return l.Addr().String()
}

// secureListener does TLS with connections that gortsplib takes for TCP.
type secureListener struct {
	net.Listener
	config *tls.Config
}

func (l secureListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tls.Server(c, l.config), nil
}

// feed hands out an access unit 25 times a second.
func feed(ctx context.Context, b *testing.B, source *loop, give func(*streams.AccessUnit, *pack.Packetizer, uint32) error) {
	p, err := pack.New(streams.H264, pack.Config{PayloadType: 96})
	if err != nil {
		b.Error(err)
		return
	}
	c := clock.Real()
	for n, begin := uint32(0), c.Now(); ; n++ {
		au, err := source.Next(n, begin, false)
		if err == nil {
			err = give(au, p, n*3600)
		}
		if err != nil {
			b.Error(err)
			return
		}
		select {
		case <-c.NewTimer(begin.Add(time.Duration(n+1) * 40 * time.Millisecond).Sub(c.Now())).C():
		case <-ctx.Done():
			return
		}
	}
}

// BenchmarkFanOut measures what the stream's goroutine does for one access unit
// and a reader, without sockets.
func BenchmarkFanOut(b *testing.B) {
	s, err := NewStream(StreamConfig{Source: newLoop(), Clock: clock.NewManual(begin2026()), Start: begin2026(), Seed: seed.New(1)})
	if err != nil {
		b.Fatal(err)
	}
	for range 100 {
		p := &nothing{}
		s.readers[newReader(p, func(start) {}, func(error) {})] = struct{}{}
	}
	b.ReportAllocs()
	n := int64(0)
	for b.Loop() {
		n++
		if !s.picture(n) {
			b.Fatal("no picture")
		}
	}
	st := s.Stats()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(st.Packets), "ns/packet")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(st.Frames*100), "ns/reader")
}

// nothing is a sink that makes its buffer and throws it away.
type nothing struct{}

func (nothing) unit(_ *Stream, _ *reader, u *unit) bool { return len(u.onChannel(0)) > 0 }
func (nothing) rtcp([]byte)                             {}
func (nothing) detach(*session)                         {}
