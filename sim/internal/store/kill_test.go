package store_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/store"
)

// writeUntilKilled is the helper process: it makes durable changes of two
// sections and of the TPM's image and says each number once it is stored.
func writeUntilKilled(dir string) {
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	fsys := store.OS()
	if os.Getenv("CAMFLEET_TEST_SYNC") == "" {
		fsys = unsyncedFS{fsys}
	}
	f, err := store.Open(dir, fsys)
	fail(err)
	c, err := f.Camera("cam")
	fail(err)
	first, err := c.Load()
	fail(err)
	image, err := c.LoadTPM()
	fail(err)
	cam := state.New(first, state.Config{Saver: c, Durable: true})
	for {
		n := cam.View().Version + 1
		image = append(image[:0], bytes.Repeat([]byte(strconv.FormatUint(n, 10)), 4096)...)
		fail(c.SaveTPM(image))
		fail(cam.Update(func(tx *state.Tx) error {
			tx.Device().Boot.Boots = n
			tx.Users().Users[0].Name = fmt.Sprint("user", n)
			return nil
		}))
		fmt.Println(n)
	}
}

// unsyncedFS leaves out what protects from a power cut and is of no account
// when a process is killed; without it more kills fit in a second.
type unsyncedFS struct{ store.FS }

func (unsyncedFS) SyncDir(string) error { return nil }

func (u unsyncedFS) Create(path string) (store.File, error) {
	f, err := u.FS.Create(path)
	return unsyncedFile{f}, err
}

type unsyncedFile struct{ store.File }

func (unsyncedFile) Sync() error { return nil }

// TestKillAtAnyInstantLosesAtMostTheChangeInFlight kills the helper with
// SIGKILL, each time after another number of changes, and loads what it left.
func TestKillAtAnyInstantLosesAtMostTheChangeInFlight(t *testing.T) {
	t.Parallel()
	dir := filled(t)
	random := seed.New(1).Stream("kill")
	for round := range 40 {
		said := writeAndKill(t, dir, 1+random.IntN(12), round < 5)
		got, err := load(dir, "cam")
		if err != nil {
			t.Fatalf("round %d, after %d: %v", round, said, err)
		}
		if n := consistent(t, got); n < said || n > said+1 {
			t.Fatalf("round %d: the helper said %d, the disk has %d", round, said, n)
		}
		checkImage(t, dir, got.Version)
	}
}

// writeAndKill lets the helper make some changes and kills it while it makes
// the next. It returns the last number that the helper said.
func writeAndKill(t *testing.T, dir string, changes int, synced bool) (last uint64) {
	t.Helper()
	cmd := exec.Command(os.Args[0]) //nolint:gosec // this very test program
	cmd.Env = append(os.Environ(), "CAMFLEET_TEST_WRITER="+dir)
	if synced {
		cmd.Env = append(cmd.Env, "CAMFLEET_TEST_SYNC=1")
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	read := func() bool {
		if !lines.Scan() {
			return false
		}
		n, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			t.Errorf("the helper said %q", lines.Text())
		}
		last = n
		return true
	}
	for range changes {
		if !read() {
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Errorf("kill: %v", err)
	}
	for read() { // what it said before it was killed
	}
	if err := cmd.Wait(); err == nil || stderr.Len() > 0 {
		t.Errorf("the helper ended by itself: %v %s", err, stderr.String())
	}
	return last
}

func checkImage(t *testing.T, dir string, version uint64) {
	t.Helper()
	f := open(t, dir, nil)
	c, err := f.Camera("cam")
	if err != nil {
		t.Fatal(err)
	}
	image, err := c.LoadTPM()
	if err != nil {
		t.Fatal(err)
	}
	now, next := strconv.FormatUint(version, 10), strconv.FormatUint(version+1, 10)
	if s := string(image); s != strings.Repeat(now, 4096) && s != strings.Repeat(next, 4096) {
		t.Errorf("the TPM's image is neither of %s nor of %s: %.20q…", now, next, s)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
