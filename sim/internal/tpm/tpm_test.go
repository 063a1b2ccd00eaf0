//go:build cgo && linux

package tpm_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/tpm"
)

func TestNewTPMsAreAllDifferent(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	seen := map[string]bool{}
	for range 10 {
		p := open(t, h, tpm.Config{})
		ek, err := p.EK(t.Context(), tpm.ECDSA)
		if err != nil {
			t.Fatal(err)
		}
		point, err := ek.(*ecdsa.PublicKey).Bytes()
		if err != nil {
			t.Fatal(err)
		}
		seen[string(point)] = true
	}
	if len(seen) != 10 {
		t.Errorf("10 TPMs have %d endorsement keys", len(seen))
	}
}

func TestTPMKeepsItsKeysInItsImage(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	var d disk
	p := open(t, h, tpm.Config{Save: d.save})
	k := mustKey(t, p, p256())
	if err := p.WriteNV(tpm.IndexEKCertECC, []byte("certificate")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Persist(k.Blob(), 0x81000100); err != nil {
		t.Fatal(err)
	}
	ek, err := p.EK(t.Context(), tpm.ECDSA)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	image, _ := d.get()
	if len(image) > 16<<10 || len(image) == 0 {
		t.Errorf("image of %d bytes", len(image))
	}
	other := startHost(t) // as a later process has
	q := open(t, other, tpm.Config{Image: image, Save: d.save})
	if again, err := q.EK(t.Context(), tpm.ECDSA); err != nil || !again.(*ecdsa.PublicKey).Equal(ek) {
		t.Errorf("endorsement key: %v, %v", again, err)
	}
	l, err := q.Key(k.Blob())
	if err != nil {
		t.Fatal(err)
	}
	signs(t, l)
	l, err = q.PersistentKey(0x81000100)
	if err != nil || !l.Public().(*ecdsa.PublicKey).Equal(k.Public()) {
		t.Fatalf("persistent key: %v", err)
	}
	signs(t, l)
	if data, err := q.ReadNV(tpm.IndexEKCertECC); err != nil || string(data) != "certificate" {
		t.Errorf("NV: %q, %v", data, err)
	}
}

func TestKilledTPMCostsOneRetry(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p, q := open(t, h, tpm.Config{}), open(t, h, tpm.Config{})
	k, l := mustKey(t, p, p256()), mustKey(t, q, p256())
	for range 5 {
		other := q.PID()
		signal(t, p.PID(), syscall.SIGKILL)
		signs(t, k)
		signs(t, l)
		if q.PID() != other {
			t.Error("the other TPM was started again")
		}
	}
	signal(t, p.PID(), syscall.SIGKILL)
	if _, err := p.CreateKey(p256()); err != nil {
		t.Errorf("CreateKey: %v", err)
	}
	signal(t, p.PID(), syscall.SIGKILL)
	if err := p.WriteNV(tpm.MinIndex+7, make([]byte, 700)); err != nil {
		t.Errorf("WriteNV: %v", err)
	}
	signal(t, p.PID(), syscall.SIGKILL)
	if _, err := p.Persist(k.Blob(), 0x81000100); err != nil {
		t.Errorf("Persist: %v", err)
	}
	signal(t, p.PID(), syscall.SIGKILL)
	if err := p.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestTPMKilledInTheMiddleOfACommandIsAskedAgain(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	k := mustKey(t, p, p256())
	stop := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if pid := p.PID(); pid > 1 {
				syscall.Kill(pid, syscall.SIGSTOP) //nolint:errcheck // it may be gone
				p.CutPower()
			}
		}
	})
	good, dead := 0, 0
	for range 200 {
		d := digest(crypto.SHA256, "m")
		s, err := k.Sign(nil, d, crypto.SHA256)
		switch {
		case errors.Is(err, tpm.ErrDead):
			dead++ // twice in one operation
		case err != nil || !ecdsa.VerifyASN1(k.Public().(*ecdsa.PublicKey), d, s):
			t.Fatal(err)
		default:
			good++
		}
	}
	close(stop)
	work.Wait()
	signs(t, k)
	t.Logf("%d signatures, %d times dead twice", good, dead)
}

func TestHungTPMIsReplacedAtTheDeadline(t *testing.T) {
	t.Parallel()
	p := open(t, startHost(t), tpm.Config{Timeout: 2 * time.Second})
	k := mustKey(t, p, p256())
	before := p.PID()
	signal(t, before, syscall.SIGSTOP)
	signs(t, k)
	if p.PID() == before {
		t.Error("it is the same process")
	}
}

func TestFullDiskIsAnErrorAndNothingHasHappened(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	var d disk
	p := open(t, h, tpm.Config{Save: d.save})
	if err := p.WriteNV(tpm.MinIndex, []byte("old")); err != nil {
		t.Fatal(err)
	}
	k := mustKey(t, p, p256())
	d.fill(syscall.ENOSPC)
	for what, do := range map[string]func() error{
		"WriteNV": func() error { return p.WriteNV(tpm.MinIndex, []byte("new")) },
		"Persist": func() error { _, err := p.Persist(k.Blob(), 0x81000100); return err },
		"Reboot":  func() error { return p.Reboot(context.Background()) },
	} {
		err := do()
		wantErr(t, what, err, tpm.ErrSave)
		wantErr(t, what, err, syscall.ENOSPC)
	}
	_, err := h.Open(t.Context(), tpm.Config{Save: d.save})
	wantErr(t, "Open", err, tpm.ErrSave)

	d.fill(nil)
	if data, err := p.ReadNV(tpm.MinIndex); err != nil || string(data) != "old" {
		t.Errorf("NV: %q, %v", data, err)
	}
	_, err = p.PersistentKey(0x81000100)
	wantErr(t, "persistent key", err, tpm.ErrNotFound)
	if err := p.WriteNV(tpm.MinIndex, []byte("new")); err != nil {
		t.Errorf("WriteNV again: %v", err)
	}
	signs(t, k)

	d.fill(syscall.ENOSPC)
	wantErr(t, "Close", p.Close(), tpm.ErrSave)
	wantErr(t, "Close again", p.Close(), tpm.ErrSave)
}

func TestSaveIsNotCalledForSignatures(t *testing.T) {
	t.Parallel()
	var d disk
	p := open(t, startHost(t), tpm.Config{Save: d.save})
	k := mustKey(t, p, p256())
	_, before := d.get()
	for range 20 {
		signs(t, k)
	}
	if _, after := d.get(); after != before {
		t.Errorf("saved %d times", after-before)
	}
	image, err := p.Image(t.Context())
	if saved, _ := d.get(); err != nil || !bytes.Equal(image, saved) {
		t.Errorf("the image is not what was saved: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, after := d.get(); after == before {
		t.Error("not saved when closed")
	}
}

func TestClosedTPMRefusesEverything(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	k := mustKey(t, p, p256())
	if err := errors.Join(p.Close(), p.Close()); err != nil {
		t.Fatal(err)
	}
	_, err := k.Sign(nil, digest(crypto.SHA256, "m"), crypto.SHA256)
	wantErr(t, "Sign", err, tpm.ErrClosed)
	_, err = p.CreateKey(p256())
	wantErr(t, "CreateKey", err, tpm.ErrClosed)
	_, err = p.Send(make([]byte, 10))
	wantErr(t, "Send", err, tpm.ErrClosed)
	if p.PID() != 0 || p.Supports(p256()) {
		t.Error("it has a process or keys")
	}
}

func TestCloseCutsOffWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	k := mustKey(t, p, p256())
	signal(t, p.PID(), syscall.SIGSTOP)
	failed := make(chan error)
	go func() {
		_, err := k.Sign(nil, digest(crypto.SHA256, "m"), crypto.SHA256)
		failed <- err
	}()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := <-failed; !errors.Is(err, tpm.ErrClosed) && !errors.Is(err, tpm.ErrDead) {
		t.Errorf("Sign: %v", err)
	}
}

func TestOperationsWaitForTheirTurnOnlyAsLongAsTheirContext(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.EK(ctx, tpm.RSA)
	wantErr(t, "EK", err, context.Canceled)
	_, err = startHost(t).Open(ctx, tpm.Config{})
	wantErr(t, "Open", err, context.Canceled)
}

func TestRebootKeepsTheTPM(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	k := mustKey(t, p, p256())
	ek, err := p.EK(t.Context(), tpm.RSA)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Reboot(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.CutPower()
	signs(t, k)
	q, err := p.EK(t.Context(), tpm.RSA)
	if err != nil || !q.(interface{ Equal(crypto.PublicKey) bool }).Equal(ek) {
		t.Errorf("RSA endorsement key: %v, %v", q, err)
	}
}

func TestSendGivesTheResponseAndLosesOnlyOne(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	random := []byte{0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 16}
	if r, err := p.Send(random); err != nil || len(r) != 28 {
		t.Fatalf("%x, %v", r, err)
	}
	signal(t, p.PID(), syscall.SIGKILL)
	_, err := p.Send(random)
	wantErr(t, "after SIGKILL", err, tpm.ErrDead)
	if r, err := p.Send(random); err != nil || len(r) != 28 {
		t.Errorf("afterwards: %x, %v", r, err)
	}
	if r, err := p.Send([]byte{0x80, 1, 0, 0, 0, 10, 0, 0, 0, 1}); err != nil || len(r) != 10 {
		t.Errorf("unknown command: %x, %v", r, err)
	}
}

func TestHostClosesWhatIsLeftOpen(t *testing.T) {
	t.Parallel()
	h, err := tpm.StartHost(t.Context(), tpm.HostConfig{})
	if err != nil {
		t.Fatal(err)
	}
	var d disk
	p := open(t, h, tpm.Config{Save: d.save})
	pid := p.PID()
	_, before := d.get()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if _, after := d.get(); after == before {
		t.Error("not saved")
	}
	eventually(t, "the process is gone", func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) })
	_, err = h.Open(t.Context(), tpm.Config{})
	wantErr(t, "Open", err, tpm.ErrClosed)
}

func TestHundredTPMsAtOnce(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	var work sync.WaitGroup
	errs := make(chan error, 100)
	for range 100 {
		work.Go(func() {
			errs <- func() error {
				p, err := h.Open(t.Context(), tpm.Config{})
				if err != nil {
					return err
				}
				b, err := p.CreateKey(p256())
				if err != nil {
					return err
				}
				k, err := p.Key(b)
				if err != nil {
					return err
				}
				d := digest(crypto.SHA256, "m")
				s, err := k.Sign(nil, d, crypto.SHA256)
				if err == nil && !ecdsa.VerifyASN1(k.Public().(*ecdsa.PublicKey), d, s) {
					err = errors.New("wrong signature")
				}
				return err
			}()
		})
	}
	work.Wait()
	for range 100 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestManyGoroutinesMayUseOneTPM(t *testing.T) {
	t.Parallel()
	p := newTPM(t)
	keys := []*tpm.Key{mustKey(t, p, p256()), mustKey(t, p, p256()), mustKey(t, p, p256())}
	var work sync.WaitGroup
	for i := range 12 {
		work.Go(func() {
			for range 10 {
				k := keys[i%len(keys)]
				d := digest(crypto.SHA256, "m")
				if s, err := k.Sign(nil, d, crypto.SHA256); err != nil || !ecdsa.VerifyASN1(k.Public().(*ecdsa.PublicKey), d, s) {
					t.Errorf("%v", err)
				}
				if n, err := p.Read(make([]byte, 100)); n != 100 || err != nil {
					t.Errorf("Read: %d, %v", n, err)
				}
			}
		})
	}
	work.Wait()
}
