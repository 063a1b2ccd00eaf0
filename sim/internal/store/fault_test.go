package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/store"
	"github.com/google/go-cmp/cmp"
)

// faultyFS fails at the step that budget says and notes the files made.
type faultyFS struct {
	store.FS
	mu      sync.Mutex // files go down to the disk together
	created []string
	armed   bool
	budget  int // steps that still succeed, once armed
	full    bool
	failed  string
}

var errFault = errors.New("injected")

func (f *faultyFS) step(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.armed {
		return nil
	}
	if f.budget == 0 {
		f.failed = what
		if f.full {
			return &os.PathError{Op: what, Path: "x", Err: syscall.ENOSPC}
		}
		return errFault
	}
	f.budget--
	return nil
}

func (f *faultyFS) Create(path string) (store.File, error) {
	if err := f.step("create"); err != nil {
		return nil, err
	}
	f.created = append(f.created, filepath.Base(path))
	file, err := f.FS.Create(path)
	return &faultyFile{file, f}, err
}

func (f *faultyFS) Rename(a, b string) error {
	if err := f.step("rename"); err != nil {
		return err
	}
	return f.FS.Rename(a, b)
}

func (f *faultyFS) SyncDir(path string) error {
	if err := f.step("sync directory"); err != nil {
		return err
	}
	return f.FS.SyncDir(path)
}

type faultyFile struct {
	store.File
	fs *faultyFS
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.fs.step("write"); err != nil {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, err
	}
	return f.File.Write(p)
}

func (f *faultyFile) Sync() error {
	if err := f.fs.step("sync"); err != nil {
		return err
	}
	return f.File.Sync()
}

// TestFailureAtAnyStepLeavesTheOldOrTheNewTree fails each step of a Save in
// turn, for ever after and once, with a stop or a second try following.
func TestFailureAtAnyStepLeavesTheOldOrTheNewTree(t *testing.T) {
	t.Parallel()
	for budget := 0; ; budget++ {
		disk := &faultyFS{FS: store.OS()}
		dir := t.TempDir()
		f, err := store.Open(dir, disk)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetInfo(store.Info{}); err != nil {
			t.Fatal(err)
		}
		c := create(t, f, "cam")
		save(t, c, tree(1))
		disk.armed, disk.budget, disk.full = true, budget, budget%2 == 0
		two := tree(2)
		errSave := c.Save(&two)
		failed := disk.failed
		disk.armed = false
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		stopped, err := load(copyDir(t, dir), "cam")
		if err != nil {
			t.Fatalf("step %d (%s): a restart does not load: %v", budget, failed, err)
		}
		if n := consistent(t, stopped); n != 1 && n != 2 || errSave == nil && n != 2 {
			t.Errorf("step %d (%s): Save said %v, the restart has %d", budget, failed, errSave, n)
		}
		if errSave != nil && disk.full && !errors.Is(errSave, store.ErrFull) {
			t.Errorf("step %d (%s): %v", budget, failed, errSave)
		}
		checkClean(t, dir, errSave)
		three := tree(3)
		if err := c.Save(&three); err != nil {
			t.Errorf("step %d (%s): the next Save: %v", budget, failed, err)
		}
		if again, err := load(dir, "cam"); err != nil || consistent(t, again) != 3 {
			t.Errorf("step %d (%s): after the next Save: %v", budget, failed, err)
		}
		if failed == "" {
			if budget < 10 {
				t.Errorf("only %d steps were tried", budget)
			}
			return
		}
	}
}

// checkClean finds temporary files after a Save that failed before anything
// became true.
func checkClean(t *testing.T, dir string, errSave error) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "cam", "*.new"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 && errSave != nil && !strings.Contains(errSave.Error(), "cam: ") {
		t.Errorf("left behind after %v: %v", errSave, left)
	}
}

// consistent checks that all sections are of one version and returns it.
func consistent(t *testing.T, tr state.Tree) uint64 {
	t.Helper()
	n := tr.Device.Boot.Boots
	if tr.Users.Users[0].Name != fmt.Sprint("user", n) || tr.Version != n {
		t.Errorf("half a change: tree %d, device %d, %s", tr.Version, n, tr.Users.Users[0].Name)
	}
	return n
}

func copyDir(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// fullFS opens /dev/full in the place of every new file: the kernel's own
// "no space left".
type fullFS struct{ store.FS }

func (fullFS) Create(string) (store.File, error) { return os.OpenFile("/dev/full", os.O_WRONLY, 0) }

func TestFullDiskIsNamedAndChangesNothing(t *testing.T) {
	t.Parallel()
	dir := filled(t)
	f := open(t, dir, fullFS{store.OS()})
	c, err := f.Camera("cam")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Load(); err != nil {
		t.Fatal(err)
	}
	two := tree(2)
	for name, err := range map[string]error{"Save": c.Save(&two), "SaveTPM": c.SaveTPM([]byte("new")), "SetInfo": f.SetInfo(store.Info{Seed: "new"})} {
		if !errors.Is(err, store.ErrFull) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if info, _ := f.Info(); info.Seed != "r:1" {
		t.Error("SetInfo changed something")
	}
	if back, err := c.Load(); err != nil || consistent(t, back) != 1 {
		t.Errorf("after it: %v", err)
	}
}

func TestDamageIsFoundInEveryFile(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"fleet.json", "cam/manifest.json", "cam/device.json", "cam/users.json", "cam/tpm.nv"} {
		path := func(dir string) string { return filepath.Join(dir, file) }
		for name, damage := range map[string]func(string) string{
			"empty":     func(string) string { return "" },
			"truncated": func(s string) string { return s[:len(s)/2] },
			"one byte":  func(s string) string { return s[:len(s)-1] },
			"garbage":   func(string) string { return "\x00\x01\x02" },
		} {
			dir := filled(t)
			edit(t, path(dir), damage)
			err := loadAll(dir)
			harmless := name == "one byte" && strings.HasSuffix(file, ".json") // the last line feed
			if harmless != (err == nil) {
				t.Errorf("%s %s: %v", file, name, err)
			}
			if err != nil && (!errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), filepath.Dir(path(dir)))) {
				t.Errorf("%s %s: %v", file, name, err)
			}
		}
		dir := filled(t)
		if err := os.Remove(path(dir)); err != nil {
			t.Fatal(err)
		}
		if err := loadAll(dir); err == nil {
			t.Errorf("%s is gone and nobody minds", file)
		}
	}
}

// flippedFS shows one file with other content.
type flippedFS struct {
	store.FS
	path    string
	content []byte
}

func (f *flippedFS) ReadFile(path string, limit int64) ([]byte, error) {
	if path == f.path {
		return f.content, nil
	}
	return f.FS.ReadFile(path, limit)
}

// TestNoFlippedBitGoesUnnoticed flips every bit of every file in turn.
func TestNoFlippedBitGoesUnnoticed(t *testing.T) {
	t.Parallel()
	dir := filled(t)
	disk := &flippedFS{FS: store.OS()}
	c, err := open(t, dir, disk).Camera("cam")
	if err != nil {
		t.Fatal(err)
	}
	tree := func() error { _, err := c.Load(); return err }
	image := func() error { _, err := c.LoadTPM(); return err }
	fleet := func() error { _, err := store.DecodeFleet(disk.content); return err }
	for file, load := range map[string]func() error{
		"fleet.json": fleet, "cam/manifest.json": tree, "cam/device.json": tree, "cam/users.json": tree, "cam/tpm.nv": image,
	} {
		path := filepath.Join(dir, file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		disk.path = path
		for i := range len(text) * 8 {
			disk.content = []byte(string(text))
			disk.content[i/8] ^= 1 << (i % 8)
			if err := load(); err == nil && !sameJSON(text, disk.content) {
				t.Errorf("%s: bit %d of byte %d (%q)", file, i%8, i/8, text[i/8])
			}
		}
	}
}

// sameJSON tells whether two texts say the same in JSON: white space and the
// case of the envelope's keys do not count.
func sameJSON(a, b []byte) bool {
	var x, y struct {
		V      int
		Kind   string
		SHA256 string
		Data   json.RawMessage
	}
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	var p, q any
	if json.Unmarshal(x.Data, &p) != nil || json.Unmarshal(y.Data, &q) != nil {
		return false
	}
	x.Data, y.Data = nil, nil
	return cmp.Equal(x, y) && cmp.Equal(p, q)
}

func TestOlderFormatIsMigrated(t *testing.T) {
	t.Parallel()
	rename := func(data json.RawMessage) (json.RawMessage, error) {
		return json.RawMessage(strings.Replace(string(data), "oldBoots", "boots", 1)), nil
	}
	noop := func(data json.RawMessage) (json.RawMessage, error) { return data, nil }
	old := []byte(store.Document(1, "camfleet device", map[string]any{"boot": map[string]any{"oldBoots": 5}}))
	got, err := store.DecodeMigrated(old, rename, noop)
	if err != nil || got.Device.Boot.Boots != 5 {
		t.Errorf("%+v, %v", got.Device, err)
	}
	broken := func(json.RawMessage) (json.RawMessage, error) { return nil, errFault }
	if _, err := store.DecodeMigrated(old, broken); !errors.Is(err, errFault) || !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("a failing migration: %v", err)
	}
	if _, err := store.DecodeMigrated(old); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("an unknown field without migration: %v", err)
	}
	new3 := []byte(store.Document(3, "camfleet device", map[string]any{}))
	if _, err := store.DecodeMigrated(new3, noop, noop); err != nil {
		t.Errorf("the present format: %v", err)
	}
	if _, err := store.DecodeMigrated(new3, noop); !errors.Is(err, store.ErrNewer) {
		t.Errorf("the format after: %v", err)
	}
}

// deniedFS refuses like a directory of another user's, since tests may run as
// root, whom nothing is refused.
type deniedFS struct{ store.FS }

func (deniedFS) Create(p string) (store.File, error) {
	return nil, &os.PathError{Op: "open", Path: p, Err: syscall.EACCES}
}

func (deniedFS) MkdirAll(p string) error {
	return &os.PathError{Op: "mkdir", Path: p, Err: syscall.EROFS}
}

func TestNoPermissionIsNamed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	if _, err := store.Open(dir, deniedFS{store.OS()}); !errors.Is(err, store.ErrPermission) || !strings.Contains(err.Error(), dir+": ") {
		t.Errorf("Open: %v", err)
	}
	c := files(t, filled(t), deniedFS{store.OS()})
	two := tree(2)
	if err := c.Save(&two); !errors.Is(err, store.ErrPermission) {
		t.Errorf("Save: %v", err)
	}
}

// files opens the camera of a filled directory on a file system that may
// refuse to make directories.
func files(t *testing.T, dir string, fsys deniedFS) *store.Camera {
	t.Helper()
	f := open(t, dir, struct{ store.FS }{store.OS()})
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	g := open(t, dir, mkdirFS{fsys})
	c, err := g.Camera("cam")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type mkdirFS struct{ deniedFS }

func (m mkdirFS) MkdirAll(p string) error { return m.FS.MkdirAll(p) }
