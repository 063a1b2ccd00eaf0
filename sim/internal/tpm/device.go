package tpm

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/go-tpm/tpm2/transport"
)

// DefaultDevice is the device of the kernel's TPM resource manager, which
// lets several programs use one TPM without losing each other's keys.
const DefaultDevice = "/dev/tpmrm0"

// device is the back end of that name: a TPM of this machine.
type device struct {
	open func() (transport.TPMCloser, error)
	path string
}

func newDevice(c Config) (*device, error) {
	if c.Image != nil || c.Save != nil || len(c.Entropy) > 0 {
		return nil, fmt.Errorf("%w: a device keeps its own state and has no image, no Save and no entropy", ErrBackend)
	}
	path := c.Device
	if path == "" {
		path = DefaultDevice
	}
	return &device{path: path, open: func() (transport.TPMCloser, error) { return openDevice(path) }}, nil
}

func (d *device) opened() error { return nil }

func (d *device) image() []byte { return nil }

func (d *device) on(ctx context.Context) (wire, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t, err := d.open()
	if err != nil {
		return nil, fmt.Errorf("open TPM %s: %w", d.path, err)
	}
	return &deviceWire{t: t, path: d.path}, nil
}

// deviceWire is an open device. The kernel has its own time limits for a TPM.
type deviceWire struct {
	t    transport.TPMCloser
	path string
	off  sync.Once
}

func (w *deviceWire) exchange(command []byte, _ time.Duration) ([]byte, error) {
	response, err := w.t.Send(command)
	if err != nil {
		w.cut()
		return nil, fmt.Errorf("%w: TPM %s: %w", ErrDead, w.path, err)
	}
	return response, nil
}

func (w *deviceWire) sync(time.Duration) error { return nil }

func (w *deviceWire) cut() {
	w.off.Do(func() { w.t.Close() }) //nolint:errcheck // it is given up
}

func (w *deviceWire) pid() int { return 0 }
