package discovery

import (
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// socket is a UDP socket of one family that knows where datagrams arrive.
type socket struct {
	udp   *net.UDPConn
	v4    *ipv4.PacketConn // of udp4
	v6    *ipv6.PacketConn // of udp6
	port  int
	group netip.AddrPort
	links []Path
	own   map[int][]netip.Prefix // interface → our addresses
}

func newSocket(udp *net.UDPConn, family string) (*socket, error) {
	c := &socket{udp: udp, own: map[int][]netip.Prefix{}}
	c.port = udp.LocalAddr().(*net.UDPAddr).Port
	if family == "udp4" {
		c.group = netip.AddrPortFrom(Group4(), uint16(c.port))
		c.v4 = ipv4.NewPacketConn(udp)
		return c, c.setup4()
	}
	c.group = netip.AddrPortFrom(Group6(), uint16(c.port))
	c.v6 = ipv6.NewPacketConn(udp)
	return c, c.setup6()
}

// setup4 asks for the address and interface of each datagram; multicast stays on
// the link and is heard by programs of this machine too.
func (c *socket) setup4() error {
	if err := c.v4.SetControlMessage(ipv4.FlagDst|ipv4.FlagInterface, true); err != nil {
		return fmt.Errorf("discovery: IP_PKTINFO: %w", err)
	}
	if err := c.v4.SetMulticastTTL(1); err != nil {
		return fmt.Errorf("discovery: IP_MULTICAST_TTL: %w", err)
	}
	return c.v4.SetMulticastLoopback(true)
}

func (c *socket) setup6() error {
	if err := c.v6.SetControlMessage(ipv6.FlagDst|ipv6.FlagInterface, true); err != nil {
		return fmt.Errorf("discovery: IPV6_RECVPKTINFO: %w", err)
	}
	if err := c.v6.SetMulticastHopLimit(1); err != nil {
		return fmt.Errorf("discovery: IPV6_MULTICAST_HOPS: %w", err)
	}
	return c.v6.SetMulticastLoopback(true)
}

func (c *socket) joinGroup(ifi *net.Interface) error {
	group := &net.UDPAddr{IP: c.group.Addr().AsSlice()}
	if c.v4 != nil {
		return c.v4.JoinGroup(ifi, group)
	}
	return c.v6.JoinGroup(ifi, group)
}

// Links returns one path a joined interface.
func (c *socket) Links() []Path { return c.links }

// Close closes the socket.
func (c *socket) Close() error { return c.udp.Close() }

// Read waits for a datagram.
func (c *socket) Read(p []byte) (int, Path, error) {
	var dst net.IP
	var path Path
	var n int
	var from net.Addr
	var err error
	if c.v4 != nil {
		var cm *ipv4.ControlMessage
		if n, cm, from, err = c.v4.ReadFrom(p); cm != nil {
			dst, path.Interface = cm.Dst, cm.IfIndex
		}
	} else {
		var cm *ipv6.ControlMessage
		if n, cm, from, err = c.v6.ReadFrom(p); cm != nil {
			dst, path.Interface = cm.Dst, cm.IfIndex
		}
	}
	if isClosed(err) {
		return 0, Path{}, net.ErrClosed
	}
	if err != nil {
		return 0, Path{}, fmt.Errorf("discovery: %w", err)
	}
	path.Peer = from.(*net.UDPAddr).AddrPort()
	path.Peer = netip.AddrPortFrom(path.Peer.Addr().Unmap(), path.Peer.Port())
	local, _ := netip.AddrFromSlice(dst)
	local = local.Unmap()
	if path.Multicast = local.IsMulticast(); path.Multicast || !local.IsValid() {
		local = localFor(c.own[path.Interface], path.Peer.Addr())
	}
	path.Local, path.SameHost = local, c.isOwn(path.Peer.Addr())
	return n, path, nil
}

// isOwn reports whether an address belongs to this machine.
func (c *socket) isOwn(peer netip.Addr) bool {
	if peer.IsLoopback() {
		return true
	}
	for _, prefixes := range c.own {
		for _, p := range prefixes {
			if p.Addr() == peer.WithZone("") {
				return true
			}
		}
	}
	return false
}

// Write sends a datagram from the path's local address, a multicast one by its
// interface.
func (c *socket) Write(p []byte, to Path) error {
	dst := net.UDPAddrFromAddrPort(to.Peer)
	src := net.IP(to.Local.AsSlice())
	index := 0
	if to.Multicast || to.Peer.Addr().IsLinkLocalUnicast() {
		index = to.Interface
	}
	var err error
	if c.v4 != nil {
		_, err = c.v4.WriteTo(p, &ipv4.ControlMessage{Src: src, IfIndex: index}, dst)
	} else {
		_, err = c.v6.WriteTo(p, &ipv6.ControlMessage{Src: src, IfIndex: index}, dst)
	}
	if err != nil {
		return fmt.Errorf("discovery: to %s: %w", to.Peer, err)
	}
	return nil
}
