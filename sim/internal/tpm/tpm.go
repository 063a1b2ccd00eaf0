package tpm

import (
	"context"
	"crypto"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
)

// closeGrace is how long Close lets an operation go on before it cuts the
// TPM's power.
const closeGrace = time.Second

// TPM is one TPM 2.0. Its methods may be called by many goroutines; it does
// one operation at a time, as the hardware does.
type TPM struct {
	host     *Host
	log      *slog.Logger
	timeout  time.Duration
	machine  machine // nil: there is no TPM
	borrowed bool    // a device of this machine, whose NV memory isn't ours

	restarts atomic.Int64

	turn    chan struct{} // full while an operation runs
	closing chan struct{} // closed by Close

	mu     sync.Mutex // of the three below
	wire   wire       // nil: switched off
	closed bool
	left   error // what Close has given

	// Below: for whoever has the turn.
	srk       tpm2.TPMHandle // storage root key
	srkName   tpm2.TPM2BName
	slots     int         // transient objects the TPM has room for
	loaded    []loadedKey // the one used last is last
	ek        crypto.PublicKey
	ekRSA     crypto.PublicKey
	supported map[KeySpec]bool
}

var _ transport.TPM = (*TPM)(nil)

// do runs an operation: it waits for its turn, switches the TPM on if it is
// off, and runs f a second time if the TPM dies in the first. f must be safe
// to run again with whatever of its effects were saved. op names the operation
// in errors.
func (t *TPM) do(ctx context.Context, op string, f func() error) error {
	if t.machine == nil {
		return fmt.Errorf("%s: %w", op, ErrNoTPM)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	select {
	case <-t.closing:
		return fmt.Errorf("%s: %w", op, ErrClosed)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", op, ctx.Err())
	case t.turn <- struct{}{}:
	}
	defer func() { <-t.turn }()
	err := t.attempt(ctx, f)
	if errors.Is(err, ErrDead) {
		t.log.Warn("the TPM died and is started again", "op", op, "because", err)
		t.restarts.Add(1)
		err = t.attempt(ctx, f)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

func (t *TPM) attempt(ctx context.Context, f func() error) error {
	if err := t.on(ctx); err != nil {
		return err
	}
	return f()
}

// on switches the TPM on if it is off.
func (t *TPM) on(ctx context.Context) error {
	t.mu.Lock()
	closed, wire := t.closed, t.wire
	t.mu.Unlock()
	if closed {
		return ErrClosed
	}
	if wire != nil {
		return nil
	}
	t.loaded, t.srk = nil, 0
	wire, err := t.machine.on(ctx)
	if err != nil {
		return err
	}
	t.mu.Lock()
	if closed = t.closed; !closed {
		t.wire = wire
	}
	t.mu.Unlock()
	if closed {
		wire.cut()
		return ErrClosed
	}
	return t.root()
}

// off cuts the power, as a cut of the camera's does.
func (t *TPM) off() {
	t.mu.Lock()
	wire := t.wire
	t.wire = nil
	t.mu.Unlock()
	if wire != nil {
		wire.cut()
	}
}

// send sends a command, for whoever has the turn. A TPM in failure mode (Part
// 1, 12.4) is as good as dead.
func (t *TPM) send(command []byte) ([]byte, error) {
	response, err := t.exchange(command, t.timeout)
	if err != nil || !failure(response) {
		return response, err
	}
	// swtpm says so of a ciphertext that is not good, too.
	probe, err := t.exchange(newCommand(tpm2.TPMCCReadClock, 0).bytes(), t.timeout)
	if err != nil {
		return nil, err
	}
	if failure(probe) {
		t.off()
		return nil, fmt.Errorf("%w: failure mode", ErrDead)
	}
	return response, nil
}

func failure(response []byte) bool {
	return tpm2.TPMRC(binary.BigEndian.Uint32(response[6:])) == tpm2.TPMRCFailure
}

func (t *TPM) exchange(command []byte, timeout time.Duration) ([]byte, error) {
	t.mu.Lock()
	wire := t.wire
	t.mu.Unlock()
	if wire == nil {
		return nil, ErrDead
	}
	response, err := wire.exchange(command, timeout)
	if err != nil {
		t.off()
		return nil, err
	}
	if len(response) < 10 {
		t.off()
		return nil, fmt.Errorf("%w: response of %d bytes", ErrDead, len(response))
	}
	return response, nil
}

// raw is the TPM to go-tpm, for whoever has the turn.
type raw struct{ *TPM }

func (r raw) Send(command []byte) ([]byte, error) { return r.send(command) }

// Send sends one command and returns the response, whatever its response
// code. Nothing is done twice: if the TPM dies, the error is ErrDead and the
// next command finds it started again. Handles it leaves in the TPM are the
// caller's to flush. Whoever can send commands can do all that the TPM can:
// this is not for data from outside.
func (t *TPM) Send(command []byte) (response []byte, err error) {
	var lost error
	err = t.do(context.Background(), "TPM command", func() error {
		if lost == nil {
			response, lost = t.send(command)
		}
		return nil
	})
	if err == nil {
		err = lost
	}
	return response, err
}

// Restarts counts how often the TPM died and was started again.
func (t *TPM) Restarts() int { return int(t.restarts.Load()) }

// PID returns the ID of the TPM's process; 0 if it has none now.
func (t *TPM) PID() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wire == nil {
		return 0
	}
	return t.wire.pid()
}

// Image returns the TPM's image as of now, which Save has been given too; nil
// if the back end has none.
func (t *TPM) Image(ctx context.Context) (image []byte, err error) {
	err = t.do(ctx, "image of the TPM", func() error {
		t.mu.Lock()
		wire := t.wire
		t.mu.Unlock()
		if err := wire.sync(t.timeout); err != nil {
			t.off()
			return err
		}
		image = t.machine.image()
		return nil
	})
	return image, err
}

// Reboot restarts the TPM in good order: TPM2_Shutdown(CLEAR), power off and
// on, TPM2_Startup(CLEAR).
func (t *TPM) Reboot(ctx context.Context) error {
	return t.do(ctx, "restart TPM", func() error {
		if err := t.shutdown(t.timeout); err != nil {
			return err
		}
		t.off()
		return t.on(ctx)
	})
}

// CutPower switches the TPM off without a TPM2_Shutdown, even in the middle of
// a command. The next operation, or the one it hit, switches it on again; its
// clock is then not "safe" (Part 1, 36.3.4).
func (t *TPM) CutPower() { t.off() }

// shutdown prepares for the loss of power (TPM2_Shutdown, Part 3, 9.4).
func (t *TPM) shutdown(timeout time.Duration) error {
	c := newCommand(tpm2.TPMCCShutdown, 0).u16(uint16(tpm2.TPMSUClear))
	response, err := t.exchange(c.bytes(), timeout)
	if err != nil {
		return err
	}
	_, err = parseResponse(response, 0)
	return err
}

// Close switches the TPM off in good order and saves its image. An operation
// that takes longer than a second is cut off. Close may be called again and
// then gives the same error.
func (t *TPM) Close() error {
	t.mu.Lock()
	first := !t.closed
	t.closed = true
	if first {
		close(t.closing)
	}
	t.mu.Unlock()
	if t.machine == nil {
		return nil
	}
	grace := clock.Real().NewTimer(closeGrace)
	defer grace.Stop()
	select {
	case t.turn <- struct{}{}:
	case <-grace.C():
		t.off()
		t.turn <- struct{}{}
	}
	defer func() { <-t.turn }()
	if !first {
		return t.left
	}
	t.left = t.end()
	t.host.remove(t)
	return t.left
}

func (t *TPM) end() error {
	t.mu.Lock()
	off := t.wire == nil
	t.mu.Unlock()
	if off {
		return nil
	}
	defer t.off()
	if t.borrowed {
		return errors.Join(t.flushAll(), t.flush(t.srk))
	}
	err := t.shutdown(closeGrace)
	if errors.Is(err, ErrDead) {
		// As if its power had been cut: the image saved last is good.
		t.log.Warn("the TPM died before it was closed", "because", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("close TPM: %w", err)
	}
	return nil
}

// abandon closes a TPM that could not be opened.
func (t *TPM) abandon() {
	t.off()
	if err := t.Close(); err != nil {
		t.log.Warn("close TPM", "error", err)
	}
}
