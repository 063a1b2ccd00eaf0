package tpm

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/camfleet/camfleet/sim/internal/tpm/host"
)

// simulator is the back end of that name.
type simulator struct {
	host    *host.Host
	entropy []byte
	save    func(image []byte) error
	saved   []byte // the image saved last; nil: there is no TPM yet
	holding bool   // it is being opened: saved will be saved when it is
}

func newSimulator(h *host.Host, c Config) (*simulator, error) {
	if n := len(c.Entropy); n != 0 && n != EntropySize {
		return nil, fmt.Errorf("%w: entropy of %d bytes, want %d", ErrBackend, n, EntropySize)
	}
	if c.Image != nil {
		if _, err := decodeImage(c.Image, host.Profile, host.NVSize); err != nil {
			return nil, err
		}
	}
	return &simulator{host: h, entropy: c.Entropy, save: c.Save, saved: c.Image, holding: true}, nil
}

func (s *simulator) image() []byte { return s.saved }

func (s *simulator) on(ctx context.Context) (wire, error) {
	boot := host.Boot{Image: s.changed}
	if s.saved != nil {
		nv, err := decodeImage(s.saved, host.Profile, host.NVSize)
		if err != nil {
			return nil, err
		}
		boot.NV = nv
	}
	if len(s.entropy) > 0 {
		key := streamKey(s.entropy, boot.NV)
		boot.Stream = &key
	}
	p, err := s.host.Launch(ctx, boot)
	if err != nil {
		return nil, err
	}
	return simulated{p}, nil
}

// streamKey returns what decides the random numbers of a seeded TPM from this
// start to the next: each start has another image.
func streamKey(entropy, nv []byte) (key [host.KeySize]byte) {
	h := sha256.New()
	h.Write([]byte("camfleet TPM random numbers"))
	h.Write(entropy)
	h.Write(nv)
	h.Sum(key[:0])
	return key
}

// changed saves the image of a TPM whose NV memory is now nv.
func (s *simulator) changed(nv []byte) error {
	image := encodeImage(host.Profile, host.NVSize, nv)
	if !s.holding {
		if err := s.keep(image); err != nil {
			return err
		}
	}
	s.saved = image
	return nil
}

func (s *simulator) keep(image []byte) error {
	if s.save == nil {
		return nil
	}
	if err := s.save(image); err != nil {
		return fmt.Errorf("%w: %w", ErrSave, err)
	}
	return nil
}

// opened saves a TPM once that has just got all its keys.
func (s *simulator) opened() error {
	s.holding = false
	return s.keep(s.saved)
}

// simulated is the wire to a process of the host.
type simulated struct{ p *host.Process }

func (w simulated) exchange(command []byte, timeout time.Duration) ([]byte, error) {
	return w.p.Exchange(command, timeout)
}

func (w simulated) sync(timeout time.Duration) error { return w.p.Sync(timeout) }

func (w simulated) cut() { w.p.Kill() }

func (w simulated) pid() int { return w.p.PID() }
