package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/simtest"
	"github.com/google/go-cmp/cmp"
)

// identities are those of all cameras of a fleet, with the proof that their
// keys work.
func identities(t testing.TB, fleet *sim.Fleet, seen *schematest.Collector) map[string]identity {
	t.Helper()
	list := map[string]identity{}
	for _, c := range fleet.Cameras() {
		cam := simtest.Of(t, fleet, c.Name)
		if _, err := shake(cam); err != nil {
			t.Fatal(err)
		}
		list[c.Name+" "+c.TPM.EK] = identify(t, cam, seen)
	}
	return list
}

func compareIdentities(t testing.TB, before, after map[string]identity) {
	t.Helper()
	if diff := cmp.Diff(before, after, cmp.AllowUnexported(identity{})); diff != "" {
		t.Errorf("the cameras are others (-before +after):\n%s", diff)
	}
}

func TestCamerasOfAStateDirectoryAreTheSameAfterARestart(t *testing.T) {
	t.Parallel()
	dir, seen := t.TempDir(), schematest.Collect(t)
	fleet := startShowcase(t, simtest.State(dir))
	before := identities(t, fleet, seen)
	const name = "kept-over-the-night"
	newWeb(t, simtest.Of(t, fleet, "cam-0002")).call(t, `<SetHostname xmlns="http://www.onvif.org/ver10/device/wsdl"><Name>`+name+`</Name></SetHostname>`)
	if err := fleet.Close(); err != nil {
		t.Fatal(err)
	}
	fleet = startShowcase(t, simtest.State(dir))
	compareIdentities(t, before, identities(t, fleet, seen))
	answer := newWeb(t, simtest.Of(t, fleet, "cam-0002")).call(t, `<GetHostname xmlns="http://www.onvif.org/ver10/device/wsdl"/>`)
	if got := text(answer, "HostnameInformation/Name"); got != name {
		t.Errorf("the host name is %q, it was set to %q", got, name)
	}
	if a := describe(t, simtest.Of(t, fleet, "cam-0001"), fleet.Cameras()[0].Streams[0].RTSPS, "Authorization: Bearer "+simtest.Of(t, fleet, "cam-0001").Token("User")); a.status != http.StatusOK {
		t.Errorf("a token of the fleet after its restart: %d %q", a.status, a.challenges())
	}
}

func TestWithoutAStateDirectoryEverythingIsNewAtEachStart(t *testing.T) {
	t.Parallel()
	first, seen := simtest.Camera(t), schematest.Collect(t)
	before := identify(t, first, seen)
	if err := first.Fleet.Close(); err != nil {
		t.Fatal(err)
	}
	after := identify(t, simtest.Camera(t), seen)
	if before.serial == after.serial || before.uuid == after.uuid || before.certificates["TLS server"] == after.certificates["TLS server"] {
		t.Errorf("a new camera is an old one: %+v", after)
	}
}

func TestAFleetKilledWhileItMakesCamerasStartsAgain(t *testing.T) {
	t.Parallel()
	took, seen := timeToStart(t), schematest.Collect(t)
	random := seed.New(7).Stream("kill")
	for range 4 {
		dir := filepath.Join(t.TempDir(), "state")
		moment := time.Duration(float64(took) * random.Float64())
		killAfter(t, moment, dir)
		t.Logf("killed after %v of about %v", moment, took)
		fleet := restart(t, dir)
		if n := len(identities(t, fleet, seen)); n != 3 {
			t.Errorf("%d cameras, want 3", n)
		}
		if err := fleet.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAFleetKilledWhileItWritesKeepsItsCamerasAndStartsAgain(t *testing.T) {
	t.Parallel()
	took, seen := timeToStart(t), schematest.Collect(t)
	dir := filepath.Join(t.TempDir(), "state")
	random := seed.New(8).Stream("kill")
	known := map[string]identity{}
	writes := 0
	for round := range 5 {
		fleet := restart(t, dir)
		now := identities(t, fleet, seen)
		if round > 0 {
			compareIdentities(t, known, now)
		}
		known = now
		if err := fleet.Close(); err != nil {
			t.Error(err)
		}
		moment := took + time.Duration(float64(took)*random.Float64())
		n := killAfter(t, moment, dir)
		t.Logf("killed after %v and %d writes", moment, n)
		writes += n
	}
	compareIdentities(t, known, identities(t, restart(t, dir), seen))
	if writes == 0 {
		t.Error("it was always killed before it wrote: the start takes unlike long each time")
	}
}

// timeToStart is about what three cameras need to start here and now.
func timeToStart(t testing.TB) time.Duration {
	t.Helper()
	theProgram.path(t)
	began := time.Now()
	up(t, "-n", "3", "--state", filepath.Join(t.TempDir(), "state")).end(t, syscall.SIGKILL)
	return time.Since(began)
}

// restart starts a fleet of three on a state directory in this process.
func restart(t testing.TB, dir string) *sim.Fleet {
	t.Helper()
	return simtest.Fleet(t, simtest.Cameras(3), simtest.Profile(showcase()...), simtest.State(dir))
}

// killAfter runs the program on a state directory and kills it after a while.
// When it gets so far as to be ready it is made to write without end; the
// answer is how many changes it has confirmed.
func killAfter(t testing.TB, moment time.Duration, dir string) (writes int) {
	t.Helper()
	cmd := command(t, t.TempDir(), "up", "--json", "--base-port", "0", "--control", network(t)+"250:0", "-n", "3", "--state", dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(moment, func() { cmd.Process.Kill() }) //nolint:errcheck // Wait says how it ended
	defer timer.Stop()
	var fleet api.Fleet
	if json.NewDecoder(out).Decode(&fleet) == nil {
		for write(t, fleet.Cameras[writes%len(fleet.Cameras)], writes) {
			writes++
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("the program was not killed but ended: %v", err)
	}
	return writes
}

// write changes a camera's state; false: the camera does not answer any more.
func write(t testing.TB, c api.Camera, n int) bool {
	t.Helper()
	body := fmt.Sprintf(`<SetHostname xmlns="http://www.onvif.org/ver10/device/wsdl"><Name>write-%d</Name></SetHostname>`, n)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Post(c.DeviceURL, "application/soap+xml", strings.NewReader(envelope(usernameToken("admin", "camfleet"), body))) //nolint:noctx // it ends with the camera
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return false
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", body, resp.Status)
	}
	return true
}
