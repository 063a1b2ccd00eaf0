package fleet

import (
	"fmt"
	"slices"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/factory"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/store"
)

// openStore takes the state directory, if there is one, and makes or restores
// what the fleet as a whole has: seed, authorities, issuer.
func (f *Fleet) openStore() error {
	f.seed = seed.Random()
	if f.config.Seed != nil {
		f.seed = seed.New(*f.config.Seed)
	}
	date := factory.ManufactureDate(f.seed, f.clock.Now())
	var info store.Info
	known := false
	if f.config.State != "" {
		var err error
		if f.store, err = store.Open(f.config.State, nil); err != nil {
			return err
		}
		if info, known = f.store.Info(); known {
			if f.seed, err = seed.Parse(info.Seed); err != nil {
				return fmt.Errorf("state directory %s: %w", f.config.State, err)
			}
			if given := f.config.Seed; given != nil && seed.New(*given) != f.seed {
				return &api.ConfigError{Field: "seed", Text: "the state directory " + f.config.State + " has a fleet of another seed", Hint: "leave --seed out or give another --state directory"}
			}
			date = info.Manufactured
		}
	}
	var err error
	if known {
		f.roots, err = factory.ParseRoots(info.Authorities)
	} else {
		f.roots, err = factory.NewRoots(f.seed, date)
	}
	if err != nil {
		return err
	}
	f.factory = factory.New(f.roots, f.seed, date)
	f.issuer, err = f.newIssuer(info)
	if err != nil || f.store == nil || known {
		return err
	}
	return f.setInfo(store.Info{Seed: f.seed.String(), Manufactured: date})
}

// setInfo stores what is known of the fleet, with its authorities and issuer.
func (f *Fleet) setInfo(info store.Info) (err error) {
	if info.Authorities, err = f.roots.PEM(); err != nil {
		return err
	}
	if info.IssuerKeys, err = f.issuer.Keys(); err != nil {
		return err
	}
	if info.IssuerClients, err = f.issuer.Registrations(); err != nil {
		return err
	}
	if info.IssuerRevoked, err = f.issuer.Revocations(); err != nil {
		return err
	}
	info.Issuer = f.issuer.URL()
	return f.store.SetInfo(info)
}

// openStored opens the profiles of the cameras that will come from the state
// directory.
func (f *Fleet) openStored() error {
	if f.store == nil {
		return nil
	}
	info, _ := f.store.Info()
	if len(info.Cameras) > 0 && f.config.Password != "" {
		f.note("--password is for new cameras; those of " + f.config.State + " keep the passwords they have")
	}
	for _, c := range info.Cameras {
		if c.Number > f.config.N || f.opened[c.Profile] != nil {
			continue
		}
		p, err := f.library.Open(c.Profile)
		if err != nil {
			return fmt.Errorf("camera %q of %s: %w", c.Name, f.config.State, err)
		}
		f.opened[c.Profile] = p
	}
	return nil
}

// checkStored refuses to show a camera that still has the demo password to a
// network.
func (f *Fleet) checkStored(t *state.Tree) error {
	if f.onLoopback() || !hasDemoPassword(t.Users) {
		return nil
	}
	return &api.ConfigError{
		Field: "bind",
		Text:  "a camera of " + f.config.State + " has the demo password, which everybody knows, and would be reachable from the network",
		Hint:  "change it (SetUser) while the fleet is on loopback, or give another --state directory",
	}
}

// stored finds a camera of the state directory; nil: there is none. Its profile
// is the one it was made of.
func (f *Fleet) stored(m *member) (*store.Camera, error) {
	if f.store == nil {
		return nil, nil
	}
	info, _ := f.store.Info()
	i := slices.IndexFunc(info.Cameras, func(c store.CameraInfo) bool { return c.Name == m.name })
	if i < 0 {
		return nil, nil
	}
	m.kind = info.Cameras[i].Profile
	m.profile = f.opened[m.kind]
	return f.store.Camera(m.name)
}

// trust replaces the issuer of an earlier run by the one of now, which may be
// at another address.
func (f *Fleet) trust(k *keystore.Section) *keystore.Section {
	info, _ := f.store.Info()
	i := slices.Index(k.JWT.TrustedIssuers, info.Issuer)
	if i < 0 || info.Issuer == f.issuer.URL() {
		return k
	}
	next := k.Clone()
	next.JWT.TrustedIssuers[i] = f.issuer.URL()
	return next
}

// remember stores the fleet's list once all cameras are complete.
func (f *Fleet) remember() error {
	if f.store == nil {
		return nil
	}
	return f.editInfo(func(info *store.Info) {
		info.Cameras = slices.Clone(info.Cameras)
		for _, m := range f.members() {
			if !slices.ContainsFunc(info.Cameras, func(c store.CameraInfo) bool { return c.Name == m.name }) {
				info.Cameras = append(info.Cameras, store.CameraInfo{Name: m.name, Number: m.number, Profile: m.kind})
			}
		}
	})
}
