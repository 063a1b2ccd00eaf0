package clock_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func TestManualTimersGoOffInOrderOfTheirDueTime(t *testing.T) {
	t.Parallel()
	m := clock.NewManual(start())
	var got []int
	var at []time.Duration
	for i, d := range []time.Duration{3 * time.Second, time.Second, 2 * time.Second, time.Second} {
		m.AfterFunc(d, func() { got = append(got, i); at = append(at, m.Now().Sub(start())) })
	}
	m.Advance(2500 * time.Millisecond)
	if want := []int{1, 3, 2}; len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("went off: %v, want %v", got, want)
	}
	if at[2] != 2*time.Second {
		t.Errorf("third saw the clock at %v, want 2s", at[2])
	}
	m.Advance(time.Second)
	if len(got) != 4 || got[3] != 0 {
		t.Errorf("went off: %v", got)
	}
}

func TestManualTimerThatIsStoppedStaysSilent(t *testing.T) {
	t.Parallel()
	m := clock.NewManual(start())
	tm := m.NewTimer(time.Second)
	if !tm.Stop() || tm.Stop() {
		t.Error("Stop: want true, then false")
	}
	m.Advance(time.Minute)
	select {
	case <-tm.C():
		t.Error("a stopped timer went off")
	default:
	}
	tm.Reset(time.Second)
	m.Advance(time.Second)
	select {
	case <-tm.C():
	default:
		t.Error("a reset timer did not go off")
	}
}

func TestManualFunctionMaySetTheNextTimer(t *testing.T) {
	t.Parallel()
	m := clock.NewManual(start())
	n := 0
	var tick func()
	tick = func() { n++; m.AfterFunc(time.Second, tick) }
	m.AfterFunc(time.Second, tick)
	m.Advance(10 * time.Second)
	if n != 10 {
		t.Errorf("ticked %d times, want 10", n)
	}
}

func TestSkewedShowsOffsetAndDrift(t *testing.T) {
	t.Parallel()
	m := clock.NewManual(start())
	s := clock.Skew(m)
	s.SetOffset(-time.Hour)
	if got := s.Now(); !got.Equal(start().Add(-time.Hour)) {
		t.Errorf("Now = %v", got)
	}
	s.SetDrift(1000)
	m.Advance(1000 * time.Second)
	if got, want := s.Offset(), -time.Hour+time.Second; got != want {
		t.Errorf("offset after drift = %v, want %v", got, want)
	}
	s.Set(start())
	if got := s.Now(); !got.Equal(start()) {
		t.Errorf("after Set: %v", got)
	}
	m.Advance(1000 * time.Second)
	if got, want := s.Now(), start().Add(1001*time.Second); !got.Equal(want) {
		t.Errorf("drift is lost by Set: %v, want %v", got, want)
	}
}

func TestRealRunsInsideSynctest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := clock.Real()
		begin := c.Now()
		<-c.NewTimer(time.Hour).C()
		if d := c.Now().Sub(begin); d != time.Hour {
			t.Errorf("an hour took %v", d)
		}
	})
}
