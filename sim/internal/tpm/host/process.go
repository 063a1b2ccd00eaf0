package host

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// Process is one TPM in a process of its own. Its exchanges are not for
// concurrent use; Kill may be called at any time.
type Process struct {
	host  *Host
	line  *Line
	image func([]byte) error
	ready readiness

	mu   sync.Mutex
	gone bool
	proc *os.Process
}

// PID returns the process ID.
func (p *Process) PID() int { return p.ready.PID }

func (p *Process) start(b Boot) error {
	answer, err := p.line.Exchange(startFrame(b), p.host.timeout, p.frame)
	if err != nil {
		return fmt.Errorf("start a TPM: %w", err)
	}
	if frameCode(answer) == codeRefused && len(answer) == HeaderSize+4 {
		number := binary.BigEndian.Uint32(answer[HeaderSize:])
		return fmt.Errorf("start a TPM: fork: %w", syscall.Errno(number))
	}
	if p.ready, err = parseReady(answer); err != nil {
		return err
	}
	if rc := p.ready.RC; rc != 0 {
		if len(b.NV) == 0 {
			return fmt.Errorf("start a TPM: TPM2_Startup answers %#x", rc)
		}
		return fmt.Errorf("%w: TPM2_Startup answers %#x", ErrImage, rc)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.proc == nil {
		// The process is alive, it has just answered: what FindProcess holds
		// (a pidfd on Linux) is it and never another that gets its number.
		p.proc, err = os.FindProcess(p.ready.PID)
	}
	return err
}

// frame takes a frame that comes before an answer.
func (p *Process) frame(code uint32, payload []byte) error {
	if code != codeImage {
		return fmt.Errorf("%w: unexpected code %d", ErrFrame, code)
	}
	if p.image == nil {
		return nil
	}
	return p.image(payload)
}

// Exchange sends a command and returns the response. When it gives an error
// the process has been ended: ErrDead, ErrFrame, or what Boot.Image returned.
func (p *Process) Exchange(command []byte, timeout time.Duration) ([]byte, error) {
	if len(command) < HeaderSize || len(command) > MaxCommand || isHost(command) ||
		int(binary.BigEndian.Uint32(command[2:])) != len(command) {
		return nil, fmt.Errorf("%w: a command of %d bytes", ErrFrame, len(command))
	}
	response, err := p.exchange(command, timeout)
	if err == nil && isHost(response) {
		p.Kill()
		return nil, fmt.Errorf("%w: own frame for a response", ErrFrame)
	}
	return response, err
}

// Sync has Boot.Image called if NV memory is not what it was last called with.
func (p *Process) Sync(timeout time.Duration) error {
	answer, err := p.exchange(hostFrame(codeImage), timeout)
	if err != nil {
		return err
	}
	if _, err = parseReady(answer); err != nil {
		p.Kill()
	}
	return err
}

func (p *Process) exchange(frame []byte, timeout time.Duration) ([]byte, error) {
	answer, err := p.line.Exchange(frame, timeout, p.frame)
	if err != nil {
		p.Kill()
		return nil, err
	}
	return answer, nil
}

// Kill ends the process at once, as a cut of its power does.
func (p *Process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return
	}
	p.gone = true
	p.host.forget(p)
	if p.proc != nil {
		if err := p.proc.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			p.host.log.Warn("TPM process", "pid", p.ready.PID, "kill", err)
		}
		p.proc.Release() //nolint:errcheck // it never fails on unix
	}
	if err := p.line.Close(); err != nil {
		p.host.log.Warn("TPM process", "pid", p.ready.PID, "close", err)
	}
}
