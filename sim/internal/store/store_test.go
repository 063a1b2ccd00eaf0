package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/store"
	"github.com/camfleet/camfleet/sim/internal/users"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("CAMFLEET_TEST_WRITER"); dir != "" {
		writeUntilKilled(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// tree returns a valid tree whose sections all say n.
func tree(n uint64) state.Tree {
	return state.Tree{
		Version: n,
		Device: &device.Section{
			Identity:      device.Identity{SerialNumber: "1", UUID: "2", Manufactured: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
			DiscoveryMode: device.Discoverable, Time: device.Time{Type: device.Manual}, Boot: device.Boot{Boots: n},
		},
		Users: &users.Section{Users: []users.User{{Name: fmt.Sprint("user", n), Password: "secret<&>\u2028", Level: auth.User}}},
	}
}

func open(t testing.TB, dir string, fsys store.FS) *store.Fleet {
	t.Helper()
	f, err := store.Open(dir, fsys)
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

func create(t testing.TB, f *store.Fleet, name string) *store.Camera {
	t.Helper()
	c, err := f.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func save(t testing.TB, c *store.Camera, tr state.Tree) {
	t.Helper()
	if err := c.Save(&tr); err != nil {
		t.Fatal(err)
	}
}

// load reads the camera as the next start would.
func load(dir, name string) (state.Tree, error) {
	f, err := store.Open(dir, nil)
	if err != nil {
		return state.Tree{}, err
	}
	defer f.Close() //nolint:errcheck // read only
	c, err := f.Camera(name)
	if err != nil {
		return state.Tree{}, err
	}
	return c.Load()
}

func TestFleetAndCameraSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "state")
	f, err := store.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, exists := f.Info(); exists {
		t.Error("a new directory has a fleet")
	}
	info := store.Info{Seed: "r:1", Manufactured: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Authorities: map[string]pki.AuthorityPEM{"fleet": {Certificate: "c", Key: "k"}},
		Cameras:     []store.CameraInfo{{Name: "cam-0001", Number: 1, Profile: "flagship"}}}
	c := create(t, f, "cam-0001")
	want := tree(3)
	save(t, c, want)
	image := bytes.Repeat([]byte{1, 2, 3, 0}, 4096)
	if err := errors.Join(c.SaveTPM(image), f.SetInfo(info), f.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}

	g := open(t, dir, nil)
	got, exists := g.Info()
	if diff := cmp.Diff(info, got); diff != "" || !exists {
		t.Errorf("exists %v, %s", exists, diff)
	}
	c, err = g.Camera("cam-0001")
	if err != nil {
		t.Fatal(err)
	}
	back, err := c.Load()
	if diff := cmp.Diff(want, back); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	tpm, err := c.LoadTPM()
	if !bytes.Equal(tpm, image) || err != nil {
		t.Errorf("TPM image of %d bytes, %v", len(tpm), err)
	}
}

func TestFilesAreTheOwnersOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := open(t, dir, nil)
	c := create(t, f, "cam")
	save(t, c, tree(1))
	if err := errors.Join(c.SaveTPM([]byte("x")), f.SetInfo(store.Info{})); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		i, err := d.Info()
		if err == nil && i.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, i.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestOnlyChangedSectionsAreWritten(t *testing.T) {
	t.Parallel()
	disk := &faultyFS{FS: store.OS()}
	f := open(t, t.TempDir(), disk)
	c := create(t, f, "cam")
	first := tree(1)
	save(t, c, first)
	next := first
	next.Version = 2
	next.Device = tree(2).Device
	disk.created = nil
	save(t, c, next)
	if diff := cmp.Diff([]string{"device.json.new", "manifest.json.new"}, disk.created); diff != "" {
		t.Error(diff)
	}
}

func TestSecondFleetIsRefusedWithThePID(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := open(t, dir, nil)
	_, err := store.Open(dir, nil)
	if !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir, nil)
	if err := f.SetInfo(store.Info{}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("SetInfo after Close: %v", err)
	}
}

func TestDirectoryOfSomethingElseIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{
		"notes.txt":  "hello",
		"fleet.json": `{"v":1,"kind":"another program","sha256":"","data":{}}`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := store.Open(dir, nil)
		if !errors.Is(err, store.ErrForeign) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, name)); string(text) != content || err != nil {
			t.Errorf("%s is now %q, %v", name, text, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "lock")); err == nil && name == "notes.txt" {
			t.Error("a lock file was written")
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(file, nil); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file as directory: %v", err)
	}
}

func TestInterruptedFirstStartIsNoForeignDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"lock", "fleet.json.new"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := open(t, dir, nil).SetInfo(store.Info{Seed: "r:2"}); err != nil {
		t.Fatal(err)
	}
}

func TestNewerFormatIsRefusedByName(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"fleet.json", "cam/manifest.json", "cam/device.json", "cam/tpm.nv"} {
		dir := filled(t)
		path := filepath.Join(dir, file)
		edit(t, path, func(text string) string {
			return strings.NewReplacer(`"v": 1`, `"v": 7`, "camfleet tpm 1\n", "camfleet tpm 7\n").Replace(text)
		})
		err := loadAll(dir)
		if !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "7") {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestUnknownSectionIsOfANewerCamfleet(t *testing.T) {
	t.Parallel()
	dir := filled(t)
	edit(t, filepath.Join(dir, "cam", "manifest.json"), func(string) string {
		return store.Document(1, "camfleet camera", map[string]any{"version": 1, "sections": map[string]string{"holodeck": "00"}})
	})
	if err := loadAll(dir); !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "holodeck") {
		t.Error(err)
	}
}

// filled makes a state directory with one camera.
func filled(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	f, err := store.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := create(t, f, "cam")
	save(t, c, tree(1))
	info := store.Info{Seed: "r:1", Cameras: []store.CameraInfo{{Name: "cam"}}}
	if err := errors.Join(c.SaveTPM([]byte("image")), f.SetInfo(info), f.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// loadAll reads everything of the directory that filled made.
func loadAll(dir string) error {
	f, err := store.Open(dir, nil)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	c, err := f.Camera("cam")
	if err != nil {
		return err
	}
	_, err = c.Load()
	_, errTPM := c.LoadTPM()
	return errors.Join(err, errTPM)
}

func edit(t testing.TB, path string, f func(string) string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(f(string(text))), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestCameraNamesAreSafe(t *testing.T) {
	t.Parallel()
	f := open(t, t.TempDir(), nil)
	for _, name := range []string{"", ".", "..", "a/b", `a\b`, "../x", "lock", "fleet.json", ".hidden", "ü", strings.Repeat("a", 65)} {
		_, err1 := f.Camera(name)
		_, err2 := f.Create(name)
		err3 := f.SetInfo(store.Info{Cameras: []store.CameraInfo{{Name: name}}})
		for _, err := range []error{err1, err2, err3, f.Remove(name)} {
			if !errors.Is(err, store.ErrName) {
				t.Errorf("%q: %v", name, err)
			}
		}
	}
	c := create(t, f, strings.Repeat("a", 64))
	save(t, c, tree(1))
	if err := f.Remove(strings.Repeat("a", 64)); err != nil {
		t.Error(err)
	}
	if _, err := c.Load(); !errors.Is(err, store.ErrMissing) {
		t.Errorf("after Remove: %v", err)
	}
}
