package discovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
)

// SocketConfig says where to listen.
type SocketConfig struct {
	// Port to bind; 0: picked by the system, and used for the group as well.
	Port int
	// Interfaces to join the groups on; nil: all that are up and can.
	Interfaces []net.Interface
	Log        *slog.Logger // nil: none
}

// UnavailableError says why there is no discovery; the fleet goes on without.
type UnavailableError struct {
	What string // what was tried: "bind udp4 0.0.0.0:3702"
	Hint string // what to do about it
	Err  error
}

// Error returns what was tried, why it failed and what to do, on one line.
func (e *UnavailableError) Error() string {
	return fmt.Sprintf("discovery: %s: %v (%s)", e.What, e.Err, e.Hint)
}

// Unwrap returns what the operating system said.
func (e *UnavailableError) Unwrap() error { return e.Err }

// Listen opens the IPv4 and the IPv6 socket and joins the groups. It needs at
// least one of the two; what else fails is logged. The error is
// *UnavailableError.
func Listen(ctx context.Context, cfg SocketConfig) ([]Conn, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Interfaces == nil {
		all, err := net.Interfaces()
		if err != nil {
			return nil, &UnavailableError{"list the network interfaces", "run where /proc or netlink can be read", err}
		}
		cfg.Interfaces = all
	}
	var conns []Conn
	var errs []error
	for _, family := range []string{"udp4", "udp6"} {
		c, err := listen(ctx, cfg, family)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		conns = append(conns, c)
		cfg.Port = c.port
	}
	if len(conns) == 0 {
		return nil, errs[0]
	}
	for _, err := range errs {
		cfg.Log.Debug("discovery without one address family", "err", err)
	}
	return conns, nil
}

// listen opens the socket of one family.
func listen(ctx context.Context, cfg SocketConfig, family string) (*socket, error) {
	address := fmt.Sprintf("0.0.0.0:%d", cfg.Port)
	if family == "udp6" {
		address = fmt.Sprintf("[::]:%d", cfg.Port)
	}
	lc := net.ListenConfig{Control: shareAddress}
	pc, err := lc.ListenPacket(ctx, family, address)
	if err != nil {
		return nil, &UnavailableError{"bind " + family + " " + address, bindHint(cfg.Port), err}
	}
	c, err := newSocket(pc.(*net.UDPConn), family)
	if err == nil {
		err = c.join(cfg.Interfaces, cfg.Log)
	}
	if err != nil {
		return nil, errors.Join(err, pc.Close())
	}
	return c, nil
}

func bindHint(port int) string {
	return fmt.Sprintf("another program holds the port alone: see `ss -ulpn sport = :%d`; cameras work without discovery", port)
}

// join joins the group on every interface that can, and notes the links.
func (c *socket) join(interfaces []net.Interface, log *slog.Logger) error {
	var errs []error
	for _, ifi := range interfaces {
		if !c.canMulticast(ifi) {
			continue
		}
		locals := c.locals(ifi)
		if len(locals) == 0 {
			continue
		}
		if err := c.joinGroup(&ifi); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", ifi.Name, err))
			continue
		}
		c.links = append(c.links, Path{Peer: c.group, Local: locals[0].Addr(), Interface: ifi.Index, Multicast: true, SameHost: ifi.Flags&net.FlagLoopback != 0})
		c.own[ifi.Index] = locals
	}
	if len(c.links) == 0 {
		if errs == nil {
			errs = append(errs, errors.New("no interface has an address and multicast"))
		}
		return &UnavailableError{"join " + c.group.Addr().String(), "no network interface can do multicast; cameras work without discovery", errors.Join(errs...)}
	}
	for _, err := range errs {
		log.Warn("discovery leaves out an interface", "err", err)
	}
	return nil
}

// canMulticast reports whether an interface can be used. Linux does not call its
// loopback interface one for multicast, and yet it is for IPv4; for IPv6 it has
// no route to the group.
func (c *socket) canMulticast(ifi net.Interface) bool {
	if ifi.Flags&net.FlagUp == 0 {
		return false
	}
	return ifi.Flags&net.FlagMulticast != 0 || c.v4 != nil && ifi.Flags&net.FlagLoopback != 0
}

// locals returns an interface's addresses of the socket's family. Of IPv6 the
// link-local ones come first, since the group is link-local.
func (c *socket) locals(ifi net.Interface) []netip.Prefix {
	addrs, err := ifi.Addrs()
	if err != nil {
		return nil
	}
	var out []netip.Prefix
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		if err != nil || p.Addr().Is4() != c.group.Addr().Is4() {
			continue
		}
		if p.Addr().IsLinkLocalUnicast() && p.Addr().Is6() {
			out = append([]netip.Prefix{p}, out...)
			continue
		}
		out = append(out, p)
	}
	return out
}

// localFor returns our address towards a peer that was heard on an interface: of
// the peer's network if there is one, else the first.
func localFor(own []netip.Prefix, peer netip.Addr) netip.Addr {
	for _, p := range own {
		if p.Contains(peer.WithZone("")) {
			return p.Addr()
		}
	}
	if len(own) == 0 {
		return netip.Addr{}
	}
	return own[0].Addr()
}

// isClosed reports whether an error says that the socket was closed.
func isClosed(err error) bool {
	return errors.Is(err, net.ErrClosed) || err != nil && strings.Contains(err.Error(), "use of closed network connection")
}
