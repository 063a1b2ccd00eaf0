package state_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/camfleet/camfleet/sim/internal/state"
)

// disk is a Saver that notes versions, blocks and fails as told.
type disk struct {
	mu       sync.Mutex
	versions []uint64
	err      error
	gate     chan struct{} // nil: open
}

func (d *disk) Save(t *state.Tree) error {
	if d.gate != nil {
		<-d.gate
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	d.versions = append(d.versions, t.Version)
	return nil
}

func (d *disk) set(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.err = err
}

var errDisk = errors.New("disk full")

func TestDurableUpdateIsStoredBeforeItReturns(t *testing.T) {
	t.Parallel()
	d := &disk{}
	cam := state.New(state.Tree{Version: 4}, state.Config{Saver: d, Durable: true})
	bump(t, cam)
	if len(d.versions) != 1 || d.versions[0] != 5 {
		t.Errorf("stored %v", d.versions)
	}
	before := cam.View()
	d.set(errDisk)
	if err := cam.Update(func(tx *state.Tx) error { return tx.Device().SetHostname("x") }); !errors.Is(err, errDisk) {
		t.Errorf("error %v", err)
	}
	if cam.View() != before {
		t.Error("a change that is not stored is published")
	}
	d.set(nil)
	bump(t, cam)
	if err := cam.Close(); err != nil || len(d.versions) != 2 {
		t.Errorf("%v, stored %v", err, d.versions)
	}
}

func TestLaterChangesAreStoredTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &disk{gate: make(chan struct{})}
		cam := state.New(state.Tree{}, state.Config{Saver: d})
		bump(t, cam)
		synctest.Wait() // the first one is on its way
		for range 100 {
			bump(t, cam)
		}
		close(d.gate)
		if err := cam.Close(); err != nil {
			t.Fatal(err)
		}
		if len(d.versions) != 2 || d.versions[1] != 101 {
			t.Errorf("stored %v, want 1 and 101", d.versions)
		}
	})
}

func TestFailedSaveIsLoggedAndTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		d := &disk{}
		d.set(errDisk)
		cam := state.New(state.Tree{}, state.Config{Saver: d, Log: slog.New(slog.NewTextHandler(&log, nil))})
		bump(t, cam)
		synctest.Wait()
		if !strings.Contains(log.String(), "disk full") || strings.Count(log.String(), "\n") != 1 {
			t.Errorf("log: %s", log.String())
		}
		if err := cam.Sync(); !errors.Is(err, errDisk) {
			t.Errorf("Sync: %v", err)
		}
		d.set(nil)
		if err := cam.Sync(); err != nil {
			t.Errorf("Sync once there is room: %v", err)
		}
		bump(t, cam)
		if err := cam.Close(); err != nil || len(d.versions) != 2 {
			t.Errorf("%v, stored %v", err, d.versions)
		}
	})
}

func TestCloseReportsWhatCouldNotBeStored(t *testing.T) {
	t.Parallel()
	d := &disk{err: errDisk}
	cam := state.New(state.Tree{}, state.Config{Saver: d})
	bump(t, cam)
	if err := cam.Close(); !errors.Is(err, errDisk) {
		t.Errorf("Close: %v", err)
	}
}

func TestReplaceKeepsCountingVersions(t *testing.T) {
	t.Parallel()
	cam := state.New(state.Tree{Version: 7}, state.Config{})
	other := state.New(state.Tree{}, state.Config{}).View()
	before := cam.View()
	if err := cam.Update(func(tx *state.Tx) error {
		tx.Replace(state.Tree{Device: other.Device})
		if tx.View().Device != other.Device || tx.Before() != before || tx.Version() != 8 {
			t.Error("the Tx shows something else")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	after := cam.View()
	if after.Version != 8 || after.Device != other.Device || after.Users != before.Users {
		t.Errorf("version %d", after.Version)
	}
}

func TestManyWritersLoseNothing(t *testing.T) {
	t.Parallel()
	cam := state.New(state.Tree{}, state.Config{})
	var seen []uint64
	cam.Watch(func(_, after *state.Tree) { seen = append(seen, after.Version) })
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for range 200 {
				bump(t, cam)
				_ = cam.View().Device.MetadataVersion
			}
		})
	}
	work.Wait()
	if err := cam.Close(); err != nil {
		t.Fatal(err)
	}
	if v := cam.View(); v.Version != 1600 || v.Device.MetadataVersion != 1600 || len(seen) != 1600 {
		t.Errorf("version %d, counted %d, watched %d", v.Version, v.Device.MetadataVersion, len(seen))
	}
}
