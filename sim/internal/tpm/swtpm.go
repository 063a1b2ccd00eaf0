package tpm

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/tpm/host"
	"github.com/google/go-tpm/tpm2"
)

// swtpm is the back end of that name: the program swtpm (libtpms), started
// for each TPM with a directory of its own for its state.
type swtpm struct {
	program string
	dir     string
	log     *slog.Logger
}

// swtpmRetries is how often a command is sent again that swtpm answers with
// TPM_RC_RETRY; it does so once after a failed authorisation.
const swtpmRetries = 5

func newSwtpm(c Config) (*swtpm, error) {
	if c.Image != nil || c.Save != nil || len(c.Entropy) > 0 {
		return nil, fmt.Errorf("%w: swtpm keeps its own state and has no image, no Save and no entropy", ErrBackend)
	}
	if c.Dir == "" {
		return nil, fmt.Errorf("%w: swtpm needs a directory for its state", ErrBackend)
	}
	program, err := exec.LookPath("swtpm")
	if err != nil {
		return nil, fmt.Errorf("%w: %w (Debian, Ubuntu: apt-get install swtpm)", ErrBackend, err)
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("directory for swtpm: %w", err)
	}
	return &swtpm{program: program, dir: c.Dir, log: logger(c.Log)}, nil
}

func (s *swtpm) opened() error { return nil }

func (s *swtpm) image() []byte { return nil }

func (s *swtpm) on(ctx context.Context) (wire, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	conn, theirs, err := host.PairStream()
	if err != nil {
		return nil, err
	}
	defer theirs.Close() //nolint:errcheck // swtpm has a copy
	cmd := exec.Command(s.program, "socket", "--tpm2", "--fd", "3", "--tpmstate", "dir="+s.dir,
		"--flags", "not-need-init,startup-clear")
	cmd.ExtraFiles = []*os.File{theirs}
	var said lastWords
	cmd.Stdout, cmd.Stderr = &said, &said
	apart(cmd)
	if err := cmd.Start(); err != nil {
		conn.Close() //nolint:errcheck // it was never used
		return nil, fmt.Errorf("start swtpm: %w", err)
	}
	w := &swtpmWire{line: host.NewLine(conn), cmd: cmd, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		if err := cmd.Wait(); err != nil {
			s.log.Debug("swtpm", "pid", cmd.Process.Pid, "ended", err, "says", string(said.text))
		}
	}()
	return w, nil
}

// lastWordsKept is how much of what swtpm says is kept, in bytes.
const lastWordsKept = 4096

// lastWords keeps the end of what is written.
type lastWords struct{ text []byte }

func (w *lastWords) Write(b []byte) (int, error) {
	w.text = append(w.text, b...)
	if over := len(w.text) - lastWordsKept; over > 0 {
		w.text = append(w.text[:0], w.text[over:]...)
	}
	return len(b), nil
}

// swtpmWire is a running swtpm.
type swtpmWire struct {
	line  *host.Line
	cmd   *exec.Cmd
	ended chan struct{}
	off   sync.Once
}

func (w *swtpmWire) exchange(command []byte, timeout time.Duration) ([]byte, error) {
	for range swtpmRetries {
		response, err := w.line.Exchange(command, timeout, nil)
		if err != nil {
			w.cut()
			return nil, err
		}
		if tpm2.TPMRC(binary.BigEndian.Uint32(response[6:])) != tpm2.TPMRCRetry {
			return response, nil //nolint:nilerr // the response code is the caller's
		}
	}
	return nil, fmt.Errorf("swtpm answers TPM_RC_RETRY %d times: %w", swtpmRetries, tpm2.TPMRCRetry)
}

func (w *swtpmWire) sync(time.Duration) error { return nil }

func (w *swtpmWire) cut() {
	w.off.Do(func() {
		if err := w.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return // it ends with its socket
		}
	})
	w.line.Close() //nolint:errcheck // the process is gone
	<-w.ended
}

func (w *swtpmWire) pid() int { return w.cmd.Process.Pid }
