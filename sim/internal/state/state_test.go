package state_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/state"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestErrorAndPanicChangeNothing(t *testing.T) {
	t.Parallel()
	cam := state.New(state.Tree{}, state.Config{})
	before := cam.View()
	stop := errors.New("stop")
	err := cam.Update(func(tx *state.Tx) error {
		tx.Device().Hostname.Name = "changed"
		return stop
	})
	if !errors.Is(err, stop) || cam.View() != before || before.Device.Hostname.Name != "" {
		t.Errorf("after an error: %v, tree %p, want %p", err, cam.View(), before)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is gone")
			}
		}()
		_ = cam.Update(func(tx *state.Tx) error {
			tx.Device().Hostname.Name = "changed"
			panic("oops")
		})
	}()
	if cam.View() != before || before.Device.Hostname.Name != "" {
		t.Error("the panic changed the tree")
	}
	if err := cam.Update(func(tx *state.Tx) error { return tx.Device().SetHostname("cam") }); err != nil {
		t.Errorf("update after a panic: %v", err)
	}
}

func TestUpdateSharesTheSectionsItDoesNotTouch(t *testing.T) {
	t.Parallel()
	cam := state.New(state.Tree{}, state.Config{})
	before := cam.View()
	if err := cam.Update(func(tx *state.Tx) error {
		if tx.Device() != tx.Device() {
			t.Error("the second call gave another copy")
		}
		return tx.Device().SetHostname("cam")
	}); err != nil {
		t.Fatal(err)
	}
	after := cam.View()
	if after.Version != before.Version+1 || after.Device == before.Device || after.Keystore != before.Keystore || after.Users != before.Users {
		t.Errorf("version %d, device shared %v, keystore shared %v", after.Version, after.Device == before.Device, after.Keystore == before.Keystore)
	}
	changed := after.Changed(before)
	if len(changed) != 1 || changed[0].Name != "device" {
		t.Errorf("changed: %v", changed)
	}
	if before.Device.Hostname.Name != "" {
		t.Error("the published section was changed")
	}
}

func TestUpdateThatTouchesNothingMakesNoVersion(t *testing.T) {
	t.Parallel()
	cam := state.New(state.Tree{}, state.Config{})
	before := cam.View()
	if err := cam.Update(func(tx *state.Tx) error { _ = tx.View().Device; return nil }); err != nil {
		t.Fatal(err)
	}
	if cam.View() != before {
		t.Error("a new version")
	}
}

func TestTxPanicsAfterItsEnd(t *testing.T) {
	t.Parallel()
	cam := state.New(state.Tree{}, state.Config{})
	var kept *state.Tx
	if err := cam.Update(func(tx *state.Tx) error { kept = tx; return nil }); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a Tx works after its end")
		}
	}()
	kept.Device()
}

func TestValidateRefusesAChange(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	cam := state.New(state.Tree{}, state.Config{Validate: func(before, after *state.Tree) error {
		if before.Device.Hostname.Name != after.Device.Hostname.Name {
			return refused
		}
		return nil
	}})
	before := cam.View()
	if err := cam.Update(func(tx *state.Tx) error { return tx.Device().SetHostname("cam") }); !errors.Is(err, refused) {
		t.Errorf("error %v", err)
	}
	if cam.View() != before {
		t.Error("the change is there")
	}
}

func TestRandomOfAChangeFollowsFromSeedAndVersion(t *testing.T) {
	t.Parallel()
	draw := func(version uint64) (out [2]byte) {
		cam := state.New(state.Tree{Version: version}, state.Config{Seed: seed.New(1)})
		if err := cam.Update(func(tx *state.Tx) error { _, err := tx.Random().Read(out[:]); return err }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	if draw(3) != draw(3) || draw(3) == draw(4) {
		t.Error("want equal numbers for equal versions, others for others")
	}
}

func TestWatchersSeeEveryChangeInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cam := state.New(state.Tree{}, state.Config{})
		release := make(chan struct{})
		var slow, quick []uint64
		cam.Watch(func(before, after *state.Tree) {
			<-release
			if before.Version+1 != after.Version {
				t.Errorf("from %d to %d", before.Version, after.Version)
			}
			slow = append(slow, after.Version)
		})
		cancel := cam.Watch(func(_, after *state.Tree) { quick = append(quick, after.Version) })
		for range 10 {
			bump(t, cam)
		}
		synctest.Wait()
		if len(quick) != 10 || len(slow) != 0 {
			t.Errorf("the quick one saw %d, the slow one %d", len(quick), len(slow))
		}
		cancel()
		bump(t, cam)
		close(release)
		if err := cam.Close(); err != nil {
			t.Fatal(err)
		}
		if len(slow) != 11 || slow[0] != 1 || slow[10] != 11 || len(quick) != 10 {
			t.Errorf("the slow one saw %v, the cancelled one %v", slow, quick)
		}
	})
}

func TestWatcherMayUpdate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cam := state.New(state.Tree{}, state.Config{})
		cam.Watch(func(_, after *state.Tree) {
			if after.Version < 5 {
				bump(t, cam)
			}
		})
		bump(t, cam)
		synctest.Wait()
		if v := cam.View().Version; v != 5 {
			t.Errorf("version %d, want 5", v)
		}
		if err := cam.Close(); err != nil {
			t.Fatal(err)
		}
		if err := cam.Update(func(*state.Tx) error { return nil }); !errors.Is(err, state.ErrClosed) {
			t.Errorf("update after Close: %v", err)
		}
	})
}

func TestUpdateIsRefusedWhenAWatcherIsTooFarBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cam := state.New(state.Tree{}, state.Config{Backlog: 3})
		release := make(chan struct{})
		cam.Watch(func(_, _ *state.Tree) { <-release })
		bump(t, cam)
		synctest.Wait() // the watcher holds one, three may wait
		for range 3 {
			bump(t, cam)
		}
		before := cam.View()
		if err := cam.Update(func(tx *state.Tx) error { return tx.Device().SetHostname("x") }); !errors.Is(err, state.ErrBacklog) {
			t.Errorf("error %v", err)
		}
		if cam.View() != before {
			t.Error("the refused change is there")
		}
		close(release)
		synctest.Wait()
		bump(t, cam)
		if err := cam.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// bump makes a new version.
func bump(t testing.TB, cam *state.Camera) {
	if err := cam.Update(func(tx *state.Tx) error { tx.Device().AddressesChanged(); return nil }); err != nil {
		t.Errorf("update: %v", err)
	}
}
