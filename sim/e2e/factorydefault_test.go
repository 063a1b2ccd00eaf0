package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/simtest"
	"github.com/google/go-cmp/cmp"
)

// TestFactoryDefaultsSurviveAKill: the program is killed as soon as it has confirmed
// one. A soft one has left the keystore as it was, a hard one has brought back the
// factory's keys and certificates, under their IDs, and they work (Core 8.3.8).
func TestFactoryDefaultsSurviveAKill(t *testing.T) {
	t.Parallel()
	dir, seen := filepath.Join(t.TempDir(), "state"), schematest.Collect(t)
	var fleet *running
	start := func() officer {
		fleet = up(t, "-n", "1", "--profile", "flagship", "--state", dir)
		return newOfficer(t, fleet.Cameras[0], seen)
	}
	reset := func(flags ...string) officer {
		t.Helper()
		r := camfleet(t, append([]string{"camera", "cam-0001", "factory-default", "--control", fleet.control}, flags...)...)
		if r.code != 0 || !strings.HasPrefix(r.stdout, "cam-0001 is ") {
			t.Fatalf("%+v", r)
		}
		fleet.end(t, syscall.SIGKILL)
		return start()
	}
	same := func(what string, before, after map[string]string) {
		t.Helper()
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s (-before +after):\n%s", what, diff)
		}
	}
	o := start()
	serial, factory := fleet.Cameras[0].Serial, o.snapshot(t)
	all, names := changes(t, newDesk(t, fleet.Cameras[0].Address)), map[string]string{}
	end := slices.IndexFunc(all, func(c change) bool { return c.operation == "RemoveMediaSigningCertificateAssignment" })
	for _, c := range all[:end] {
		o.do(t, c, names)
		if c.operation == "CreateECCKeyPair" { // its certificate comes next
			o.settle(t)
		}
	}
	o.settle(t)
	changed := o.snapshot(t)
	o = reset("--soft")
	same("after the soft one", changed, o.snapshot(t))
	o = reset()
	same("after the hard one", factory, o.snapshot(t))
	if c := fleet.Cameras[0]; c.Serial != serial {
		t.Errorf("it is %s, was %s", c.Serial, serial)
	}
	fleet.end(t, syscall.SIGTERM)
}

// TestFactoryDefaultBringsBackTheCamera of a library's fleet: identity, accounts and
// settings, over the wire, after a restart.
func TestFactoryDefaultBringsBackTheCamera(t *testing.T) {
	t.Parallel()
	dir, seen := t.TempDir(), schematest.Collect(t)
	start := func() *simtest.Cam { return simtest.Camera(t, simtest.Profile("flagship"), simtest.State(dir)) }
	cam := start()
	before := identify(t, cam, seen)
	w := newWebSeen(t, cam, seen)
	hostname := func(w *web) string {
		return text(w.call(t, `<GetHostname xmlns="http://www.onvif.org/ver10/device/wsdl"/>`), "HostnameInformation/Name")
	}
	name := hostname(w)
	w.call(t, `<SetHostname xmlns="http://www.onvif.org/ver10/device/wsdl"><Name>moved</Name></SetHostname>`)
	w.call(t, createGuard)
	if err := cam.Fleet.FactoryDefault(t.Context(), cam.Name, true); err != nil {
		t.Fatal(err)
	}
	if err := cam.Fleet.FactoryDefault(t.Context(), "nobody", true); err == nil {
		t.Error("a camera that is not there")
	}
	if err := cam.Fleet.Close(); err != nil {
		t.Fatal(err)
	}
	cam = start()
	w = newWebSeen(t, cam, seen)
	compareIdentities(t, map[string]identity{"": before}, map[string]identity{"": identify(t, cam, seen)})
	if got := hostname(w); got != name {
		t.Errorf("the host name is %q, was %q", got, name)
	}
	if a := w.post(t, cam.DeviceURLTLS, "", envelope(usernameToken("guard", guardPassword), getDeviceInformation)); a.status == 200 {
		t.Error("an account that a client made is still there")
	}
}

// TestFactoryDefaultGivesThePasswordOfTheStart: the accounts of the factory get the
// --password of the latest start, those of the camera keep theirs until then.
func TestFactoryDefaultGivesThePasswordOfTheStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := func(password string) *simtest.Cam {
		return simtest.Camera(t, simtest.Profile("flagship"), simtest.State(dir), func(c *sim.Config) { c.Password = password })
	}
	for _, step := range []struct{ given, has string }{{"", "camfleet"}, {"Second-pass-2", "camfleet"}, {"", "Second-pass-2"}} {
		cam := start(step.given)
		logsIn(t, cam, map[string]string{"admin": step.has})
		withPassword(t, dir, "Second-pass-2")
		if step.given != "" {
			if err := cam.Fleet.FactoryDefault(t.Context(), cam.Name, true); err != nil {
				t.Fatal(err)
			}
		}
		if err := cam.Fleet.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
