package svc

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/camfleet/camfleet/sim/internal/device"
)

// maxHost bounds the Host header the camera repeats in its answers.
const maxHost = 261 // a name of 255 octets, a colon and a port

// Host returns the host the client reached the camera by, without port, and
// the port as the client sees it (empty: the scheme's default). Core 8.1.2.2
// wants it in every XAddr; it is what makes address translation work. A Host
// header that is no host falls back to the address of the network interface.
func (c *Call) Host() (host, port string) {
	h := c.Exchange.Request.Host
	if len(h) > maxHost || strings.ContainsAny(h, "/\\@?#<>\"' \t\r\n") {
		h = ""
	}
	host, port, err := net.SplitHostPort(h)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(h, "["), "]"), ""
	}
	if _, err := strconv.ParseUint(port, 10, 16); port != "" && err != nil {
		host, port = "", ""
	}
	if host == "" {
		return c.ownAddress(), c.ownPort()
	}
	return host, port
}

// ServiceURL is the XAddr of a service: same scheme and host as the request.
func (c *Call) ServiceURL(s Service) string { return c.URL(s.Path) }

// URL is an HTTP or HTTPS address of the camera, with the scheme and the host
// of the request.
func (c *Call) URL(path string) string {
	host, port := c.Host()
	return c.Exchange.Request.Scheme() + "://" + join(host, port) + path
}

// RTSP is the address of a stream, on the RTSPS port where secure is set.
// It uses the host of the request and the port of the network protocols; false
// if that protocol is off.
func (c *Call) RTSP(stream string, secure bool) (string, bool) {
	name, scheme, usual := device.RTSP, "rtsp", 554
	if secure {
		name, scheme, usual = device.RTSPS, "rtsps", 322
	}
	p, ok := c.View().Device.Network.Protocol(name)
	if !ok || !p.Enabled || len(p.Ports) == 0 {
		return "", false
	}
	host, _ := c.Host()
	port := strconv.Itoa(p.Ports[0])
	if p.Ports[0] == usual {
		port = ""
	}
	return scheme + "://" + join(host, port) + "/" + stream, true
}

// ownAddress is the address of the first network interface.
func (c *Call) ownAddress() string {
	for _, i := range c.View().Device.Network.Interfaces {
		for _, a := range i.Addresses() {
			return a.Addr().String()
		}
	}
	return netip.IPv6Loopback().String()
}

// ownPort is the port of the request's scheme, empty for the usual one.
func (c *Call) ownPort() string {
	name, usual := device.HTTP, 80
	if c.Exchange.Request.Secure {
		name, usual = device.HTTPS, 443
	}
	p, ok := c.View().Device.Network.Protocol(name)
	if !ok || len(p.Ports) == 0 || p.Ports[0] == usual {
		return ""
	}
	return strconv.Itoa(p.Ports[0])
}

func join(host, port string) string {
	if port != "" {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}
