package host

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"golang.org/x/sys/unix"
)

// zygote forks a TPM process for each socket it is sent. One that has died is
// replaced when it is needed; the TPMs it had forked do not notice.
type zygote struct {
	host *Host

	mu      sync.Mutex
	control *net.UnixConn
	cmd     *exec.Cmd
	ended   chan struct{} // closed when cmd has been waited for
}

// reapGrace is how long a zygote may take to end its forks before it is
// killed itself.
const reapGrace = time.Second

func (z *zygote) spawn(ctx context.Context) (net.Conn, *os.Process, error) {
	conn, theirs, err := PairStream()
	if err != nil {
		return nil, nil, err
	}
	defer theirs.Close() //nolint:errcheck // the process has a copy
	z.mu.Lock()
	defer z.mu.Unlock()
	if err = z.send(theirs); err != nil {
		z.host.log.Warn("TPM zygote has ended and is started again", "because", err)
		if err = z.restart(ctx); err == nil {
			err = z.send(theirs)
		}
	}
	if err != nil {
		conn.Close() //nolint:errcheck // it was never used
		return nil, nil, err
	}
	return conn, nil, nil
}

// send passes a socket to the zygote.
func (z *zygote) send(socket *os.File) error {
	if z.control == nil {
		return fmt.Errorf("TPM zygote: %w", ErrDead)
	}
	select {
	case <-z.ended:
		return fmt.Errorf("TPM zygote: %w", ErrDead)
	default:
	}
	if err := z.control.SetWriteDeadline(clock.Real().Now().Add(z.host.timeout)); err != nil {
		return fmt.Errorf("TPM zygote: %w", err)
	}
	_, _, err := z.control.WriteMsgUnix([]byte{1}, unix.UnixRights(int(socket.Fd())), nil)
	if err != nil {
		return fmt.Errorf("TPM zygote: %w", err)
	}
	return nil
}

// restart starts a zygote in place of the one there is, if any, and waits for
// its word that its TPM works.
func (z *zygote) restart(ctx context.Context) error {
	z.abandon()
	conn, theirs, err := pair(unix.SOCK_SEQPACKET)
	if err != nil {
		return err
	}
	defer theirs.Close() //nolint:errcheck // the process has a copy
	cmd, err := z.host.again(roleZygote, theirs)
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		conn.Close() //nolint:errcheck // it was never used
		return fmt.Errorf("start the TPM zygote: %w", err)
	}
	ended := make(chan struct{})
	z.control, z.cmd, z.ended = conn.(*net.UnixConn), cmd, ended
	z.host.work.Go(func() {
		defer close(ended)
		if err := cmd.Wait(); err != nil {
			z.host.log.Debug("TPM zygote", "pid", cmd.Process.Pid, "ended", err)
		}
	})
	theirs.Close() //nolint:errcheck // the zygote has a copy
	if err := z.awaitWord(ctx); err != nil {
		z.abandon()
		return fmt.Errorf("start the TPM zygote: %w", err)
	}
	return nil
}

// awaitWord reads the response code of the zygote's own TPM.
func (z *zygote) awaitWord(ctx context.Context) error {
	cancel := context.AfterFunc(ctx, func() { z.control.SetReadDeadline(time.Unix(1, 0)) }) //nolint:errcheck // the read says what is wrong
	defer cancel()
	if err := z.control.SetReadDeadline(clock.Real().Now().Add(z.host.timeout)); err != nil {
		return err
	}
	var word [4]byte
	n, err := z.control.Read(word[:])
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, io.EOF), errors.Is(err, unix.ECONNRESET):
		return fmt.Errorf("%w before it was ready (is the program linked with -linkmode=internal? it must not be)", ErrDead)
	case err != nil:
		return err
	case n != len(word):
		return fmt.Errorf("%w: %d bytes of the zygote", ErrFrame, n)
	}
	if rc := binary.BigEndian.Uint32(word[:]); rc != 0 {
		return fmt.Errorf("the TPM simulator does not work: response code %#x", rc)
	}
	return nil
}

// abandon kills the zygote, if there is one. What it has forked lives on.
func (z *zygote) abandon() {
	if z.control == nil {
		return
	}
	z.cmd.Process.Kill() //nolint:errcheck // it has mostly ended before
	<-z.ended
	z.control.Close() //nolint:errcheck // it is given up
	z.control = nil
}

// stop ends the zygote, if there is one, with all that it has forked.
func (z *zygote) stop() {
	if z.control == nil {
		return
	}
	z.control.Close() //nolint:errcheck // it is given up
	grace := clock.Real().NewTimer(reapGrace)
	select {
	case <-z.ended:
	case <-grace.C():
		z.cmd.Process.Kill() //nolint:errcheck // it may have ended just now
		<-z.ended
	}
	grace.Stop()
	z.control = nil
}

func (z *zygote) distrust() {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.abandon()
}

func (z *zygote) close() {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.stop()
}
