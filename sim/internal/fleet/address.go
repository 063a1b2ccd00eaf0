package fleet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/store"
)

// place is where one camera is reached.
type place struct {
	address   netip.Addr
	listeners camera.Listeners
}

// protocolOrder is the order of a camera's ports in its block.
func protocolOrder() [4]device.ProtocolName {
	return [4]device.ProtocolName{device.HTTP, device.HTTPS, device.RTSP, device.RTSPS}
}

// wish is what a camera wants of a protocol: nothing, a port, or (0) whichever
// is its.
type wish struct {
	on   bool
	port int
}

// wishes are what the profile says, or what a stored camera's clients made of it
// (SetNetworkProtocols, Core 8.2.13).
func wishes(p *profiles.Profile, old *store.Camera) (map[device.ProtocolName]wish, error) {
	n := p.Network.Protocols
	asked := map[device.ProtocolName]wish{
		device.HTTP: {on: n.HTTP}, device.HTTPS: {on: n.HTTPS}, device.RTSP: {on: n.RTSP}, device.RTSPS: {on: n.RTSPS},
	}
	if old == nil {
		return asked, nil
	}
	tree, err := old.Load()
	if err != nil {
		return nil, err
	}
	if tree.Device == nil {
		return asked, nil // the check of what is stored tells
	}
	for _, stored := range tree.Device.Network.Protocols {
		w := wish{on: stored.Enabled}
		if stored.Chosen && len(stored.Ports) > 0 {
			w.port = stored.Ports[0]
		}
		asked[stored.Name] = w
	}
	return asked, nil
}

// open opens the listeners of camera number k, from 1: a block of ports, ports
// the system picks, or the usual ports of an address of its own.
func (f *Fleet) open(ctx context.Context, k int, asked map[device.ProtocolName]wish) (place, error) {
	if f.config.Addresses != "" {
		return f.openAddress(ctx, k, asked)
	}
	bind := netip.MustParseAddr(f.config.Bind)
	pl := place{address: bind, listeners: camera.Listeners{}}
	for i, name := range protocolOrder() {
		if !asked[name].on {
			continue
		}
		port := asked[name].port
		if port == 0 && f.config.BasePort != 0 {
			port = f.config.BasePort + api.PortsPer*k + i
		}
		l, err := f.listen(ctx, netip.AddrPortFrom(bind, uint16(port)).String()) //nolint:gosec // checked by Config.Validate
		if err != nil {
			pl.close()
			return place{}, portError("base-port", k, name, port, err)
		}
		pl.listeners[name] = l
	}
	return pl, nil
}

// openAddress opens the usual ports on the k-th host address of the network,
// or the high ones where the process may not have low ports.
func (f *Fleet) openAddress(ctx context.Context, k int, asked map[device.ProtocolName]wish) (place, error) {
	address := hostAddress(netip.MustParsePrefix(f.config.Addresses), k)
	pl := place{address: address, listeners: camera.Listeners{}}
	usual := [4]int{80, 443, 554, 322}
	high := [4]int{8080, 8443, 8554, 8322}
	for i, name := range protocolOrder() {
		if !asked[name].on {
			continue
		}
		port := usual[i]
		if asked[name].port != 0 {
			port = asked[name].port
		}
		l, err := f.listen(ctx, netip.AddrPortFrom(address, uint16(port)).String()) //nolint:gosec // a constant
		if errors.Is(err, syscall.EACCES) && asked[name].port == 0 {
			port = high[i]
			l, err = f.listen(ctx, netip.AddrPortFrom(address, uint16(port)).String()) //nolint:gosec // a constant
		}
		if err != nil {
			pl.close()
			return place{}, portError("addresses", k, name, port, err)
		}
		pl.listeners[name] = l
	}
	return pl, nil
}

// hostAddress is the k-th host address of a network, from 1.
func hostAddress(network netip.Prefix, k int) netip.Addr {
	b := network.Masked().Addr().AsSlice()
	for i := len(b) - 1; i >= 0 && k > 0; i-- {
		k += int(b[i])
		b[i] = byte(k)
		k >>= 8
	}
	a, _ := netip.AddrFromSlice(b) // 4 or 16 bytes, as they came
	return a
}

// portError says what to do about a listener that cannot be had.
func portError(field string, k int, name device.ProtocolName, port int, err error) error {
	e := listenError(field, k, name, port, err)
	e.Machine = true
	return e
}

func listenError(field string, k int, name device.ProtocolName, port int, err error) *api.ConfigError {
	what := fmt.Sprintf("port %d (%s of camera %d) cannot be opened: %v", port, name, k, reason(err))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		what = fmt.Sprintf("port %d (%s of camera %d) is taken by another program", port, name, k)
		if field == "base-port" {
			return &api.ConfigError{Field: field, Text: what, Hint: "stop that program, give another --base-port, or 0 to let the system pick"}
		}
		return &api.ConfigError{Field: field, Text: what, Hint: "stop that program or give another network"}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		if field == "base-port" {
			field = "bind"
		}
		return &api.ConfigError{Field: field, Text: "the address is not one of this machine", Hint: "give one that is; on Linux every address of 127.0.0.0/8 works"}
	case errors.Is(err, syscall.EACCES):
		return &api.ConfigError{Field: field, Text: what, Hint: "give a port above 1023"}
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return &api.ConfigError{Field: "n", Text: "the limit of open files does not allow so many cameras", Hint: "raise it (ulimit -n) to at least 10 times their number, or start fewer"}
	}
	return &api.ConfigError{Field: field, Text: what}
}

// reason is the innermost error, without the addresses net puts around it.
func reason(err error) error {
	var sys syscall.Errno
	if errors.As(err, &sys) {
		return sys
	}
	return err
}

func (pl place) close() {
	for _, l := range pl.listeners {
		l.Close() //nolint:errcheck // it was never used
	}
}

// ports are the port numbers of the listeners.
func (pl place) ports() camera.Ports {
	return camera.Ports{
		HTTP: pl.port(device.HTTP), HTTPS: pl.port(device.HTTPS), RTSP: pl.port(device.RTSP), RTSPS: pl.port(device.RTSPS),
	}
}

func (pl place) port(name device.ProtocolName) int {
	l, ok := pl.listeners[name]
	if !ok {
		return 0
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	return n
}
