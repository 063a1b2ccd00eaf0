package rtsp

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"golang.org/x/net/ipv4"
)

// udpClient has a pair of UDP ports.
type udpClient struct {
	*client
	rtp, rtcp *net.UDPConn
	server    [2]uint16
	id        string
}

// overUDP sets up a session over UDP.
func (b *bench) overUDP(c *client) *udpClient {
	b.t.Helper()
	var first, second *net.UDPConn
	var err error
	for range 100 {
		if first, second, err = listenPair("udp4", netip.MustParseAddr("127.0.0.1"), net.ListenUDP); err == nil {
			break
		}
	}
	if err != nil {
		b.t.Fatal(err)
	}
	first.SetReadBuffer(4 << 20) //nolint:errcheck // as large as may be
	b.t.Cleanup(func() {
		first.Close()  //nolint:errcheck // the test is over
		second.Close() //nolint:errcheck // as above
	})
	u := &udpClient{client: c, rtp: first, rtcp: second}
	port := first.LocalAddr().(*net.UDPAddr).Port
	r := c.want(200, "SETUP", b.url+"/trackID=0", fmt.Sprintf("Transport: RTP/AVP;multicast, RTP/AVP/UDP;unicast;client_port=%d-%d, RTP/AVP/TCP", port, port+1))
	want := fmt.Sprintf("RTP/AVP;unicast;client_port=%d-%d;server_port=%%d-%%d;ssrc=%08X", port, port+1, b.main.ssrc)
	if _, err := fmt.Sscanf(r.header.get("transport"), want, &u.server[0], &u.server[1]); err != nil {
		b.t.Fatalf("Transport: %q: %v", r.header.get("transport"), err)
	}
	if u.server[0]%2 != 0 || u.server[1] != u.server[0]+1 {
		b.t.Errorf("server ports %v", u.server)
	}
	u.id, _, _ = strings.Cut(r.header.get("session"), ";")
	return u
}

// datagram reads the next packet of a socket, which must come from the server's port.
func (u *udpClient) datagram(c *net.UDPConn, port uint16) []byte {
	u.t.Helper()
	b := make([]byte, 2000)
	n, from, err := c.ReadFromUDPAddrPort(b)
	if err != nil {
		u.t.Fatal(err)
	}
	if from.Port() != port {
		u.t.Fatalf("packet from port %d, want %d", from.Port(), port)
	}
	return b[:n]
}

// unitOf reads the packets of one access unit.
func (u *udpClient) unitOf() []*rtp.Packet {
	u.t.Helper()
	var packets []*rtp.Packet
	for {
		p := &rtp.Packet{}
		if err := p.Unmarshal(u.datagram(u.rtp, u.server[0])); err != nil {
			u.t.Fatal(err)
		}
		packets = append(packets, p)
		if p.Marker {
			return packets
		}
	}
}

// large makes key pictures of 80 macroblocks, 30 KB: two runs of packets.
func large(_ *Config, s *StreamConfig) {
	source := s.Source.(*flatSource)
	source.columns, source.rows = 10, 8
}

func TestUDPReadersGetEveryPacketWithAndWithoutOffload(t *testing.T) {
	t.Parallel()
	for name, offload := range map[string]bool{"UDP_SEGMENT": true, "a packet at a time": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, large)
			readers := make([]*udpClient, 3)
			for i := range readers {
				readers[i] = b.overUDP(b.dial())
			}
			b.server.mu.Lock()
			pair := b.server.pairs[netip.MustParseAddr("127.0.0.1")]
			b.server.mu.Unlock()
			if offload && !pair.offload.Load() {
				t.Log("this kernel has no UDP_SEGMENT")
			}
			pair.offload.Store(pair.offload.Load() && offload)
			for _, u := range readers {
				r := u.want(200, "PLAY", b.url, "Session: "+u.id)
				packets := u.unitOf()
				if len(packets) != 24 {
					t.Errorf("%d packets, want parameter sets and 23 fragments", len(packets))
				}
				control, err := rtcp.Unmarshal(u.datagram(u.rtcp, u.server[1]))
				if err != nil {
					t.Fatal(err)
				}
				checkStart(t, r, packets[0], control)
				next := packets[0].SequenceNumber
				for range 20 {
					for _, p := range packets {
						if p.SequenceNumber != next {
							t.Fatalf("packet %d, want %d", p.SequenceNumber, next)
						}
						next++
					}
					packets = u.unitOf()
				}
			}
			for _, st := range b.server.Stats().Sessions {
				if st.Transport != "UDP" || st.DroppedPackets != 0 || st.Packets < 20 {
					t.Errorf("%+v", st)
				}
			}
		})
	}
}

func TestUDPSessionOutlivesItsConnectionAndEndsByAnother(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	u := b.overUDP(b.dial())
	u.want(200, "PLAY", b.url, "Session: "+u.id)
	u.nc.Close() //nolint:errcheck // it has done its duty
	for range 10 {
		u.unitOf()
	}
	second := b.dial()
	second.want(200, "GET_PARAMETER", b.url, "Session: "+u.id)
	second.want(200, "TEARDOWN", b.url, "Session: "+u.id)
	var packets []rtcp.Packet
	for len(packets) != 3 {
		var err error
		if packets, err = rtcp.Unmarshal(u.datagram(u.rtcp, u.server[1])); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := packets[2].(*rtcp.Goodbye); !ok {
		t.Errorf("last: %v", packets[2])
	}
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	if len(b.server.pairs) != 0 {
		t.Error("the ports are still open")
	}
}

func TestRTCPCountsOnlyFromTheClientsOwnPort(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	u := b.overUDP(b.dial())
	u.want(200, "PLAY", b.url, "Session: "+u.id)
	u.unitOf()
	raw, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 7, Reports: []rtcp.ReceptionReport{{SSRC: b.main.ssrc, TotalLost: 3}}}})
	if err != nil {
		t.Fatal(err)
	}
	to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), u.server[1])
	for _, from := range []*net.UDPConn{u.rtp, u.rtcp} { // the wrong port first
		if _, err := from.WriteToUDPAddrPort(raw, to); err != nil {
			t.Fatal(err)
		}
	}
	for b.server.Stats().Sessions[0].Reports == 0 {
		u.unitOf()
	}
	if st := b.server.Stats().Sessions[0]; st.Reports != 1 || st.TotalLost != 3 {
		t.Errorf("%+v", st)
	}
}

func TestSetupAgainChangesTheTransport(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	u := b.overUDP(b.dial())
	u.want(461, "SETUP", b.url+"/trackID=0", "Transport: RTP/AVP;multicast", "Session: "+u.id)
	u.want(200, "SETUP", b.url+"/trackID=0", fmt.Sprintf("Transport: RTP/AVP;client_port=%d", u.rtp.LocalAddr().(*net.UDPAddr).Port), "Session: "+u.id)
	u.want(200, "SETUP", b.url+"/trackID=0", overTCP, "Session: "+u.id)
	b.server.mu.Lock()
	pairs := len(b.server.pairs)
	b.server.mu.Unlock()
	if pairs != 0 {
		t.Error("the UDP ports are still open")
	}
	u.want(200, "PLAY", b.url, "Session: "+u.id)
	u.packet(0)
}

func TestNoUDPPortsAreNotEnoughBandwidth(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *Config, _ *StreamConfig) {
		c.ListenUDP = func(string, *net.UDPAddr) (*net.UDPConn, error) { return nil, syscall.EMFILE }
	})
	c := b.dial()
	c.want(453, "SETUP", b.url+"/trackID=0", "Transport: RTP/AVP;client_port=5000-5001")
	c.want(200, "OPTIONS", "*")
	if n := len(b.server.Stats().Sessions); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestTunnelsAndRTSPSHaveNoPlainUDP(t *testing.T) {
	t.Parallel()
	const transport = "Transport: RTP/AVP;client_port=5000-5001"
	for plain, want := range map[bool]int{false: 461, true: 200} {
		b := newBench(t, func(c *Config, _ *StreamConfig) { c.PlainUDP = plain })
		near, far := sockets(t)
		done := make(chan error)
		go func() { done <- b.server.ServeConn(t.Context(), far, true) }()
		newClient(t, near).want(want, "SETUP", b.url+"/trackID=0", transport)
		near.Close() //nolint:errcheck // ends ServeConn
		if err := <-done; err != nil {
			t.Error(err)
		}
		b.pipe(false).want(461, "SETUP", b.url+"/trackID=0", transport) // no address to send to
	}
}

// scripted is a socket whose sends go by a script.
type scripted struct {
	answers []error // of each call; nil: takes one message
	sent    []ipv4.Message
}

func (s *scripted) WriteBatch(ms []ipv4.Message, _ int) (int, error) {
	if len(s.answers) > 0 {
		err := s.answers[0]
		s.answers = s.answers[1:]
		if err != nil {
			return 0, err
		}
	}
	m := ms[0]
	m.Buffers = [][]byte{append([]byte(nil), ms[0].Buffers[0]...)}
	m.OOB = append([]byte(nil), ms[0].OOB...)
	s.sent = append(s.sent, m)
	return 1, nil
}

func TestBatchDropsWhatASocketDoesNotTakeAndDoesWithoutOffload(t *testing.T) {
	t.Parallel()
	io := &net.OpError{Op: "write", Err: syscall.EIO}
	for _, c := range []struct {
		name    string
		answers []error
		sent    []int // bytes of each message
		dropped [2]uint64
		offload bool
	}{
		{"all taken", nil, []int{1400, 1400}, [2]uint64{}, true},
		{"interrupted", []error{syscall.EINTR}, []int{1400, 1400}, [2]uint64{}, true},
		{"full for the first reader", []error{syscall.EAGAIN}, []int{1400}, [2]uint64{1, 0}, true},
		{"full for the second", []error{nil, syscall.ENOBUFS}, []int{1400}, [2]uint64{0, 1}, true},
		{"interface cannot cut", []error{io}, []int{500, 500, 400, 500, 500, 400}, [2]uint64{}, false},
		{"cannot cut from the second on", []error{nil, io}, []int{1400, 500, 500, 400}, [2]uint64{}, false},
		{"cannot send at all", []error{io, syscall.EPERM, syscall.EPERM}, nil, [2]uint64{1, 1}, false},
	} {
		socket := &scripted{answers: c.answers}
		pair := &portPair{writer: socket}
		pair.offload.Store(true)
		b := &batch{pair: pair}
		u := &unit{packets: make([]rtp.Packet, 3), datagrams: []run{{bytes: make([]byte, 1400), segment: 500, packets: 3}}}
		readers := [2]*reader{newReader(nil, nil, nil), newReader(nil, nil, nil)}
		for i, r := range readers {
			b.add(&net.UDPAddr{Port: i}, r, u)
		}
		b.flush()
		var sent []int
		for _, m := range socket.sent {
			sent = append(sent, len(m.Buffers[0]))
		}
		got := [2]uint64{readers[0].droppedUnits.Load(), readers[1].droppedUnits.Load()}
		if d := cmp.Diff(c.sent, sent); d != "" || got != c.dropped || pair.offload.Load() != c.offload {
			t.Errorf("%s: sent %v, dropped %v, offload %v", c.name, sent, got, pair.offload.Load())
		}
		if len(b.messages) != 0 {
			t.Errorf("%s: %d messages left", c.name, len(b.messages))
		}
	}
}

func TestRunsHoldPacketsOfOneSizeAndAShorterLast(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sizes []int
		want  [][]int
	}{
		{[]int{50}, [][]int{{50}}},
		{[]int{20, 100, 100, 60}, [][]int{{20}, {100, 100, 60}}},
		{[]int{100, 60, 60, 30, 30}, [][]int{{100, 60}, {60, 30}, {30}}},
		{make([]int, 130), [][]int{make([]int, 64), make([]int, 64), make([]int, 2)}},
		{[]int{30000, 30000, 30000}, [][]int{{30000, 30000}, {30000}}},
	} {
		var packets []rtp.Packet
		for i, size := range c.sizes {
			packets = append(packets, rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(i)}, Payload: make([]byte, size)})
		}
		u := newUnit(packets, true)
		var got [][]int
		n := uint16(0)
		for _, r := range u.runs() {
			var sizes []int
			for rest := r.bytes; len(rest) > 0; {
				size := min(len(rest), r.segment)
				if seq := binary.BigEndian.Uint16(rest[2:]); seq != n {
					t.Fatalf("%v: packet %d, want %d", c.sizes, seq, n)
				}
				n++
				sizes, rest = append(sizes, size-12), rest[size:]
			}
			if len(sizes) != r.packets {
				t.Errorf("%v: run of %d says %d packets", c.sizes, len(sizes), r.packets)
			}
			got = append(got, sizes)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%v (-want +got):\n%s", c.sizes, d)
		}
	}
}

func TestUnitIsTheSameOnEveryChannelButForItsNumber(t *testing.T) {
	t.Parallel()
	var packets []rtp.Packet
	for i, size := range []int{20, 1400, 700} {
		packets = append(packets, rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(i)}, Payload: make([]byte, size)})
	}
	u := newUnit(packets, true)
	first, other := u.onChannel(0), u.onChannel(200)
	if &first[0] != &u.onChannel(0)[0] || &other[0] != &u.onChannel(200)[0] {
		t.Error("a buffer is made twice")
	}
	for _, b := range []struct {
		bytes   []byte
		channel byte
	}{{first, 0}, {other, 200}} {
		rest := b.bytes
		for i := range packets {
			size := int(binary.BigEndian.Uint16(rest[2:]))
			var p rtp.Packet
			if err := p.Unmarshal(rest[4 : 4+size]); err != nil || rest[0] != '$' || rest[1] != b.channel || p.SequenceNumber != uint16(i) || len(p.Payload) != len(packets[i].Payload) {
				t.Fatalf("channel %d, packet %d: % x…, %v", b.channel, i, rest[:16], err)
			}
			rest = rest[4+size:]
		}
		if len(rest) > 0 {
			t.Errorf("channel %d: %d bytes more", b.channel, len(rest))
		}
	}
}
