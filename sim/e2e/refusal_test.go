package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/simtest"
	"github.com/google/go-cmp/cmp"
)

// checkRefused wants one line for each mistake, each with its words, an exit
// code, and nothing on standard output.
func checkRefused(t testing.TB, r result, code int, mistakes ...string) {
	t.Helper()
	var said []string
	for line := range strings.Lines(r.stderr) {
		if !strings.HasPrefix(line, " ") { // not the picture of a line with its caret
			said = append(said, line)
		}
	}
	if r.code != code || r.stdout != "" || len(said) != len(mistakes) {
		t.Fatalf("exit code %d and %d lines, want %d and %d\n%s%s", r.code, len(said), code, len(mistakes), r.stdout, r.stderr)
	}
	for i, words := range mistakes {
		words = "camfleet: … " + words
		for word := range strings.SplitSeq(words, " … ") {
			if !strings.Contains(said[i], word) {
				t.Errorf("line %d does not say %q:\n%s", i+1, word, said[i])
			}
		}
	}
}

// onAnyPorts are flags that keep a fleet off the ports of others.
func onAnyPorts(args ...string) []string {
	return append([]string{"up", "--base-port", "0", "--control", "127.0.0.1:0"}, args...)
}

func TestWrongUsageIsOneLineAndExitCodeTwo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"unknown flag":        {[]string{"up", "--nope"}, "--nope"},
		"unknown command":     {[]string{"frobnicate"}, "frobnicate"},
		"no cameras":          {onAnyPorts("-n", "0"), "-n: 0 cameras … give 1 or more"},
		"a negative number":   {onAnyPorts("--n=-3"), "-n: -3 cameras"},
		"too many cameras":    {onAnyPorts("-n", "100000"), "-n: 100000 cameras … at most 10000"},
		"unknown profile":     {onAnyPorts("--profile", "nonesuch"), `--profile: no profile "nonesuch" … flagship, legacy-18-12, security-baseline or tls-addon`},
		"no seed":             {onAnyPorts("--seed", "x"), `--seed: "x" is no seed`},
		"no address":          {onAnyPorts("--bind", "here"), `--bind: "here" is no IP address`},
		"demo password shown": {onAnyPorts("--bind", "0.0.0.0"), "--bind: … demo password … --password"},
		"no network":          {onAnyPorts("--addresses", "127.0.0.1"), "--addresses: … CIDR"},
		"no such token":       {[]string{"token", "--bad", "smell"}, "--bad … expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkRefused(t, camfleet(t, c.args...), 2, c.says)
		})
	}
}

func TestAProfileThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	checkRefused(t, camfleet(t, onAnyPorts("--profile", "none/such.yaml")...), 1, "--profile: none/such.yaml cannot be read: no such file")
}

func TestFiveMistakesInAProfileAreReportedAtOnceWithTheirPlaces(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "five.yaml", `identity:
  manufacturer: Somebody
tls:
  versions: ["1.9"]
users:
  - {name: admin, password: x, level: King}
network:
  mac_prefix: zz
media:
  sources:
    - {token: a, width: 640, height: 360, fps: 0}
  streams:
    - {name: main, width: 640, height: 360, fps: 25, colour: red}
`)
	r := camfleet(t, onAnyPorts("--profile", path)...)
	checkRefused(t, r, 1, path+":1:1: … identity.model", path+":4:14: … 1.9", path+":6:39: … King", path+":8:15: … zz", path+":11:48: … 0 is too small", path+":13:54: … colour")
	if carets := strings.Count(r.stderr, "^\n"); carets != 6 {
		t.Errorf("%d carets:\n%s", carets, r.stderr)
	}
}

func TestMistakesInAFleetFileAreToldWithTheirPlaces(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "fleet.yaml", "n: 100000\nbind: nowhere\ncontrol: here\naddresses: there\nbase-port: 99999\n")
	checkRefused(t, camfleet(t, "up", "-f", path), 2,
		path+":1:4 (n): … at most 10000", path+":2:7 (bind):", path+":5:12 (base-port):", path+":4:12 (addresses):", path+":3:10 (control):")
}

// occupied is a port of the test's own network that somebody else has.
func occupied(t testing.TB, host string, port int) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() }) //nolint:errcheck // it was only in the way
	return l
}

func TestATakenPortIsNamed(t *testing.T) {
	t.Parallel()
	host := network(t) + "1"
	const port = 20022 // 20000 + 10 * 2 + 2
	occupied(t, host, port)
	temp := t.TempDir()
	state := filepath.Join(temp, "state")
	r := camfleet(t, "up", "-n", "4", "--bind", host, "--control", host+":0", "--state", state)
	checkRefused(t, r, 1, "--base-port: port 20022 (RTSP of camera 2) is taken … --base-port, or 0")
	for i := range 4 { // the ports that were opened before it are free again
		occupied(t, host, 20010+i)
	}
	fleet := simtest.Fleet(t, simtest.State(state)) // and the directory is in order
	if n := len(fleet.Cameras()); n != 1 {
		t.Errorf("%d cameras", n)
	}
	control := occupied(t, host, 8800).Addr().String()
	checkRefused(t, camfleet(t, "up", "--base-port", "0", "--control", control), 1, "--control: "+control+" is taken … another fleet")
}

// content is what a folder holds: file to checksum.
func content(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		sum := sha256.Sum256(b)
		files[path] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// stored is the state directory of a fleet of one camera that has ended.
func stored(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "state")
	if err := simtest.Fleet(t, simtest.State(dir)).Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// rewrite replaces a text in a file, which must be there.
func rewrite(t testing.TB, path, from, to string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(b), from) {
		t.Fatalf("%s does not have %q: %v", path, from, err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestStateDirectoriesThatCannotBeUsedAreNamedAndLeftAsTheyAre(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dir  func(t *testing.T) string
		says string
	}{
		"of something else": {func(t *testing.T) string {
			return filepath.Dir(writeFile(t, "thesis.txt", "all my work"))
		}, `not a camfleet state directory: it has "thesis.txt" … use an empty or new --state directory`},
		"of a newer format": {func(t *testing.T) string {
			dir := stored(t)
			rewrite(t, filepath.Join(dir, "fleet.json"), `"v": 1`, `"v": 99`)
			return dir
		}, "fleet.json: written by a newer camfleet: format 99"},
		"with a camera of a newer format": {func(t *testing.T) string {
			dir := stored(t)
			rewrite(t, filepath.Join(dir, "cam-0001", "manifest.json"), `"v": 1`, `"v": 7`)
			return dir
		}, "manifest.json: written by a newer camfleet: format 7"},
		"damaged": {func(t *testing.T) string {
			dir := stored(t)
			rewrite(t, filepath.Join(dir, "cam-0001", "users.json"), `admin`, `root!`)
			return dir
		}, "users.json: damaged"},
		"without the TPM's memory": {func(t *testing.T) string {
			dir := stored(t)
			if err := os.Remove(filepath.Join(dir, "cam-0001", "tpm.nv")); err != nil {
				t.Fatal(err)
			}
			return dir
		}, "tpm.nv"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := c.dir(t)
			before := content(t, dir)
			checkRefused(t, camfleet(t, onAnyPorts("-n", "1", "--profile", "flagship", "--state", dir)...), 1, dir+" … "+c.says)
			after := content(t, dir)
			delete(before, filepath.Join(dir, "lock")) // has the number of the last process
			delete(after, filepath.Join(dir, "lock"))
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("the directory was changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestAStateDirectoryServesOneFleetAtATime(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	first := simtest.Camera(t, simtest.State(dir))
	checkRefused(t, camfleet(t, onAnyPorts("-n", "1", "--state", dir)...), 1, dir+" … in use by another fleet")
	if _, err := shake(first); err != nil {
		t.Errorf("the first fleet was harmed: %v", err)
	}
}

func TestAStateDirectoryThatMayNotBeWrittenIsNamed(t *testing.T) {
	t.Parallel()
	const dir = "/sys/camfleet" // nobody may, not even root
	checkRefused(t, camfleet(t, onAnyPorts("-n", "1", "--state", dir)...), 1, dir+": no permission … --state")
}

func TestAnotherSeedThanThatOfTheStateDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	if err := simtest.Fleet(t, simtest.State(dir), simtest.Seed(1)).Close(); err != nil {
		t.Fatal(err)
	}
	checkRefused(t, camfleet(t, onAnyPorts("-n", "1", "--profile", "flagship", "--state", dir, "--seed", "2")...), 2, "--seed: … "+dir)
}
