package tpm

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/tpm/host"
)

// HostConfig says how the host runs emulated TPMs. The zero value is the best
// there is on this system.
type HostConfig struct {
	Log *slog.Logger // nil: nothing
	// Separate starts the program anew for each TPM even where TPMs can be
	// forked, which is what systems other than Linux do.
	Separate bool
	// StartTimeout is the most the start of a TPM process may take; 0 is 30 s.
	StartTimeout time.Duration
}

// Host runs the TPMs of a program.
type Host struct {
	log   *slog.Logger
	host  *host.Host
	mu    sync.Mutex
	ended bool
	tpms  map[*TPM]struct{}
}

// StartHost returns a host that has been seen to run a TPM. Errors: ErrNoCgo,
// the system's. A program that needs no emulated TPMs may go on without one:
// Open is a method of the nil Host too, and offers the other back ends.
func StartHost(ctx context.Context, c HostConfig) (*Host, error) {
	h := &Host{log: logger(c.Log), tpms: map[*TPM]struct{}{}}
	var err error
	h.host, err = host.Start(ctx, host.Config{Log: c.Log, Separate: c.Separate, StartTimeout: c.StartTimeout})
	if err != nil {
		return nil, fmt.Errorf("start the TPM host: %w", err)
	}
	return h, nil
}

// Close closes the TPMs that are still open, and returns when all processes
// have ended. The error is that of the first TPM that could not save its image.
func (h *Host) Close() error {
	h.mu.Lock()
	h.ended = true
	left := make([]*TPM, 0, len(h.tpms))
	for t := range h.tpms {
		left = append(left, t)
	}
	h.mu.Unlock()
	errs := make(chan error, len(left)+1)
	var work sync.WaitGroup
	for _, t := range left {
		work.Go(func() {
			if err := t.Close(); err != nil {
				errs <- err
			}
		})
	}
	work.Wait()
	errs <- h.host.Close()
	return <-errs
}

// add remembers a TPM until it is closed; it is false if the host is closed.
func (h *Host) add(t *TPM) bool {
	if h == nil {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return false
	}
	h.tpms[t] = struct{}{}
	return true
}

func (h *Host) remove(t *TPM) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.tpms, t)
}

func logger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}
