//go:build unix

package host

import (
	"context"
	"fmt"
	"net"
	"os"
)

// separate starts the program once for each TPM.
type separate struct{ host *Host }

func (s *separate) spawn(ctx context.Context) (net.Conn, *os.Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	conn, theirs, err := PairStream()
	if err != nil {
		return nil, nil, err
	}
	defer theirs.Close() //nolint:errcheck // the process has a copy
	cmd, err := s.host.again(roleTPM, theirs)
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		conn.Close() //nolint:errcheck // it was never used
		return nil, nil, fmt.Errorf("start a TPM process: %w", err)
	}
	pid := cmd.Process.Pid
	// A handle of its own: the one of cmd belongs to Wait.
	process, err := os.FindProcess(pid)
	s.host.work.Go(func() {
		if err := cmd.Wait(); err != nil {
			s.host.log.Debug("TPM process", "pid", pid, "ended", err)
		}
	})
	if err != nil {
		conn.Close() //nolint:errcheck // it was never used
		return nil, nil, fmt.Errorf("find a TPM process: %w", err)
	}
	return conn, process, nil
}

// distrust has nothing to doubt: processes have nothing in common.
func (s *separate) distrust() {}

// close has nothing to end: each process ends with its line, and the host
// waits for them.
func (s *separate) close() {}
