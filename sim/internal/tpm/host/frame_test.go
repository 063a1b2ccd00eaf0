package host

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"testing"
	"time"
)

func readyFrame(rc, pid, size uint32, profile string) []byte {
	var fixed [12]byte
	binary.BigEndian.PutUint32(fixed[:], rc)
	binary.BigEndian.PutUint32(fixed[4:], pid)
	binary.BigEndian.PutUint32(fixed[8:], size)
	return hostFrame(codeReady, fixed[:], []byte(profile))
}

func TestReadinessIsReadAndNonsenseRefused(t *testing.T) {
	t.Parallel()
	got, err := parseReady(readyFrame(0x101, 77, 16384, "stock"))
	if want := (readiness{RC: 0x101, PID: 77, NVSize: 16384, Profile: "stock"}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, frame := range map[string][]byte{
		"empty":         nil,
		"header":        hostFrame(codeReady),
		"other code":    hostFrame(codeImage, make([]byte, 20)),
		"a response":    append([]byte{0x80, 1}, readyFrame(0, 77, 1, "x")[2:]...),
		"process 1":     readyFrame(0, 1, 16384, "stock"),
		"no NV":         readyFrame(0, 77, 0, "stock"),
		"NV at limit+1": readyFrame(0, 77, MaxNV+1, "stock"),
		"no name":       readyFrame(0, 77, 16384, ""),
		"long name":     readyFrame(0, 77, 16384, string(make([]byte, 65))),
	} {
		if got, err := parseReady(frame); !errors.Is(err, ErrFrame) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := parseReady(readyFrame(0, 77, MaxNV, string(make([]byte, 64)))); err != nil {
		t.Errorf("at the limits: %v", err)
	}
}

func TestFrameSizesHaveLimits(t *testing.T) {
	t.Parallel()
	head := func(tag uint16, size uint32) []byte {
		return append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(nil, tag), size), 0, 0, 0, 0)
	}
	for _, c := range []struct {
		tag  uint16
		size uint32
		ok   bool
	}{
		{0x8001, HeaderSize, true}, {0x8001, HeaderSize - 1, false}, {0x8001, 0, false},
		{0x8002, MaxCommand, true}, {0x8002, MaxCommand + 1, false}, {0x8002, 1<<32 - 1, false},
		{tagHost, HeaderSize, true}, {tagHost, HeaderSize + MaxNV, true}, {tagHost, HeaderSize + MaxNV + 1, false},
	} {
		got, err := frameSize(head(c.tag, c.size))
		if (err == nil) != c.ok || c.ok && got != int(c.size) {
			t.Errorf("tag %#x size %d: %d, %v", c.tag, c.size, got, err)
		}
	}
}

// answering returns a line to an other end that says reply to whatever it is
// sent, and then hangs up if it is to.
func answering(t *testing.T, reply []byte, hangUp bool) *Line {
	t.Helper()
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 64)
		if _, err := theirs.Read(buf); err != nil {
			return
		}
		if _, err := theirs.Write(reply); err != nil {
			return
		}
		if !hangUp {
			theirs.Read(buf) //nolint:errcheck // waits for the end
		}
		theirs.Close()
	}()
	t.Cleanup(func() { ours.Close(); theirs.Close(); <-done })
	return NewLine(ours)
}

func TestExchangeTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	response := []byte{0x80, 1, 0, 0, 0, 12, 0, 0, 0, 0, 7, 7}
	image := hostFrame(codeImage, []byte("image"))
	full := errors.New("full")
	for name, c := range map[string]struct {
		reply  []byte
		hangUp bool
		each   func(uint32, []byte) error
		want   error
	}{
		"response":             {reply: response},
		"image, response":      {reply: append(bytes.Clone(image), response...), each: func(uint32, []byte) error { return nil }},
		"image nobody wants":   {reply: append(bytes.Clone(image), response...), want: ErrFrame},
		"image can't be saved": {reply: append(bytes.Clone(image), response...), each: func(uint32, []byte) error { return full }, want: full},
		"nothing":              {hangUp: true, want: ErrDead},
		"half a header":        {reply: response[:5], hangUp: true, want: ErrDead},
		"half a response":      {reply: response[:11], hangUp: true, want: ErrDead},
		"silence":              {reply: response[:11], want: context.DeadlineExceeded},
		"impossible size":      {reply: []byte{0x80, 1, 0xff, 0, 0, 0, 0, 0, 0, 0}, want: ErrFrame},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := answering(t, c.reply, c.hangUp).Exchange(response, 100*time.Millisecond, c.each)
			if !errors.Is(err, c.want) || (c.want == nil) != bytes.Equal(got, response) {
				t.Errorf("got %x, %v; want %v", got, err, c.want)
			}
		})
	}
}

// FuzzExchange lets a TPM process answer anything.
func FuzzExchange(f *testing.F) {
	f.Add([]byte{0x80, 1, 0, 0, 0, 12, 0, 0, 0, 0, 7, 7})
	f.Add(append(hostFrame(codeImage, make([]byte, 300)), 0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0))
	f.Add(readyFrame(0, 77, 16384, "stock"))
	f.Add(hostFrame(codeRefused, []byte{0, 0, 0, 11}))
	f.Fuzz(func(t *testing.T, reply []byte) {
		line := answering(t, reply, true)
		answer, err := line.Exchange([]byte{0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0}, time.Second, func(code uint32, payload []byte) error {
			if len(payload) > MaxNV {
				t.Errorf("payload of %d bytes", len(payload))
			}
			return nil
		})
		if err != nil {
			return
		}
		if size, err := frameSize(answer); err != nil || size != len(answer) {
			t.Errorf("answer of %d bytes says %d, %v", len(answer), size, err)
		}
		if r, err := parseReady(answer); err == nil && (r.PID <= 1 || r.NVSize > MaxNV) {
			t.Errorf("readiness %+v", r)
		}
	})
}
