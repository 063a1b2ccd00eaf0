package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// lineBuffer holds most responses; images pass it by.
const lineBuffer = 512

// Line is a stream to one TPM that answers frame by frame. It is not for
// concurrent use.
type Line struct {
	conn net.Conn
	in   *bufio.Reader
}

// NewLine returns a line over a connection to a TPM that speaks as a command
// transmission interface does: commands in, responses out, nothing else.
func NewLine(conn net.Conn) *Line {
	return &Line{conn: conn, in: bufio.NewReaderSize(conn, lineBuffer)}
}

// Close closes the connection.
func (l *Line) Close() error { return l.conn.Close() }

// Exchange sends one frame and returns the one that answers it; own frames
// that come before it are given to each (their payload is valid during the
// call only). A connection that breaks, or is silent until timeout has
// passed, gives ErrDead.
func (l *Line) Exchange(frame []byte, timeout time.Duration, each func(code uint32, payload []byte) error) ([]byte, error) {
	if err := l.conn.SetDeadline(clock.Real().Now().Add(timeout)); err != nil {
		return nil, dead(err)
	}
	if _, err := l.conn.Write(frame); err != nil {
		return nil, dead(err)
	}
	for {
		answer, err := l.read()
		if err != nil {
			return nil, err
		}
		if !isHost(answer) {
			return answer, nil
		}
		code := frameCode(answer)
		if code == codeReady || code == codeRefused {
			return answer, nil
		}
		if each == nil {
			return nil, fmt.Errorf("%w: unexpected frame %d", ErrFrame, code)
		}
		if err := each(code, answer[HeaderSize:]); err != nil {
			return nil, err
		}
	}
}

// read returns the next frame, in memory of its own.
func (l *Line) read() ([]byte, error) {
	head := make([]byte, HeaderSize, 256)
	if _, err := io.ReadFull(l.in, head); err != nil {
		return nil, dead(err)
	}
	size, err := frameSize(head)
	if err != nil {
		return nil, err
	}
	frame := head
	if size > cap(head) {
		frame = make([]byte, HeaderSize, size)
		copy(frame, head)
	}
	frame = frame[:size]
	if _, err := io.ReadFull(l.in, frame[HeaderSize:]); err != nil {
		return nil, dead(err)
	}
	return frame, nil
}

// dead says in what way a TPM process is gone.
func dead(err error) error {
	var timeout net.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ErrDead
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%w: no answer in time: %w", ErrDead, context.DeadlineExceeded)
	}
	return fmt.Errorf("%w: %w", ErrDead, err)
}
