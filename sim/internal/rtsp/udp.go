package rtsp

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// ListenUDP opens a UDP socket; [net.ListenUDP] does in the real world.
type ListenUDP func(network string, laddr *net.UDPAddr) (*net.UDPConn, error)

// Sizes and counts of the UDP side.
const (
	portPairTries = 64      // ports tried for an even one whose neighbour is free
	sendBuffer    = 4 << 20 // bytes asked of the system for a socket's send buffer
	maxRTCP       = 2048    // bytes of an RTCP packet that is read
	maxReadErrors = 1000    // in a row, then a socket is given up
)

var errPortPair = errors.New("no pair of UDP ports is free")

// portPair is an even port for RTP and the next one for RTCP. All UDP sessions
// of a camera that use one local address share a pair.
type portPair struct {
	local     netip.Addr
	rtp, rtcp *net.UDPConn
	writer    batchWriter
	offload   atomic.Bool // the kernel cuts runs into packets (UDP_SEGMENT)
	users     int         // sessions; guarded by the server's mutex

	mu    sync.Mutex
	peers map[netip.AddrPort]*session // by the address their RTCP comes from
	done  chan struct{}
}

// batchWriter is what ipv4.PacketConn and ipv6.PacketConn have in common.
type batchWriter interface {
	WriteBatch(ms []ipv4.Message, flags int) (int, error)
}

// openPortPair opens a pair of ports on an address and reads its RTCP side
// until it is closed.
func openPortPair(local netip.Addr, listen ListenUDP, log *slog.Logger) (*portPair, error) {
	p := &portPair{local: local, peers: map[netip.AddrPort]*session{}, done: make(chan struct{})}
	network := "udp6"
	if local.Is4() {
		network = "udp4"
	}
	var err error
	for range portPairTries {
		if p.rtp, p.rtcp, err = listenPair(network, local, listen); err == nil {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w at %v: %w", errPortPair, local, err)
	}
	if err := p.rtp.SetWriteBuffer(sendBuffer); err != nil {
		log.Debug("send buffer keeps its size", "error", err)
	}
	if local.Is4() {
		p.writer = ipv4.NewPacketConn(p.rtp)
	} else {
		p.writer = ipv6.NewPacketConn(p.rtp)
	}
	p.offload.Store(canOffload(p.rtp))
	go p.read(log)
	return p, nil
}

func listenPair(network string, local netip.Addr, listen ListenUDP) (first, second *net.UDPConn, err error) {
	address := net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
	if first, err = listen(network, address); err != nil {
		return nil, nil, err
	}
	port := first.LocalAddr().(*net.UDPAddr).Port
	if port%2 == 1 {
		first.Close() //nolint:errcheck // nothing was sent
		return nil, nil, fmt.Errorf("port %d is odd", port)
	}
	address = net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, uint16(port+1)))
	if second, err = listen(network, address); err != nil {
		first.Close() //nolint:errcheck // nothing was sent
		return nil, nil, err
	}
	return first, second, nil
}

// ports returns the numbers of the pair.
func (p *portPair) ports() [2]uint16 {
	a := p.rtp.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	return [2]uint16{a, a + 1}
}

// close closes both sockets and waits for the reading goroutine.
func (p *portPair) close() {
	p.rtp.Close()  //nolint:errcheck // datagrams: nothing to lose
	p.rtcp.Close() //nolint:errcheck // as above
	<-p.done
}

// add makes RTCP packets from an address those of a session.
func (p *portPair) add(from netip.AddrPort, s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.peers[from] = s
}

// remove forgets the address if it is the session's.
func (p *portPair) remove(from netip.AddrPort, s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.peers[from] == s {
		delete(p.peers, from)
	}
}

// read hands RTCP packets to the sessions they come from. Packets from
// anywhere else are not looked at.
func (p *portPair) read(log *slog.Logger) {
	defer close(p.done)
	buf := make([]byte, maxRTCP)
	for failed := 0; failed < maxReadErrors; {
		n, from, err := p.rtcp.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			failed++ // an ICMP answer to something we sent
			continue
		}
		failed = 0
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		p.mu.Lock()
		s := p.peers[from]
		p.mu.Unlock()
		if s != nil {
			s.feedback(buf[:n])
		}
	}
	log.Warn("RTCP is not read any more: too many errors in a row", "address", p.rtcp.LocalAddr())
}

// udpSink sends datagrams to one client.
type udpSink struct {
	pair     *portPair
	rtp      *net.UDPAddr
	rtcpPeer netip.AddrPort
	log      *slog.Logger
}

func (k *udpSink) unit(s *Stream, r *reader, u *unit) bool {
	b := s.batches[k.pair]
	if b == nil {
		b = &batch{pair: k.pair}
		s.batches[k.pair] = b
	}
	b.add(k.rtp, r, u)
	return true
}

func (k *udpSink) rtcp(b []byte) {
	if _, err := k.pair.rtcp.WriteToUDPAddrPort(b, k.rtcpPeer); err != nil {
		k.log.Debug("no sender report", "error", err)
	}
}

func (k *udpSink) detach(x *session) {
	k.pair.remove(k.rtcpPeer, x)
	x.srv.releasePair(k.pair)
}
