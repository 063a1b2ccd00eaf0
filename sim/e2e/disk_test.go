package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/simtest"
)

// disk is a small file system of a test's own.
type disk struct {
	dir    string // as this process sees it
	orders io.Writer
	words  *bufio.Reader
}

// newDisk mounts a file system of a size, in a name space of its own, as
// everybody may where the system lets users have such; false: it does not.
// The mount is seen through the process that lives in the name space.
func newDisk(t testing.TB, kilobytes int) (*disk, bool) {
	t.Helper()
	const script = `mount -t tmpfs -o size=$2k tmpfs "$1" && echo ok && while read size; do mount -o remount,size=$size "$1" && echo ok; done`
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", dir, fmt.Sprint(kilobytes))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait() //nolint:errcheck // whatever it says, the mount is gone with it
	})
	d := &disk{fmt.Sprintf("/proc/%d/root%s", cmd.Process.Pid, dir), in, bufio.NewReader(out)}
	_, err = d.words.ReadString('\n')
	return d, err == nil
}

// grow gives the file system another size.
func (d *disk) grow(t testing.TB, size string) {
	t.Helper()
	if _, err := fmt.Fprintln(d.orders, size); err != nil {
		t.Fatal(err)
	}
	if _, err := d.words.ReadString('\n'); err != nil {
		t.Fatalf("the file system does not become %s: %v", size, err)
	}
}

// startOnFullDisk lets the program start a fleet where there is no room for
// it. Where no file system can be had, files may not become long instead: the
// store then meets another error at the same places.
func startOnFullDisk(t testing.TB, kilobytes int) (r result, state string, makeRoom func()) {
	t.Helper()
	args := onAnyPorts("-n", "3", "--profile", "flagship", "--state")
	if d, ok := newDisk(t, kilobytes); ok {
		state = filepath.Join(d.dir, "state")
		return camfleet(t, append(args, state)...), state, func() { d.grow(t, "64m") }
	}
	t.Log("no file system can be mounted here: files are limited to 4 KiB instead")
	state = filepath.Join(t.TempDir(), "state")
	cmd := command(t, t.TempDir(), append(args, state)...)
	limited := exec.CommandContext(t.Context(), "sh", append([]string{"-c", `ulimit -f 4; exec "$@"`, "sh"}, cmd.Args...)...)
	limited.Env = cmd.Env
	var said bytes.Buffer
	limited.Stderr = &said
	if err := limited.Run(); err == nil {
		t.Fatal("the fleet started")
	}
	return result{"", said.String(), limited.ProcessState.ExitCode()}, state, func() {}
}

func TestAFleetThatFindsNoRoomSaysSoAndStartsWhenThereIs(t *testing.T) {
	t.Parallel()
	for _, kilobytes := range []int{8, 16, 28, 44, 60} {
		t.Run(fmt.Sprint(kilobytes, "k"), func(t *testing.T) {
			t.Parallel()
			r, state, makeRoom := startOnFullDisk(t, kilobytes)
			checkRefused(t, r, 1, filepath.Dir(state))
			if !strings.Contains(r.stderr, "no space left") && !strings.Contains(r.stderr, "file too large") {
				t.Errorf("it says %s", r.stderr)
			}
			makeRoom()
			fleet := simtest.Fleet(t, simtest.Cameras(3), simtest.Profile("flagship"), simtest.State(state))
			keys(t, fleet)
			closeFleet(t, fleet) // before its disk goes
		})
	}
}

// closeFleet ends a fleet before the test does.
func closeFleet(t testing.TB, fleet *sim.Fleet) {
	t.Helper()
	if err := fleet.Close(); err != nil {
		t.Error(err)
	}
}

func TestAChangeForWhichThereIsNoRoomIsRefusedAndDoesNotHappen(t *testing.T) {
	t.Parallel()
	d, ok := newDisk(t, 1024)
	if !ok {
		t.Log("no file system can be mounted here: the tests of the store stand alone")
		return
	}
	cam := simtest.Camera(t, simtest.State(filepath.Join(d.dir, "state")))
	w := newWebSeen(t, cam, schematest.Collect(t))
	const tds = `xmlns="http://www.onvif.org/ver10/device/wsdl"`
	rename := envelope(usernameToken("admin", cam.Password("admin")), `<SetHostname `+tds+`><Name>renamed</Name></SetHostname>`)
	filler := filepath.Join(d.dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); err == nil {
		t.Fatal("the disk is not full")
	}
	if a := w.post(t, cam.DeviceURL, "", rename); a.status != http.StatusInternalServerError || !strings.Contains(a.body, "Receiver") {
		t.Errorf("with a full disk: %d\n%s", a.status, a.body)
	}
	if name := hostname(t, w); name != cam.Name {
		t.Errorf("the host name is %q", name)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	rename = envelope(usernameToken("admin", cam.Password("admin")), `<SetHostname `+tds+`><Name>renamed</Name></SetHostname>`)
	if a := w.post(t, cam.DeviceURL, "", rename); a.status != http.StatusOK {
		t.Errorf("with room again: %d\n%s", a.status, a.body)
	}
	if name := hostname(t, w); name != "renamed" {
		t.Errorf("the host name is %q", name)
	}
	closeFleet(t, cam.Fleet)
}

func hostname(t testing.TB, w *web) string {
	t.Helper()
	return text(w.call(t, `<GetHostname xmlns="http://www.onvif.org/ver10/device/wsdl"/>`), "HostnameInformation/Name")
}
