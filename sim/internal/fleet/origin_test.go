package fleet

import (
	"errors"
	"net"
	"path/filepath"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/store"
)

// stored edits the tree of the only camera of a state directory.
func stored(t *testing.T, dir string, edit func(*state.Tree)) {
	t.Helper()
	s, err := store.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // nothing is written by it
	c, err := s.Camera("cam-0001")
	if err != nil {
		t.Fatal(err)
	}
	tree, err := c.Load()
	if err != nil {
		t.Fatal(err)
	}
	edit(&tree)
	if err := c.Save(&tree); err != nil {
		t.Fatal(err)
	}
}

// TestCameraOfAnOlderCamfleetHasAFactoryDefault: what it left the factory with was
// not stored, so the factory makes it again, with new keys.
func TestCameraOfAnOlderCamfleetHasAFactoryDefault(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for step := range 3 {
		f, err := launch(t, api.Config{N: 1, State: dir, Profiles: []string{"flagship"}})
		if err != nil {
			t.Fatal(err)
		}
		m, err := f.member("cam-0001")
		if err != nil {
			t.Fatal(err)
		}
		now := m.state.View()
		if now.Origin == nil || now.Origin.Users.Users[0].Password != "" {
			t.Fatalf("step %d: no origin, or one in clear", step)
		}
		if step == 1 {
			if err := f.FactoryDefault(t.Context(), "cam-0001", true); err != nil {
				t.Fatal(err)
			}
		}
		for _, k := range m.state.View().Keystore.Keys {
			if _, err := m.camera.Signer(k); k.HasPrivateKey() && err != nil {
				t.Errorf("step %d: key %s: %v", step, k.ID, err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if step == 0 {
			stored(t, dir, func(tree *state.Tree) { tree.Origin = nil })
		}
	}
}

// TestFactoryDefaultsDoNotShowTheDemoPasswordToANetwork: whoever changed it and goes
// beyond loopback has to give the accounts of the factory another one.
func TestFactoryDefaultsDoNotShowTheDemoPasswordToANetwork(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "s")
	f, err := launch(t, api.Config{N: 1, State: dir, Profiles: []string{"flagship"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	stored(t, dir, func(tree *state.Tree) { tree.Users = withPassword(tree.Users, "Changed-since-1") })
	for password, good := range map[string]bool{"": false, "Given-now-2": true} {
		f, err := New(Config{Config: api.Config{N: 1, State: dir, Password: password}, ControlURL: controlURL})
		if err != nil {
			t.Fatal(err)
		}
		f.config.Bind = "192.0.2.1"
		folder, err := f.store.Camera("cam-0001")
		if err != nil {
			t.Fatal(err)
		}
		tree, err := folder.Load()
		if err != nil {
			t.Fatal(err)
		}
		o, err := f.origin(t.Context(), &member{number: 1}, place{}, &tree)
		var mistake *api.ConfigError
		if (err == nil) != good || err != nil && (!errors.As(err, &mistake) || mistake.Field != "bind") {
			t.Errorf("password %q: %v", password, err)
		}
		if err == nil && !o.Users.Has("admin", password) {
			t.Error("the accounts of the factory have another password")
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFactoryPortsAreNobodysChoice: those of the block, those that the camera has now
// unless a client chose them, or those it had.
func TestFactoryPortsAreNobodysChoice(t *testing.T) {
	t.Parallel()
	made := &device.Section{Network: device.Network{Protocols: []device.Protocol{
		{Name: device.HTTP, Enabled: true, Ports: []int{1001}}, {Name: device.HTTPS, Enabled: true, Ports: []int{1002}},
	}}}
	now := device.Network{Protocols: []device.Protocol{
		{Name: device.HTTP, Enabled: true, Ports: []int{2001}}, {Name: device.HTTPS, Enabled: true, Ports: []int{2002}, Chosen: true},
	}}
	listeners := camera.Listeners{}
	for _, p := range now.Protocols {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() //nolint:errcheck // it was never used
		listeners[p.Name] = l
	}
	pl := place{listeners: listeners}
	for base, want := range map[int][2]int{0: {pl.port(device.HTTP), 1002}, 30000: {pl.port(device.HTTP), 30071}} {
		at := &Fleet{config: Config{Config: api.Config{BasePort: base}}}
		got := at.placed(made, 7, pl, now).Network.Protocols
		if got[0].Ports[0] != want[0] || got[1].Ports[0] != want[1] || made.Network.Protocols[0].Ports[0] != 1001 {
			t.Errorf("base port %d: %v, want %v", base, got, want)
		}
	}
}
