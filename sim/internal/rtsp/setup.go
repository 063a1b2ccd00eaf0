package rtsp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/camfleet/camfleet/sim/internal/auth"
)

// setup answers SETUP: it makes a session, or gives one that does not play
// another transport. RFC 2326 10.4.
func (c *conn) setup(r *request, who auth.Identity) *response {
	t, ok := c.target(r)
	if !ok {
		return answer(base.StatusNotFound)
	}
	if !t.track {
		return answer(base.StatusAggregateOperationNotAllowed)
	}
	specs, err := parseTransport(r.header["transport"], c.srv.limits.Alternatives)
	if err != nil {
		c.log.Info("bad request", "error", err)
		return answer(base.StatusBadRequest)
	}
	if r.session() == "" {
		return c.setupNew(t, who, specs)
	}
	x, refused := c.session(r, who)
	switch {
	case refused != nil:
		return refused
	case x.stream != t.stream: // each presentation has one track, RFC 2326 10.4
		return answer(base.StatusAggregateOperationNotAllowed, "Session", x.header())
	case x.playing():
		return answer(base.StatusMethodNotValidInThisState, "Session", x.header(), "Allow", "OPTIONS, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER")
	}
	return c.attach(x, specs)
}

// setupNew makes a session, which lasts only if a transport can be agreed on.
func (c *conn) setupNew(t target, who auth.Identity, specs []transportSpec) *response {
	x, refused := c.newSession(t, who)
	if refused != nil {
		return refused
	}
	a := c.attach(x, specs)
	if a.status != base.StatusOK {
		c.srv.end(x, errTeardown)
	}
	return a
}

// playing reports whether the session has a reader.
func (x *session) playing() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.reader != nil
}

// attach gives a session the first transport of a client's list that the camera
// has. It takes the place of one the session has; if there is none, that stays.
func (c *conn) attach(x *session, specs []transportSpec) *response {
	for i := range specs {
		attach := c.transport(&specs[i])
		if attach == nil {
			continue
		}
		text, err := attach(x, &specs[i])
		if err != nil {
			c.log.Warn("no transport", "error", err)
			return answer(base.StatusNotEnoughBandwidth)
		}
		return answer(base.StatusOK,
			"Session", x.header(),
			"Transport", fmt.Sprintf(`%s;ssrc=%08X;mode="PLAY"`, text, x.stream.ssrc))
	}
	return answer(base.StatusUnsupportedTransport)
}

// transport returns what attaches a session to a transport, nil if the camera
// does not have it for this connection.
func (c *conn) transport(spec *transportSpec) func(*session, *transportSpec) (string, error) {
	switch {
	case spec.avpTCP():
		return c.attachTCP
	case spec.avpUDP() && c.tunnel == "" && c.remote.IsValid() && spec.sendsTo(c.remote) && (!c.secure || c.srv.config.PlainUDP):
		return c.attachUDP
	}
	return nil
}

var (
	errChannels = errors.New("no pair of interleaved channels is free")
	errEnded    = errors.New("session has ended")
)

// attachTCP sends the media between the answers of this connection.
func (c *conn) attachTCP(x *session, spec *transportSpec) (string, error) {
	x.detach()
	channels, ok := c.claim(x, spec.interleaved)
	if !ok {
		return "", errChannels
	}
	k := &tcpSink{conn: c, channels: channels}
	if !x.take(k, channels) {
		k.detach(x)
		return "", errEnded
	}
	return fmt.Sprintf("RTP/AVP/TCP;unicast;interleaved=%d-%d", channels[0], channels[1]), nil
}

// attachUDP sends the media to the client's ports, from the address it is
// connected to.
func (c *conn) attachUDP(x *session, spec *transportSpec) (string, error) {
	pair, err := c.srv.acquirePair(c.local)
	if err != nil {
		return "", err
	}
	x.detach()
	to, from := spec.clientPort, pair.ports()
	k := &udpSink{
		pair:     pair,
		rtp:      net.UDPAddrFromAddrPort(netip.AddrPortFrom(c.remote, to[0])),
		rtcpPeer: netip.AddrPortFrom(c.remote, to[1]),
		log:      c.log,
	}
	pair.add(k.rtcpPeer, x)
	if !x.take(k, [2]uint8{}) {
		k.detach(x)
		return "", errEnded
	}
	return fmt.Sprintf("RTP/AVP;unicast;client_port=%d-%d;server_port=%d-%d", to[0], to[1], from[0], from[1]), nil
}

// take makes a transport the session's, unless it has ended meanwhile.
func (x *session) take(k sink, channels [2]uint8) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended {
		return false
	}
	x.sink, x.channels = k, channels
	return true
}

// claim takes a pair of channels: the one asked for or, if one of its channels
// is in use or none was asked for, the first that is free. RFC 2326 12.39.
func (c *conn) claim(x *session, wanted *[2]uint8) ([2]uint8, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	try := func(a, b uint8) bool {
		if c.channels[a] != nil || c.channels[b] != nil {
			return false
		}
		c.channels[a], c.channels[b] = x, x
		return true
	}
	if wanted != nil && try(wanted[0], wanted[1]) {
		return *wanted, true
	}
	for a := 0; a < 256; a += 2 {
		if try(uint8(a), uint8(a+1)) {
			return [2]uint8{uint8(a), uint8(a + 1)}, true
		}
	}
	return [2]uint8{}, false
}

// free gives channels back.
func (c *conn) free(channels [2]uint8) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.channels, channels[0])
	delete(c.channels, channels[1])
}
