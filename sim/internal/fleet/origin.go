package fleet

import (
	"context"
	"slices"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/users"
)

// origin is what a factory default is to bring back of a stored camera: what it
// left the factory with, where it is now. One that an older camfleet made is made
// again for it. A --password of now is that of the factory's accounts.
func (f *Fleet) origin(ctx context.Context, m *member, pl place, now *state.Tree) (*state.Origin, error) {
	o := now.Origin
	if o == nil {
		again, err := f.make(ctx, m, pl)
		if err != nil {
			return nil, err
		}
		o = again.Origin
	}
	next := *o
	next.Device = f.placed(o.Device, m.number, pl, now.Device.Network)
	next.Keystore = f.trust(o.Keystore)
	if f.config.Password != "" {
		next.Users = withPassword(o.Users, f.config.Password)
	}
	if !f.onLoopback() && hasDemoPassword(next.Users) {
		return nil, &api.ConfigError{
			Field: "bind",
			Text:  "a factory default of a camera of " + f.config.State + " would bring the demo password back, which everybody knows, and the camera would be reachable from the network",
			Hint:  "give the accounts of the factory another one with --password",
		}
	}
	return &next, nil
}

// placed returns the factory's device at the address of now. Its ports are those
// that are not a client's choice: of now, of the camera's block, or as they were.
func (f *Fleet) placed(d *device.Section, number int, pl place, now device.Network) *device.Section {
	at := place{address: pl.address}
	next := moved(d, at)
	for i, p := range next.Network.Protocols {
		current, _ := now.Protocol(p.Name)
		switch port := pl.port(p.Name); {
		case port != 0 && !current.Chosen:
			next.Network.Protocols[i].Ports = []int{port}
		case f.config.Addresses == "" && f.config.BasePort != 0:
			order := protocolOrder()
			next.Network.Protocols[i].Ports = []int{f.config.BasePort + api.PortsPer*number + slices.Index(order[:], p.Name)}
		}
	}
	return next
}

// withPassword gives all accounts a password, in the clear: it is to be sealed.
func withPassword(s *users.Section, password string) *users.Section {
	next := s.Clone()
	for i := range next.Users {
		next.Users[i].Password, next.Users[i].Secret = password, users.Secret{}
	}
	return next
}

// hasDemoPassword reports whether an account has the password that everybody knows.
func hasDemoPassword(s *users.Section) bool {
	return slices.ContainsFunc(s.Users, func(u users.User) bool { return s.Has(u.Name, demoPassword) })
}
