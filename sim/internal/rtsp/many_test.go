package rtsp

import (
	"crypto/tls"
	"strings"
	"sync"
	"testing"

	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/sdp"
)

func unmarshalSDP(text string, d *description.Session) error {
	var s sdp.SessionDescription
	if err := s.Unmarshal([]byte(text)); err != nil {
		return err
	}
	return d.Unmarshal(&s)
}

// TestHundredReadersGetEveryPacket plays over TCP, TLS and UDP at once, with
// readers that read nothing among them.
func TestHundredReadersGetEveryPacket(t *testing.T) {
	t.Parallel()
	cert, pool := certificate(t)
	b := newBench(t, func(c *Config, s *StreamConfig) {
		c.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, DynamicRecordSizingDisabled: true}
		c.Limits.QueueBytes = 64 << 10
		s.Source.(*flatSource).gop = 10
	})
	b.address = "127.0.0.1" + b.address[strings.LastIndexByte(b.address, ':'):]
	dialTLS := func() *client {
		nc, err := tls.Dial("tcp", b.secureAddress, &tls.Config{RootCAs: pool})
		if err != nil {
			t.Fatal(err)
		}
		return newClient(t, nc)
	}
	for range 3 { // these read nothing
		b.dial().play(b.url)
		dialTLS().play(b.url)
	}
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			var next func() uint16
			switch i % 3 {
			case 0:
				next = b.dial().numbers(b.url)
			case 1:
				next = dialTLS().numbers(b.url)
			case 2:
				next = b.overUDP(b.dial()).numbers(b.url)
			}
			last := next()
			for range 60 {
				n := next()
				if n != last+1 {
					t.Errorf("reader %d: packet %d after %d", i, n, last)
					return
				}
				last = n
			}
		})
	}
	wg.Wait()
	if st := b.main.Stats(); st.Readers < 100 {
		t.Errorf("%+v", st)
	}
}

// numbers plays and returns a function that gives the sequence number of the
// next packet.
func (c *client) numbers(url string) func() uint16 {
	c.play(url)
	return func() uint16 {
		p, _ := c.packet(0)
		return p.SequenceNumber
	}
}

func (u *udpClient) numbers(url string) func() uint16 {
	u.want(200, "PLAY", url, "Session: "+u.id)
	var rest []uint16
	return func() uint16 {
		for len(rest) == 0 {
			for _, p := range u.unitOf() {
				rest = append(rest, p.SequenceNumber)
			}
		}
		n := rest[0]
		rest = rest[1:]
		return n
	}
}
