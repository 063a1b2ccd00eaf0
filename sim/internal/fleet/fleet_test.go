package fleet

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/discovery"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/store"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const controlURL = "http://127.0.0.1:8800"

// start starts a fleet that ends with the test.
func start(t *testing.T, c api.Config) *Fleet {
	t.Helper()
	f, err := launch(t, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func launch(t *testing.T, c api.Config) (*Fleet, error) {
	t.Helper()
	f, err := New(Config{Config: c, ControlURL: controlURL})
	if err != nil {
		return nil, err
	}
	return f, f.Start(t.Context())
}

func TestHostAddressesCountUpAcrossOctets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		network string
		k       int
		want    string
	}{
		{"127.20.0.0/16", 1, "127.20.0.1"},
		{"127.20.0.0/16", 255, "127.20.0.255"},
		{"127.20.0.0/16", 256, "127.20.1.0"},
		{"127.20.0.0/16", 1000, "127.20.3.232"},
		{"fd00::/64", 70000, "fd00::1:1170"},
	} {
		if got := hostAddress(netip.MustParsePrefix(c.network), c.k); got.String() != c.want {
			t.Errorf("host %d of %s is %v, want %s", c.k, c.network, got, c.want)
		}
	}
}

func TestEveryCameraOfANetworkHasItsUsualPorts(t *testing.T) {
	t.Parallel()
	f := start(t, api.Config{N: 2, Addresses: "127.93.7.0/24", Profiles: []string{"flagship"}})
	cameras := f.Info().Cameras
	for i, want := range []string{"127.93.7.1", "127.93.7.2"} {
		c := cameras[i]
		if c.Address != want {
			t.Errorf("%s is at %s, want %s", c.Name, c.Address, want)
		}
		low := api.Ports{HTTP: 80, HTTPS: 443, RTSP: 554, RTSPS: 322}
		high := api.Ports{HTTP: 8080, HTTPS: 8443, RTSP: 8554, RTSPS: 8322}
		if c.Ports != low && c.Ports != high {
			t.Errorf("%s has the ports %+v", c.Name, c.Ports)
		}
		if c.Ports == low && c.DeviceURL != "http://"+want+"/onvif/device_service" {
			t.Errorf("the usual port stands in %s", c.DeviceURL)
		}
	}
}

func TestPortThatIsTakenIsNamedAndNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	f, err := launch(t, api.Config{N: 1, BasePort: port - api.PortsPer, Profiles: []string{"flagship"}})
	var mistake *api.ConfigError
	if !errors.As(err, &mistake) || mistake.Field != "base-port" || !mistake.Machine || !strings.Contains(mistake.Text, "taken by another program") {
		t.Errorf("error: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestAddressOfNobodyIsRefused(t *testing.T) {
	t.Parallel()
	_, err := launch(t, api.Config{N: 1, Bind: "192.0.2.7", Profiles: []string{"flagship"}, Password: "something"})
	var mistake *api.ConfigError
	if !errors.As(err, &mistake) || mistake.Field != "bind" {
		t.Errorf("error: %v", err)
	}
}

func TestDemoPasswordIsNotShownToTheNetwork(t *testing.T) {
	t.Parallel()
	_, err := launch(t, api.Config{N: 1, Bind: "0.0.0.0"})
	var mistake *api.ConfigError
	if !errors.As(err, &mistake) || mistake.Field != "bind" || !strings.Contains(mistake.Hint, "--password") {
		t.Errorf("error: %v", err)
	}
	f := start(t, api.Config{N: 1, Bind: "0.0.0.0", Password: "long enough", Profiles: []string{"flagship"}})
	for _, a := range f.Info().Cameras[0].Accounts {
		if a.Password != "long enough" {
			t.Errorf("account %s has the password %q", a.User, a.Password)
		}
	}
}

func TestDemoPasswordIsNoPasswordOfOnesOwn(t *testing.T) {
	t.Parallel()
	_, err := launch(t, api.Config{N: 1, Bind: "0.0.0.0", Profiles: []string{"flagship"}, Password: demoPassword})
	var mistake *api.ConfigError
	if !errors.As(err, &mistake) || mistake.Field != "password" {
		t.Errorf("error: %v", err)
	}
	start(t, api.Config{N: 1, Profiles: []string{"flagship"}, Password: demoPassword}) // on loopback it may be said
}

// TestStoredDemoPasswordIsNotShownToTheNetwork: a password for new cameras does
// not change those of the state directory, and is said not to.
func TestStoredDemoPasswordIsNotShownToTheNetwork(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	c := api.Config{N: 1, State: dir, Profiles: []string{"flagship"}}
	if f, err := launch(t, c); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	c.Password = "long enough"
	again := start(t, c)
	info := again.Info()
	if len(info.Notes) != 1 || !strings.Contains(info.Notes[0], "--password") {
		t.Errorf("notes: %q", info.Notes)
	}
	for _, a := range info.Cameras[0].Accounts {
		if a.Password != "" {
			t.Errorf("account %s is shown with a password it does not have", a.User)
		}
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	c.Bind = "0.0.0.0"
	_, err := launch(t, c)
	var mistake *api.ConfigError
	if !errors.As(err, &mistake) || mistake.Field != "bind" || !strings.Contains(mistake.Text, "demo password") {
		t.Errorf("error: %v", err)
	}
}

// TestStoredCameraKeepsItsBackEnd: the profiles asked for at a restart are those
// of new cameras; TPMs of stored ones are there all the same.
func TestStoredCameraKeepsItsBackEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	none := filepath.Join(dir, "none.yaml")
	if err := os.WriteFile(none, []byte("extends: flagship\ntpm: {backend: none}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := api.Config{N: 1, State: filepath.Join(dir, "state"), Profiles: []string{"flagship"}}
	if f, err := launch(t, c); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	c.N, c.Profiles = 2, []string{none}
	cameras := start(t, c).Info().Cameras
	if cameras[0].TPM.Backend != "simulator" || cameras[1].TPM.Backend != "none" {
		t.Errorf("back ends %+v and %+v", cameras[0].TPM, cameras[1].TPM)
	}
}

func TestUnknownProfilesAreAllNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := launch(t, api.Config{N: 1, Profiles: []string{"flagshop", "./missing.yaml"}})
	if err == nil || !strings.Contains(err.Error(), "flagshop") || !strings.Contains(err.Error(), "missing.yaml") {
		t.Errorf("error: %v", err)
	}
}

func TestStateDirectoryGivesTheSameCamerasAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	run := func(n int) []api.Camera {
		f, err := launch(t, api.Config{N: n, State: dir, Profiles: []string{"flagship", "legacy-18-12"}})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close() //nolint:errcheck // closed again below
		info := f.Info()
		for _, m := range f.members() {
			for _, k := range m.state.View().Keystore.Keys {
				if !k.HasPrivateKey() {
					continue
				}
				signer, err := m.camera.Signer(k)
				if err != nil {
					t.Fatalf("%s, key %s: %v", m.name, k.Alias, err)
				}
				if der := mustPKIX(t, signer.Public()); string(der) != string(k.Public) {
					t.Errorf("%s: another key %s came back", m.name, k.Alias)
				}
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		return info.Cameras
	}
	first := run(2)
	second := run(3)
	for i, c := range first {
		d := second[i]
		for _, p := range [][2]string{{c.Serial, d.Serial}, {c.UUID, d.UUID}, {c.TPM.EK, d.TPM.EK}, {c.SigningCA, d.SigningCA}, {c.Profile, d.Profile}} {
			if p[0] != p[1] {
				t.Errorf("%s: %q became %q", c.Name, p[0], p[1])
			}
		}
	}
	if len(second) != 3 || second[2].Serial == second[0].Serial {
		t.Errorf("the third camera: %+v", second[2])
	}
}

func TestSecondFleetOnADirectoryIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	start(t, api.Config{N: 1, State: dir, Profiles: []string{"flagship"}})
	if _, err := launch(t, api.Config{N: 1, State: dir}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("error: %v", err)
	}
}

func TestSeedOfAStateDirectoryIsForGood(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	seven, eight := uint64(7), uint64(8)
	f, err := launch(t, api.Config{N: 1, State: dir, Seed: &seven, Profiles: []string{"flagship"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var mistake *api.ConfigError
	if _, err := launch(t, api.Config{N: 1, State: dir, Seed: &eight}); !errors.As(err, &mistake) || mistake.Field != "seed" {
		t.Errorf("error: %v", err)
	}
}

func TestStartThatIsStoppedLeavesNoCamera(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c := Config{Config: api.Config{N: 50, Profiles: []string{"flagship"}}, ControlURL: controlURL}
	c.Progress = func(done, _ int) {
		if done == 3 {
			cancel()
		}
	}
	f, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Start(ctx); err == nil {
		t.Error("a start that was stopped succeeds")
	}
	if f.Ready().Ready {
		t.Error("it is ready all the same")
	}
}

func TestEqualSeedsGiveEqualFleets(t *testing.T) {
	t.Parallel()
	seed := uint64(42)
	describe := func() string {
		f := start(t, api.Config{N: 3, Seed: &seed, Profiles: []string{"flagship", "legacy-18-12", "security-baseline"}})
		var all []any
		for _, m := range f.members() {
			view := *m.state.View()
			d := view.Device.Clone()
			d.Network.Protocols, d.Boot = nil, device.Boot{} // ports and times are the system's
			view.Device = d
			o := *view.Origin
			o.Device = o.Device.Clone()
			o.Device.Network.Protocols = nil
			view.Origin = &o
			all = append(all, view, m.describeTPM().EK)
		}
		all = append(all, f.Info().CA)
		b, err := json.MarshalIndent(all, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if diff := cmp.Diff(describe(), describe()); diff != "" {
		t.Errorf("one seed gave two fleets:\n%s", diff)
	}
}

func TestIssuerAtANewAddressIsTrustedAgain(t *testing.T) {
	t.Parallel()
	f, err := New(Config{Config: api.Config{N: 1, State: filepath.Join(t.TempDir(), "s")}, ControlURL: controlURL})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // nothing was started
	info, _ := f.store.Info()
	info.Issuer = "http://127.0.0.1:1/issuer"
	if err := f.store.SetInfo(info); err != nil {
		t.Fatal(err)
	}
	old := &keystore.Section{JWT: keystore.JWT{TrustedIssuers: []string{"https://elsewhere.example", "http://127.0.0.1:1/issuer"}}}
	got := f.trust(old).JWT.TrustedIssuers
	if want := []string{"https://elsewhere.example", controlURL + "/issuer"}; !cmp.Equal(got, want) {
		t.Errorf("trusted: %v, want %v", got, want)
	}
	if old.JWT.TrustedIssuers[1] != "http://127.0.0.1:1/issuer" {
		t.Error("the stored section was written into")
	}
}

func TestOtherTPMBackEndsMakeCameras(t *testing.T) {
	t.Parallel()
	for _, backend := range []string{"none", "swtpm"} {
		t.Run(backend, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), backend+".yaml")
			text := "extends: flagship\nname: other\ndescription: a test\ntpm: {backend: " + backend + "}\n"
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			f := start(t, api.Config{N: 1, Profiles: []string{file}})
			m := f.members()[0]
			for _, k := range m.state.View().Keystore.Keys {
				if k.HasPrivateKey() && k.SecurelyStored() != (backend != "none") {
					t.Errorf("key %s: securely stored %v", k.Alias, k.SecurelyStored())
				}
			}
			if _, err := m.camera.Still(t.Context(), "main"); err != nil {
				t.Error(err)
			}
			if got := m.describeTPM(); got.Backend != backend || (got.EK == "") != (backend == "none") {
				t.Errorf("described as %+v", got)
			}
		})
	}
}

func TestMintNamesTheFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	f, err := New(Config{Config: api.Config{N: 1}, ControlURL: controlURL})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // nothing was started
	for _, c := range []struct {
		request api.TokenRequest
		field   string
	}{
		{api.TokenRequest{TTL: "soon"}, "ttl"},
		{api.TokenRequest{TTL: "-1m"}, "ttl"},
		{api.TokenRequest{TTL: "100000h"}, "ttl"},
		{api.TokenRequest{Role: "King"}, "role"},
		{api.TokenRequest{Role: "onvif:Anonymous"}, "role"},
		{api.TokenRequest{Bad: "tasty"}, "bad"},
		{api.TokenRequest{Claims: map[string]any{"iss": "me"}}, "claims"},
	} {
		_, err := f.Mint(c.request)
		var mistake *api.ConfigError
		if !errors.As(err, &mistake) || mistake.Field != c.field {
			t.Errorf("%+v: %v", c.request, err)
		}
	}
	if token, err := f.Mint(api.TokenRequest{Role: "Operator"}); err != nil || strings.Count(token.Token, ".") != 2 {
		t.Errorf("a good token: %+v, %v", token, err)
	}
}

func TestEveryOperationIsListedOnce(t *testing.T) {
	t.Parallel()
	l, err := NewLibrary()
	if err != nil {
		t.Fatal(err)
	}
	list, err := l.Operations("legacy-18-12")
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	for _, o := range list {
		if states[o.Operation] != "" {
			t.Errorf("%s is listed twice", o.Operation)
		}
		states[o.Operation] = o.State
	}
	if len(states) != 449 {
		t.Errorf("%d operations, want 449", len(states))
	}
	for id, want := range map[string]string{
		"tds:GetServices": "simulated", "tas:GetJWTConfiguration": "off in the profile", "tptz:AbsoluteMove": "not simulated",
	} {
		if states[id] != want {
			t.Errorf("%s is %q, want %q", id, states[id], want)
		}
	}
}

func TestOnlyThisMachineHearsOfLoopbackCameras(t *testing.T) {
	t.Parallel()
	f := start(t, api.Config{N: 1, Profiles: []string{"flagship"}})
	m := f.members()[0]
	for _, c := range []struct {
		path discovery.Path
		want int
	}{
		{discovery.Path{Local: netip.MustParseAddr("127.0.0.1")}, 2},
		{discovery.Path{Local: netip.MustParseAddr("192.0.2.9"), SameHost: true}, 2}, // through its own interface
		{discovery.Path{Local: netip.MustParseAddr("192.0.2.9")}, 0},
	} {
		if got := m.xaddrs(c.path); len(got) != c.want {
			t.Errorf("on %+v: %v", c.path, got)
		}
	}
	if m.camera.Status() != camera.Running {
		t.Errorf("the camera is %s", m.camera.Status())
	}
}

func mustPKIX(t *testing.T, public crypto.PublicKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestCameraWithoutUsersIsNotShownToTheNetwork while anybody may do anything.
func TestCameraWithoutUsersIsNotShownToTheNetwork(t *testing.T) {
	t.Parallel()
	for before, fine := range map[string]bool{"anything": false, "create_users": true} {
		file := filepath.Join(t.TempDir(), "fresh.yaml")
		if err := os.WriteFile(file, []byte("extends: flagship\nusers: []\nauth: {before_first_user: "+before+"}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c := api.Config{N: 1, Bind: "0.0.0.0", Profiles: []string{file}}
		if fine {
			start(t, c)
			continue
		}
		_, err := launch(t, c)
		var mistake *api.ConfigError
		if !errors.As(err, &mistake) || mistake.Field != "bind" || !strings.Contains(mistake.Hint, "create_users") {
			t.Errorf("%s: %v", before, err)
		}
	}
}
