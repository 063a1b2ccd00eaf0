package svc

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/camfleet/camfleet/sim/internal/device"
)

// Host returns the host the client reached the camera by, without port, and
// the port as the client sees it (empty: the scheme's default). Core 8.1.2.2
// wants it in every XAddr; it is what makes address translation work. A Host
// header that names none falls back to the camera's end of the connection.
func (c *Call) Host() (host, port string) {
	host, port, ok := splitHost(c.Exchange.Request.Host)
	if !ok {
		local := c.Exchange.Request.Local
		return local.Addr().Unmap().WithZone("").String(), strconv.Itoa(int(local.Port()))
	}
	return host, port
}

// splitHost takes a Host header apart: a name or an address, IPv6 ones in
// brackets, and perhaps a port (RFC 9110 7.2, RFC 3986 3.2.2). What is not
// strictly that never gets into an answer.
func splitHost(text string) (host, port string, ok bool) {
	host = text
	if i := strings.LastIndexByte(text, ':'); i >= 0 && !strings.HasSuffix(text, "]") {
		host, port = text[:i], text[i+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return "", "", false
		}
	}
	if inner, six := strings.CutPrefix(host, "["); six {
		a, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		return a.String(), port, err == nil && a.Is6() && a.Zone() == "" && strings.HasSuffix(inner, "]")
	}
	return host, port, isName(host)
}

// maxName is how long a name or address of a Host header may be (RFC 1035 2.3.4).
const maxName = 255

// isName accepts names and IPv4 addresses, also names that only a local network
// would know: letters, digits, hyphens, underscores and inner dots.
func isName(host string) bool {
	for i := range len(host) {
		c := host[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && (c != '.' || i == 0) {
			return false
		}
	}
	return host != "" && len(host) <= maxName
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

func join(host, port string) string {
	if port != "" {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}
