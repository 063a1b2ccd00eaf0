package fleet

import (
	"context"
	"net"
	"strconv"
	"sync"

	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/discovery"
	"github.com/camfleet/camfleet/sim/internal/state"
	svcdevice "github.com/camfleet/camfleet/sim/internal/svc/device"
)

// finder lets the cameras of a fleet be found by WS-Discovery.
type finder struct {
	server *discovery.Server

	mu      sync.Mutex
	devices map[*member]*discovery.Device
	watches []func()
}

// startFinder listens for questions. An error says why there is no discovery;
// the fleet goes on without.
func startFinder(f *Fleet) (*finder, error) {
	conns, err := discovery.Listen(context.Background(), discovery.SocketConfig{Port: discovery.Port, Log: f.log})
	if err != nil {
		return nil, err
	}
	server, err := discovery.Start(discovery.Config{
		Conns: conns, Clock: f.clock, Random: f.seed.Stream("discovery"), Log: f.log, Limits: discovery.DefaultLimits(),
	})
	if err != nil {
		return nil, err
	}
	return &finder{server: server, devices: map[*member]*discovery.Device{}}, nil
}

// follow says Hello for a camera that comes up and Bye for one that goes.
func (n *finder) follow(m *member, s camera.Status) {
	if !m.profile.Discovery.Enabled {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch s {
	case camera.Running:
		if _, known := n.devices[m]; !known {
			n.watches = append(n.watches, m.state.Watch(func(before, after *state.Tree) { n.changed(m, before, after) }))
		}
		n.devices[m] = n.server.Add(target(m))
	case camera.Rebooting, camera.Stopped:
		if d := n.devices[m]; d != nil {
			d.Leave()
		}
	}
}

// changed announces new scopes, addresses or another mode.
func (n *finder) changed(m *member, before, after *state.Tree) {
	a, b := before.Device, after.Device
	if a.MetadataVersion == b.MetadataVersion && a.DiscoveryMode == b.DiscoveryMode {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if d := n.devices[m]; d != nil {
		d.Update(target(m))
	}
}

func (n *finder) close() {
	n.mu.Lock()
	watches := n.watches
	n.mu.Unlock()
	for _, cancel := range watches {
		cancel()
	}
	n.server.Close() //nolint:errcheck // the sockets are gone either way
}

// target is what a camera says of itself.
func target(m *member) discovery.Target {
	d := m.state.View().Device
	t := discovery.Target{
		Camera: m.name, Address: d.Identity.EndpointReference(), MetadataVersion: d.MetadataVersion,
		Hidden: d.DiscoveryMode == device.NonDiscoverable,
		XAddrs: func(p discovery.Path) []string { return m.xaddrs(p) },
	}
	for _, name := range m.profile.Discovery.Types {
		switch name {
		case "tds:Device":
			t.Types = append(t.Types, discovery.DeviceType())
		case "dn:NetworkVideoTransmitter":
			t.Types = append(t.Types, discovery.NetworkVideoTransmitterType())
		}
	}
	for _, s := range d.Scopes {
		t.Scopes = append(t.Scopes, s.Item)
	}
	return t
}

// xaddrs are the addresses of the device service for somebody on that path, one
// for each protocol (Core 7.3.3.3); none where the camera cannot be reached.
func (m *member) xaddrs(p discovery.Path) []string {
	host := m.address
	switch {
	case host.IsUnspecified():
		if host = p.Local; !host.IsValid() || host.IsUnspecified() {
			return nil
		}
	case host.IsLoopback():
		if !p.SameHost && !p.Local.IsLoopback() {
			return nil
		}
	}
	ports := shownPorts(m.state.View().Device.Network)
	var list []string
	for _, e := range []struct {
		scheme      string
		port, usual int
	}{{"http", ports.HTTP, 80}, {"https", ports.HTTPS, 443}} {
		switch e.port {
		case 0:
		case e.usual:
			list = append(list, e.scheme+"://"+bracket(host.String())+svcdevice.Path)
		default:
			list = append(list, e.scheme+"://"+net.JoinHostPort(host.String(), strconv.Itoa(e.port))+svcdevice.Path)
		}
	}
	return list
}
