package tpm

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/camfleet/camfleet/sim/internal/tpm/host"
)

// Back ends of a TPM.
const (
	Simulator = "simulator" // the emulator in this program; also ""
	Swtpm     = "swtpm"     // an external swtpm process; needs Dir
	Device    = "device"    // a TPM of this machine, unchanged
	None      = "none"      // there is no TPM: every operation gives ErrNoTPM
)

// EntropySize is the size of Config.Entropy in bytes.
const EntropySize = 32

// Config says what TPM to open. The zero value is a new simulated one that
// nobody keeps.
type Config struct {
	Backend string // one of the constants above; "" is Simulator

	// Image is what Save was last given; nil manufactures a new TPM.
	// Simulator only.
	Image []byte
	// Entropy makes a repeatable TPM (see the package's text): EntropySize
	// bytes; nil is real randomness. Simulator only.
	Entropy []byte
	// Save keeps the image, and has it on disk when it returns. It is called
	// during operations, with the TPM locked: it must not use the TPM. When it
	// fails, the operation gives ErrSave and has not happened. nil: nobody
	// keeps it. Simulator only.
	Save func(image []byte) error

	Dir    string // state directory of Swtpm
	Device string // path of Device; "" is DefaultDevice

	Timeout time.Duration // most a single TPM command may take; 0 is a minute
	Log     *slog.Logger  // nil: nothing
}

// Open returns a TPM that is switched on and has its storage root key and its
// ECC endorsement key. Errors: ErrBackend, ErrImage, ErrSave, ErrClosed,
// ErrNoCgo, the system's.
func (h *Host) Open(ctx context.Context, c Config) (*TPM, error) {
	m, err := h.machine(c)
	if err != nil {
		return nil, fmt.Errorf("open TPM: %w", err)
	}
	t := newOver(h, m, c)
	if m == nil {
		return t, nil
	}
	if !h.add(t) {
		return nil, fmt.Errorf("open TPM: %w", ErrClosed)
	}
	if err := t.do(ctx, "open TPM", t.provision); err != nil {
		t.abandon()
		return nil, err
	}
	return t, nil
}

// newOver returns a TPM, switched off, over a back end.
func newOver(h *Host, m machine, c Config) *TPM {
	if c.Timeout <= 0 {
		c.Timeout = time.Minute
	}
	_, borrowed := m.(*device)
	return &TPM{
		host: h, log: logger(c.Log), timeout: c.Timeout, machine: m, borrowed: borrowed,
		turn: make(chan struct{}, 1), closing: make(chan struct{}),
		supported: map[KeySpec]bool{},
	}
}

// machine returns the back end of a Config; nil is none.
func (h *Host) machine(c Config) (machine, error) {
	switch c.Backend {
	case "", Simulator:
		if h == nil && !host.Built {
			return nil, ErrNoCgo
		}
		if h == nil {
			return nil, fmt.Errorf("%w: there is no host for simulated TPMs", ErrBackend)
		}
		return newSimulator(h.host, c)
	case Swtpm:
		return newSwtpm(c)
	case Device:
		return newDevice(c)
	case None:
		return nil, nil //nolint:nilnil // that there is no machine is the answer
	}
	return nil, fmt.Errorf("%w: no back end is called %q, only simulator, swtpm, device, none", ErrBackend, c.Backend)
}
