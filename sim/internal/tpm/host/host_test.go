//go:build cgo && linux

package host_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/tpm/host"
	"go.uber.org/goleak"
)

// helperVariable makes the test program the parent that
// TestProcessesEndWithTheirParent kills.
const helperVariable = "HOST_TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(helperVariable) != "" {
		beParent()
	}
	goleak.VerifyTestMain(m)
}

const wait = 20 * time.Second

func start(t testing.TB, separate bool) *host.Host {
	t.Helper()
	h, err := host.Start(t.Context(), host.Config{Separate: separate, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// both runs f with a zygote and with separate processes.
func both(t *testing.T, f func(t *testing.T, h *host.Host)) {
	t.Helper()
	for name, separate := range map[string]bool{"zygote": false, "separate": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, start(t, separate))
		})
	}
}

// nv keeps the last image a process told.
type nv struct {
	now   []byte
	times int
}

func (n *nv) take(image []byte) error {
	n.now = make([]byte, host.NVSize)
	copy(n.now, image)
	n.times++
	return nil
}

func launch(t testing.TB, h *host.Host, b host.Boot) *host.Process {
	t.Helper()
	p, err := h.Launch(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func getRandom(t testing.TB, p *host.Process) string {
	t.Helper()
	answer, err := p.Exchange(randomCommand(), wait)
	if err != nil {
		t.Fatal(err)
	}
	if len(answer) != 28 {
		t.Fatalf("TPM2_GetRandom answers %x", answer)
	}
	return string(answer[12:])
}

func randomCommand() []byte { return []byte{0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 16} }

func shutdown(t testing.TB, p *host.Process) {
	t.Helper()
	answer, err := p.Exchange([]byte{0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x45, 0, 0}, wait)
	if err != nil || !bytes.Equal(answer[6:], make([]byte, 4)) {
		t.Fatalf("TPM2_Shutdown answers %x, %v", answer, err)
	}
}

// alive reports whether the process runs; a dead one that nobody has waited
// for does not.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	_, state, _ := bytes.Cut(stat, []byte(") "))
	return state[0] != 'Z'
}

func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	tick, end := clock.Real(), clock.Real().Now().Add(wait)
	for !f() {
		if tick.Now().After(end) {
			t.Fatalf("not so after %v: %s", wait, what)
		}
		<-tick.NewTimer(time.Millisecond).C()
	}
}

func TestEveryTPMHasItsOwnSeedsAndRandomNumbers(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *host.Host) {
		images, numbers := map[string]bool{}, map[string]bool{}
		for range 20 {
			var n nv
			p := launch(t, h, host.Boot{Image: n.take})
			if len(n.now) != host.NVSize {
				t.Fatalf("image of %d bytes, want %d", len(n.now), host.NVSize)
			}
			images[string(n.now)] = true
			numbers[getRandom(t, p)] = true
		}
		if len(images) != 20 || len(numbers) != 20 {
			t.Errorf("20 TPMs have %d images and %d random numbers", len(images), len(numbers))
		}
	})
}

func TestSeededTPMIsRepeatable(t *testing.T) {
	t.Parallel()
	run := func(h *host.Host, key byte) string {
		var n nv
		p := launch(t, h, host.Boot{Stream: &[host.KeySize]byte{key}, Image: n.take})
		first := getRandom(t, p)
		second := getRandom(t, p)
		shutdown(t, p)
		sum := sha256.Sum256(n.now)
		return first + second + string(sum[:])
	}
	a, b := start(t, false), start(t, true)
	if run(a, 1) != run(a, 1) {
		t.Error("one seed gave two TPMs")
	}
	if run(a, 1) != run(b, 1) {
		t.Error("a forked TPM differs from a separate one")
	}
	if run(a, 1) == run(a, 2) {
		t.Error("two seeds gave one TPM")
	}
}

func TestImageComesOnlyWhenItChanged(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *host.Host) {
		var n nv
		p := launch(t, h, host.Boot{Image: n.take})
		for range 10 {
			getRandom(t, p)
		}
		if err := p.Sync(wait); err != nil {
			t.Fatal(err)
		}
		if n.times > 2 { // once when made, perhaps once for the clock
			t.Errorf("image told %d times", n.times)
		}
		before := n.times
		shutdown(t, p)
		if n.times != before+1 {
			t.Errorf("image told %d times by TPM2_Shutdown, want once", n.times-before)
		}
	})
}

func TestTPMStartsFromItsImage(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *host.Host) {
		var n nv
		p := launch(t, h, host.Boot{Image: n.take})
		shutdown(t, p)
		p.Kill()
		saved := bytes.Clone(n.now)
		numbers := map[string]bool{}
		for range 3 {
			q := launch(t, h, host.Boot{NV: saved, Image: n.take})
			numbers[getRandom(t, q)] = true
			if bytes.Equal(saved, n.now) {
				t.Error("starting does not change the image, which counts resets")
			}
			if same := equalBytes(saved, n.now); same < len(saved)*9/10 {
				t.Errorf("only %d bytes of %d are as they were", same, len(saved))
			}
		}
		if len(numbers) != 3 {
			t.Error("three starts of one image give equal random numbers")
		}
	})
}

func equalBytes(a, b []byte) (n int) {
	for i := range a {
		if a[i] == b[i] {
			n++
		}
	}
	return n
}

func TestImageThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	h := start(t, false)
	for name, image := range map[string][]byte{"size": make([]byte, host.NVSize+1), "erased": bytes.Repeat([]byte{0xff}, host.NVSize)} {
		if _, err := h.Launch(t.Context(), host.Boot{NV: image}); !errors.Is(err, host.ErrImage) && !errors.Is(err, host.ErrDead) {
			t.Errorf("%s: %v", name, err)
		}
	}
	getRandom(t, launch(t, h, host.Boot{}))
}

func TestErrorOfTheImageFunctionIsTheCommands(t *testing.T) {
	t.Parallel()
	h := start(t, false)
	full := errors.New("disk full")
	if _, err := h.Launch(t.Context(), host.Boot{Image: func([]byte) error { return full }}); !errors.Is(err, full) {
		t.Errorf("Launch: %v", err)
	}
}

func TestKilledProcessIsDeadAndNobodyElse(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *host.Host) {
		p, q := launch(t, h, host.Boot{}), launch(t, h, host.Boot{})
		if err := syscall.Kill(p.PID(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Exchange(randomCommand(), wait); !errors.Is(err, host.ErrDead) {
			t.Errorf("after SIGKILL: %v", err)
		}
		getRandom(t, q)
		getRandom(t, launch(t, h, host.Boot{}))
		eventually(t, "the process is gone", func() bool { return !alive(p.PID()) })
	})
}

func TestHungProcessIsKilledAtTheDeadline(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *host.Host) {
		p := launch(t, h, host.Boot{})
		if err := syscall.Kill(p.PID(), syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		_, err := p.Exchange(randomCommand(), 10*time.Millisecond)
		if !errors.Is(err, host.ErrDead) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a stopped process: %v", err)
		}
		eventually(t, "the process is gone", func() bool { return !alive(p.PID()) })
	})
}

func TestSignalsForTheGroupDoNotEndATPM(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *host.Host) {
		p := launch(t, h, host.Boot{})
		for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
			if err := syscall.Kill(p.PID(), s); err != nil {
				t.Fatal(err)
			}
		}
		getRandom(t, p)
	})
}

// parent returns the process ID of a process's parent.
func parent(t testing.TB, pid int) int {
	t.Helper()
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	ppid, err := strconv.Atoi(strings.Fields(rest)[1])
	if err != nil {
		t.Fatal(err)
	}
	return ppid
}

func TestZygoteThatDiesIsReplacedAndItsTPMsLiveOn(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "hung": syscall.SIGSTOP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := host.Start(t.Context(), host.Config{StartTimeout: 3 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			p := launch(t, h, host.Boot{})
			zygote := parent(t, p.PID())
			if err := syscall.Kill(zygote, signal); err != nil {
				t.Fatal(err)
			}
			q := launch(t, h, host.Boot{})
			if parent(t, q.PID()) == zygote {
				t.Error("the new TPM has the old parent")
			}
			getRandom(t, p)
			getRandom(t, q)
			if err := h.Close(); err != nil {
				t.Error(err)
			}
			eventually(t, "all processes are gone", func() bool { return !alive(p.PID()) && !alive(q.PID()) && !alive(zygote) })
		})
	}
}

func TestClosedHostLeavesNothing(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *host.Host) {
		var pids []int
		for range 5 {
			p := launch(t, h, host.Boot{})
			pids = append(pids, p.PID(), parent(t, p.PID()))
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		for _, pid := range pids {
			if pid != os.Getpid() && alive(pid) {
				t.Errorf("process %d is still there", pid)
			}
		}
		if _, err := h.Launch(t.Context(), host.Boot{}); !errors.Is(err, host.ErrClosed) {
			t.Errorf("Launch after Close: %v", err)
		}
	})
}

func TestBadCommandIsNotSent(t *testing.T) {
	t.Parallel()
	h := start(t, false)
	p := launch(t, h, host.Boot{})
	for name, c := range map[string][]byte{
		"empty": {}, "short": randomCommand()[:9], "size": append(randomCommand(), 0),
		"host tag": {0x4c, 0x4c, 0, 0, 0, 10, 0, 0, 0, 2}, "too long": make([]byte, host.MaxCommand+1),
	} {
		if _, err := p.Exchange(c, wait); !errors.Is(err, host.ErrFrame) {
			t.Errorf("%s: %v", name, err)
		}
	}
	getRandom(t, p)
	if answer, err := p.Exchange([]byte{0x80, 1, 0, 0, 0, 10, 0, 0, 0xff, 0xff}, wait); err != nil || len(answer) != 10 {
		t.Errorf("unknown command: %x, %v", answer, err)
	}
}
