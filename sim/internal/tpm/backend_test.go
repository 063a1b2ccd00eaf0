//go:build cgo && linux

package tpm_test

import (
	"bytes"
	"crypto/ecdsa"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/tpm"
)

func TestNoTPMRefusesEveryKeyOperation(t *testing.T) {
	t.Parallel()
	var h *tpm.Host
	p := open(t, h, tpm.Config{Backend: tpm.None})
	if p.Supports(p256()) || p.Supports(rsa2048()) || p.PID() != 0 {
		t.Error("it has keys or a process")
	}
	real := newTPM(t)
	k := mustKey(t, real, p256())
	for what, do := range map[string]func() error{
		"CreateKey":            func() error { _, err := p.CreateKey(p256()); return err },
		"CreateAttestationKey": func() error { _, err := p.CreateAttestationKey(p256()); return err },
		"ImportKey":            func() error { _, err := p.ImportKey(newPrivateKey(t, p256())); return err },
		"Key":                  func() error { _, err := p.Key(k.Blob()); return err },
		"Persist":              func() error { _, err := p.Persist(k.Blob(), 0x81000100); return err },
		"PersistentKey":        func() error { _, err := p.PersistentKey(0x81000100); return err },
		"Evict":                func() error { return p.Evict(0x81000100) },
		"EK":                   func() error { _, err := p.EK(t.Context(), tpm.ECDSA); return err },
		"WriteNV":              func() error { return p.WriteNV(tpm.MinIndex, []byte{1}) },
		"ReadNV":               func() error { _, err := p.ReadNV(tpm.MinIndex); return err },
		"DeleteNV":             func() error { return p.DeleteNV(tpm.MinIndex) },
		"Seal":                 func() error { _, err := p.Seal([]byte{1}); return err },
		"Read":                 func() error { _, err := p.Read(make([]byte, 1)); return err },
		"Send":                 func() error { _, err := p.Send(make([]byte, 10)); return err },
		"Reboot":               func() error { return p.Reboot(t.Context()) },
		"Image":                func() error { _, err := p.Image(t.Context()); return err },
	} {
		wantErr(t, what, do(), tpm.ErrNoTPM)
	}
	p.CutPower()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func TestSwtpmIsATPMLikeTheOthers(t *testing.T) {
	t.Parallel()
	var h *tpm.Host // not needed
	dir := filepath.Join(t.TempDir(), "new", "swtpm")
	c := tpm.Config{Backend: tpm.Swtpm, Dir: dir}
	p := open(t, h, c)
	k, r := mustKey(t, p, p256()), mustKey(t, p, rsa2048())
	signs(t, k)
	signs(t, r)
	decrypts(t, r)
	b, err := p.ImportKey(newPrivateKey(t, rsa2048()))
	if err != nil {
		t.Fatal(err)
	}
	imported, err := p.Key(b)
	if err != nil {
		t.Fatal(err)
	}
	signs(t, imported)
	ak := mustAttestationKey(t, p, p256())
	a, err := k.Certify(ak, []byte("n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.VerifyCertify(ak.Public(), k.Blob().Public, []byte("n")); err != nil {
		t.Error(err)
	}
	if err := p.WriteNV(tpm.IndexEKCertRSA, bytes.Repeat([]byte{3}, 1500)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Persist(k.Blob(), 0x81000100); err != nil {
		t.Fatal(err)
	}
	signal(t, p.PID(), syscall.SIGKILL)
	signs(t, k)
	ek, err := p.EK(t.Context(), tpm.ECDSA)
	if err != nil {
		t.Fatal(err)
	}
	pid := p.PID()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("swtpm is still there: %v", err)
	}
	q := open(t, h, c)
	defer q.Close()
	if again, err := q.EK(t.Context(), tpm.ECDSA); err != nil || !again.(*ecdsa.PublicKey).Equal(ek) {
		t.Errorf("another endorsement key: %v", err)
	}
	if data, err := q.ReadNV(tpm.IndexEKCertRSA); err != nil || len(data) != 1500 {
		t.Errorf("NV: %d, %v", len(data), err)
	}
	l, err := q.PersistentKey(0x81000100)
	if err != nil {
		t.Fatal(err)
	}
	signs(t, l)
	if image, err := q.Image(t.Context()); image != nil || err != nil {
		t.Errorf("it has an image: %v", err)
	}
}

func TestBackendsRefuseWhatTheyCannotDo(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	save := func([]byte) error { return nil }
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		host *tpm.Host
		c    tpm.Config
		want error
	}{
		"unknown":             {h, tpm.Config{Backend: "tpm1.2"}, tpm.ErrBackend},
		"no host":             {nil, tpm.Config{}, tpm.ErrBackend},
		"swtpm, no directory": {h, tpm.Config{Backend: tpm.Swtpm}, tpm.ErrBackend},
		"swtpm, seeded":       {h, tpm.Config{Backend: tpm.Swtpm, Dir: file, Entropy: make([]byte, 32)}, tpm.ErrBackend},
		"swtpm, saved":        {h, tpm.Config{Backend: tpm.Swtpm, Dir: file, Save: save}, tpm.ErrBackend},
		"swtpm, a file":       {h, tpm.Config{Backend: tpm.Swtpm, Dir: file}, syscall.ENOTDIR},
		"device, seeded":      {h, tpm.Config{Backend: tpm.Device, Entropy: make([]byte, 32)}, tpm.ErrBackend},
		"device, image":       {h, tpm.Config{Backend: tpm.Device, Image: []byte{1}}, tpm.ErrBackend},
		"device, a file":      {h, tpm.Config{Backend: tpm.Device, Device: file}, nil},
		"device, missing":     {h, tpm.Config{Backend: tpm.Device, Device: file + "x"}, os.ErrNotExist},
		"device, no TPM":      {h, tpm.Config{Backend: tpm.Device, Device: os.DevNull}, tpm.ErrDead},
		"image":               {h, tpm.Config{Image: []byte("image")}, tpm.ErrImage},
	} {
		p, err := c.host.Open(t.Context(), c.c)
		if p != nil || err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
