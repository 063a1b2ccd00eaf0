package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// Config says how TPM processes are made. The zero value is the best there is
// on this system.
type Config struct {
	Log *slog.Logger // what processes say on standard error, and their ends; nil: nothing
	// Separate starts the program anew for each TPM where forking a zygote
	// would be possible: more memory and time, nothing in common.
	Separate bool
	// StartTimeout is the most a process may take to be ready; 0 is 30 s.
	StartTimeout time.Duration
}

// Host makes TPM processes and ends them all when it is closed.
type Host struct {
	log     *slog.Logger
	timeout time.Duration
	spawner spawner
	stderr  *os.File // write end, for the processes
	work    sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	processes map[*Process]struct{}
}

// spawner makes processes that speak frames on the connection.
type spawner interface {
	// spawn returns a connection to a new process, and the process if the
	// spawner is its parent.
	spawn(ctx context.Context) (net.Conn, *os.Process, error)
	// distrust is called when a process did not come up in time.
	distrust()
	// close ends what the spawner has made and returns when it has ended.
	close()
}

// Start returns a host that has been seen to work. Errors: ErrNoCgo,
// ErrNoConstructor, the system's.
func Start(ctx context.Context, c Config) (*Host, error) {
	if err := usable(); err != nil {
		return nil, err
	}
	h := &Host{log: c.Log, timeout: c.StartTimeout, processes: map[*Process]struct{}{}}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if h.timeout <= 0 {
		h.timeout = 30 * time.Second
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pipe for TPM processes: %w", err)
	}
	h.stderr = w
	h.work.Go(func() { h.logLines(r) })
	if h.spawner, err = newSpawner(ctx, h, c.Separate); err != nil {
		w.Close() //nolint:errcheck // there is nothing in it
		h.work.Wait()
		return nil, err
	}
	return h, nil
}

// logLines passes on what processes write to standard error, which is the
// simulator's last words and the zygote's reports.
func (h *Host) logLines(r *os.File) {
	defer r.Close() //nolint:errcheck // read only
	in := bufio.NewReaderSize(r, 1024)
	for {
		line, _, err := in.ReadLine()
		if err != nil {
			return
		}
		h.log.Warn("TPM process", "says", string(line))
	}
}

// Boot is what a TPM starts from.
type Boot struct {
	NV     []byte         // NV memory of the TPM, NVSize bytes or fewer if the rest is 0; empty: a new TPM
	Stream *[KeySize]byte // decides all its random numbers; nil: real randomness
	// Image is called whenever NV memory has changed, before the response to
	// the command that changed it. nv is as Boot.NV and valid during the call
	// only. An error
	// ends the process and is what the command returns.
	Image func(nv []byte) error
}

// Launch makes a process and switches its TPM on (TPM2_Startup(CLEAR)). The
// Image function has been called when it returns. Errors: ErrClosed, ErrImage,
// ErrDead, the Image function's, the system's.
func (h *Host) Launch(ctx context.Context, b Boot) (*Process, error) {
	if len(b.NV) > NVSize {
		return nil, fmt.Errorf("%w: it has %d bytes, NV memory %d", ErrImage, len(b.NV), NVSize)
	}
	h.mu.Lock()
	closed := h.closed
	h.mu.Unlock()
	if closed {
		return nil, ErrClosed
	}
	p, err := h.attempt(ctx, b)
	if errors.Is(err, ErrDead) {
		// It, or the zygote with it, was killed while it started.
		p, err = h.attempt(ctx, b)
	}
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	closed = h.closed
	if !closed {
		h.processes[p] = struct{}{}
	}
	h.mu.Unlock()
	if closed {
		p.Kill()
		return nil, ErrClosed
	}
	return p, nil
}

func (h *Host) attempt(ctx context.Context, b Boot) (*Process, error) {
	conn, parent, err := h.spawner.spawn(ctx)
	if err != nil {
		return nil, err
	}
	p := &Process{host: h, line: NewLine(conn), image: b.Image, proc: parent}
	if err = p.start(b); err != nil {
		p.Kill()
		if errors.Is(err, context.DeadlineExceeded) {
			h.spawner.distrust()
		}
		return nil, err
	}
	return p, nil
}

// Close ends all processes, and returns when they have ended. TPMs that are
// to keep their state have been shut down before.
func (h *Host) Close() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	h.closed = true
	left := make([]*Process, 0, len(h.processes))
	for p := range h.processes {
		left = append(left, p)
	}
	h.mu.Unlock()
	for _, p := range left {
		p.Kill()
	}
	h.spawner.close()
	err := h.stderr.Close()
	h.work.Wait()
	return err
}

func (h *Host) forget(p *Process) {
	h.mu.Lock()
	delete(h.processes, p)
	h.mu.Unlock()
}

var _ io.Closer = (*Host)(nil)
