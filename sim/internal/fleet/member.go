package fleet

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/store"
	"github.com/camfleet/camfleet/sim/internal/tpm"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

// member is one camera of the fleet.
type member struct {
	name    string
	number  int
	kind    string // the profile as it was asked for
	profile *profiles.Profile
	address netip.Addr
	camera  *camera.Camera
	state   *state.Camera
	tpm     *tpm.TPM
	// temporary is a directory that goes with the fleet; empty: none.
	temporary string
	counts    *cameraCounts
}

// cameraName is the name of camera number k, from 1.
func cameraName(k int) string { return fmt.Sprintf("cam-%04d", k) }

// startCamera makes camera number k, or takes it from the state directory, and
// switches it on.
func (f *Fleet) startCamera(ctx context.Context, k int, kinds []kind) error {
	m := &member{name: cameraName(k), number: k, counts: &cameraCounts{}}
	chosen := kinds[(k-1)%len(kinds)]
	m.kind, m.profile = chosen.name, chosen.profile
	old, err := f.stored(m)
	if err != nil {
		return err
	}
	asked, err := wishes(m.profile, old)
	if err != nil {
		return err
	}
	pl, err := f.open(ctx, k, asked)
	if err != nil {
		return err
	}
	m.address = pl.address
	first, saver, err := f.birth(ctx, m, pl, old)
	if err != nil {
		pl.close()
		if also := m.discard(); also != nil { // mostly the same trouble again
			f.log.Info("the camera that was not made does not go well either", "camera", m.name, "error", also)
		}
		return fmt.Errorf("camera %q: %w", m.name, err)
	}
	f.assemble(m, first, saver)
	if err := m.camera.Start(pl.listeners); err != nil {
		return err
	}
	f.up()
	return nil
}

// assemble puts the camera together, switched off, and takes it into the fleet.
func (f *Fleet) assemble(m *member, first state.Tree, saver *store.Camera) {
	config := state.Config{Seed: f.seed.Sub(m.name), Log: f.log.With("camera", m.name)}
	if saver != nil {
		config.Saver, config.Durable = saver, true
	}
	m.state = state.New(first, config)
	m.camera = camera.New(camera.Config{
		Name: m.name, Number: m.number, Profile: m.profile, State: m.state, TPM: m.tpm,
		Seed: f.seed.Sub(m.name), Clock: f.clock, Log: f.log, Binder: f.binder, Catalogue: f.catalogue,
		Jobs: f.jobs, Estimates: f.estimates, Issuers: f.issuer, Revoked: f.issuer.Revoked, Listen: f.listen, SigningAuthority: f.roots.Signing, Observe: f.observer(m),
		Status: func(s camera.Status) { f.statusChanged(m, s) },
	})
	f.join(m)
}

// close stops the camera for good.
func (m *member) close() error { return errors.Join(m.camera.Close(), m.tidy()) }

// discard lets go of what a camera that was never put together has.
func (m *member) discard() error {
	var err error
	if m.tpm != nil {
		err = m.tpm.Close()
	}
	return errors.Join(err, m.tidy())
}

func (m *member) tidy() error {
	if m.temporary == "" {
		return nil
	}
	return os.RemoveAll(m.temporary)
}

// birth opens the camera's TPM and returns its first state: as stored, or new
// from the factory.
func (f *Fleet) birth(ctx context.Context, m *member, pl place, old *store.Camera) (state.Tree, *store.Camera, error) {
	if old != nil {
		return f.awake(ctx, m, pl, old)
	}
	var folder *store.Camera
	var err error
	if f.store != nil {
		if folder, err = f.store.Create(m.name); err != nil {
			return state.Tree{}, nil, err
		}
	}
	if err = f.openTPM(ctx, m, folder, false); err != nil {
		return state.Tree{}, nil, err
	}
	first, err := f.make(ctx, m, pl)
	if err == nil {
		err = f.sealPasswords(m, &first)
	}
	if err != nil {
		return state.Tree{}, nil, err
	}
	if folder != nil {
		if err := folder.Save(&first); err != nil {
			return state.Tree{}, nil, err
		}
	}
	return first, folder, nil
}

// make has the factory make a camera.
func (f *Fleet) make(ctx context.Context, m *member, pl place) (state.Tree, error) {
	spec, err := camera.Spec(m.profile, camera.Birth{
		Name: m.name, Number: m.number, Address: m.address, Ports: pl.ports(),
		Issuer: f.issuer.URL(), Password: f.config.Password,
	})
	if err != nil {
		return state.Tree{}, err
	}
	spec.OwnEK = ownEK(m)
	return f.factory.Make(spec, f.maker(ctx, m))
}

// awake restores a stored camera; only its ports and its address are those of
// now.
func (f *Fleet) awake(ctx context.Context, m *member, pl place, old *store.Camera) (state.Tree, *store.Camera, error) {
	first, err := old.Load()
	if err != nil {
		return state.Tree{}, nil, err
	}
	if err := f.checkStored(&first); err != nil {
		return state.Tree{}, nil, err
	}
	if err := f.openTPM(ctx, m, old, true); err != nil {
		return state.Tree{}, nil, err
	}
	first.Device = moved(first.Device, pl)
	first.Keystore = f.trust(first.Keystore)
	if first.Origin, err = f.origin(ctx, m, pl, &first); err != nil {
		return state.Tree{}, nil, err
	}
	if err := f.sealPasswords(m, &first); err != nil {
		return state.Tree{}, nil, err
	}
	if err := old.Save(&first); err != nil {
		return state.Tree{}, nil, err
	}
	return first, old, nil
}

// sealPasswords sees to it that no password is stored in clear.
func (f *Fleet) sealPasswords(m *member, t *state.Tree) error {
	random := f.seed.Sub(m.name).Stream("vault/passwords/" + strconv.FormatUint(t.Version, 10))
	return camera.SealPasswords(t, m.profile, vault.New(vault.Config{TPM: m.tpm, Random: random, Clock: f.clock}))
}

// moved returns the device with the ports and the address it has now.
func moved(d *device.Section, pl place) *device.Section {
	next := d.Clone()
	ports := pl.ports()
	for i, p := range next.Network.Protocols {
		if port := ports.Of(p.Name); port != 0 {
			next.Network.Protocols[i].Ports = []int{port}
		}
	}
	for i := range next.Network.Interfaces {
		if a := pl.address; i == 0 && a.Is4() && !a.IsUnspecified() {
			next.Network.Interfaces[i].IPv4.Manual = []netip.Prefix{netip.PrefixFrom(a, 24)}
		}
	}
	same := slices.EqualFunc(next.Network.Protocols, d.Network.Protocols, func(a, b device.Protocol) bool {
		return slices.Equal(a.Ports, b.Ports)
	})
	if !same {
		next.AddressesChanged()
	}
	return next
}

// join puts the camera into the fleet's list.
func (f *Fleet) join(m *member) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cameras[m.number-1] = m
}

// up counts a camera that runs.
func (f *Fleet) up() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.started++
	if f.config.Progress != nil {
		f.config.Progress(f.started, f.config.N)
	}
}

// statusChanged lets discovery follow a camera's coming and going.
func (f *Fleet) statusChanged(m *member, s camera.Status) {
	f.log.Info("camera is "+string(s), "camera", m.name)
	if f.finder != nil {
		f.finder.follow(m, s)
	}
}
