//go:build cgo && linux

package tpm_test

import (
	"bytes"
	"errors"
	"log/slog"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/tpm"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func startHost(t testing.TB) *tpm.Host {
	t.Helper()
	h, err := tpm.StartHost(t.Context(), tpm.HostConfig{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
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

func open(t testing.TB, h *tpm.Host, c tpm.Config) *tpm.TPM {
	t.Helper()
	p, err := h.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// newTPM opens a TPM with a host of its own.
func newTPM(t testing.TB) *tpm.TPM {
	t.Helper()
	return open(t, startHost(t), tpm.Config{})
}

// disk keeps an image, until it is full.
type disk struct {
	mu    sync.Mutex
	image []byte
	saves int
	full  error
}

func (d *disk) save(image []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full != nil {
		return d.full
	}
	d.image = bytes.Clone(image)
	d.saves++
	return nil
}

func (d *disk) get() ([]byte, int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.image, d.saves
}

func (d *disk) fill(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = err
}

func mustKey(t testing.TB, p *tpm.TPM, s tpm.KeySpec) *tpm.Key {
	t.Helper()
	b, err := p.CreateKey(s)
	if err != nil {
		t.Fatal(err)
	}
	k, err := p.Key(b)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func p256() tpm.KeySpec { return tpm.KeySpec{Algorithm: tpm.ECDSA, Bits: 256} }

func rsa2048() tpm.KeySpec { return tpm.KeySpec{Algorithm: tpm.RSA, Bits: 2048} }

func wantErr(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func signal(t testing.TB, pid int, s syscall.Signal) {
	t.Helper()
	if pid <= 1 {
		t.Fatalf("no process: %d", pid)
	}
	if err := syscall.Kill(pid, s); err != nil {
		t.Fatal(err)
	}
}

func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	end := clock.Real().Now().Add(20 * time.Second)
	for !f() {
		if clock.Real().Now().After(end) {
			t.Fatalf("not so after 20 s: %s", what)
		}
		<-clock.Real().NewTimer(time.Millisecond).C()
	}
}
