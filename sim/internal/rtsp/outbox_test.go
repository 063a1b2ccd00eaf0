package rtsp

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"pgregory.net/rapid"
)

// sockets returns the two ends of a TCP connection.
func sockets(t testing.TB) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it has done its duty
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		near.Close() //nolint:errcheck // the test is over
		far.Close()  //nolint:errcheck // as above
	})
	return near, far
}

// TestBytesLeaveInTheOrderTheyCame writes in all ways there are, on a socket
// whose reader is slow to start, so that part is written at once and part queued.
func TestBytesLeaveInTheOrderTheyCame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		near, far := sockets(t)
		l := DefaultLimits()
		l.QueueBytes = 1 << 30
		o := newOutbox(near, clock.Real(), l, newPool())
		var want []byte
		take := rapid.IntRange(0, 3<<20).Draw(r, "taken before the rest is written")
		n := rapid.IntRange(1, 20).Draw(r, "writes")
		got := make(chan []byte)
		read := func(limit int64) {
			b, err := io.ReadAll(io.LimitReader(far, limit))
			if err != nil {
				t.Error(err)
			}
			got <- b
		}
		for i := range n {
			b := bytes.Repeat([]byte{byte(i)}, rapid.IntRange(1, 200_000).Draw(r, "size"))
			want = append(want, b...)
			var err error
			switch rapid.IntRange(0, 2).Draw(r, "way") {
			case 0:
				err = o.send(b)
			case 1:
				_, err = o.Write(b)
			case 2:
				o.hold()
				o.Write(b[:len(b)/2]) //nolint:errcheck // the second tells
				_, err = o.Write(b[len(b)/2:])
				o.release()
			}
			if err != nil {
				t.Fatal(err)
			}
			if i == n/2 && take > 0 {
				go read(int64(min(take, len(want))))
				take = len(<-got)
			} else if i == n/2 {
				take = 0
			}
		}
		go read(1 << 40)
		o.shut()
		if rest := <-got; !bytes.Equal(rest, want[take:]) {
			t.Fatalf("%d bytes came after %d, want %d", len(rest), take, len(want)-take)
		}
		o.wait()
	})
}

func TestOutboxHasRoomUpToItsLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		l := DefaultLimits()
		l.QueueBytes = 100
		o := newOutbox(near, clock.Real(), l, newPool())
		if !o.room(1000) {
			t.Error("an empty queue has no room for a large unit")
		}
		o.send(make([]byte, 60)) //nolint:errcheck // a pipe: it waits
		synctest.Wait()
		if !o.room(40) || o.room(41) {
			t.Error("60 of 100 bytes wait: want room for 40 and not for 41")
		}
		if _, err := io.ReadFull(far, make([]byte, 60)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !o.room(41) {
			t.Error("no room though all was read")
		}
		o.Close() //nolint:errcheck // never fails
		o.wait()
		if err := o.send([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("send after Close: %v", err)
		}
	})
}

func TestClientThatAsksAndDoesNotReadIsCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close() //nolint:errcheck // the test is over
		l := DefaultLimits()
		l.QueueBytes = 1000
		o := newOutbox(near, clock.Real(), l, newPool())
		n := 0
		for ; n < controlRoom; n++ {
			if _, err := o.Write(make([]byte, 1000)); err != nil {
				break
			}
		}
		if n < controlRoom/1000 || n > controlRoom/1000+5 {
			t.Errorf("cut off after %d answers of 1000 bytes", n)
		}
		o.wait()
	})
}

func TestQueueThatDoesNotMoveEndsTheConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		o := newOutbox(near, clock.Real(), DefaultLimits(), newPool())
		o.send(make([]byte, 3*piece)) //nolint:errcheck // a pipe: it waits
		for range 3 {                 // a client that is slow, but moves
			pass(9 * time.Second)
			if _, err := io.ReadFull(far, make([]byte, piece)); err != nil {
				t.Fatal(err)
			}
		}
		o.send(make([]byte, 10)) //nolint:errcheck // as above
		begin := at()
		<-o.dead
		if got := at() - begin; got != 10*time.Second {
			t.Errorf("ended after %v, want 10 s", got)
		}
		o.wait()
	})
}

// TestStreamsThatHoldAtOnceLoseNothing: two streams on one connection, each with a
// goroutine of its own. What one wrote leaves, whoever releases last.
func TestStreamsThatHoldAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	near, far := sockets(t)
	o := newOutbox(near, clock.Real(), DefaultLimits(), newPool())
	o.hold()
	o.Write([]byte("first")) //nolint:errcheck // what comes out tells
	o.hold()
	o.Write([]byte(" second")) //nolint:errcheck // as above
	o.release()
	o.Write([]byte(" third")) //nolint:errcheck // as above
	o.release()
	o.hold()
	o.Write([]byte(" fourth")) //nolint:errcheck // as above
	o.release()
	o.shut()
	got, err := io.ReadAll(far)
	if want := "first second third fourth"; err != nil || string(got) != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	o.wait()
}
