package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/streams/strip"
)

// wanted is how many pictures a player is to show.
const wanted = 12

// shown is what a player decoded.
type shown struct {
	marks      []strip.Mark // of the pictures whose strip can be read
	unreadable int
	asked      time.Time // when the player was started
}

// readPictures reads the strips of raw luma planes, one after the other.
func readPictures(raw string, s api.Stream, asked time.Time) shown {
	p := shown{asked: asked}
	size := s.Width * s.Height
	for ; len(raw) >= size; raw = raw[size:] {
		mark, err := strip.Decode(strip.Luma{Pix: []byte(raw[:size]), Stride: s.Width, Width: s.Width, Height: s.Height})
		if err != nil {
			p.unreadable++
			continue
		}
		p.marks = append(p.marks, mark)
	}
	return p
}

// check says whether the pictures are of that camera and stream, in order, at
// its pace, and of now.
func (p shown) check(t testing.TB, camera, stream int, s api.Stream) {
	t.Helper()
	frame := time.Second / time.Duration(s.FPS)
	for i, m := range p.marks {
		if int(m.Camera) != camera || int(m.Stream) != stream {
			t.Fatalf("picture %d is of camera %d, stream %d; want %d, %d", i, m.Camera, m.Stream, camera, stream)
		}
		if i == 0 {
			continue
		}
		before := p.marks[i-1]
		if m.Frame <= before.Frame {
			t.Errorf("frame %d comes after frame %d", m.Frame, before.Frame)
		}
		due := time.Duration(m.Frame-before.Frame) * frame
		if late := m.Time.Sub(before.Time) - due; late.Abs() > time.Millisecond {
			t.Errorf("the clock between frames %d and %d goes %v wrong", before.Frame, m.Frame, late)
		}
	}
	first, last := p.marks[0].Time, p.marks[len(p.marks)-1].Time
	if first.Before(p.asked.Add(-2*frame)) || last.After(time.Now()) {
		t.Errorf("asked at %v, shown from %v to %v, now it is %v", p.asked, first, last, time.Now())
	}
}

// checkAll is check for a way that loses nothing: all pictures are readable.
func (p shown) checkAll(t testing.TB, camera, stream int, s api.Stream) {
	t.Helper()
	if p.unreadable > 0 || len(p.marks) < wanted-1 {
		t.Fatalf("%d pictures, %d more unreadable; want %d", len(p.marks), p.unreadable, wanted)
	}
	p.check(t, camera, stream, s)
}

// checkSome is check for UDP, where a busy machine may lose a packet: most
// pictures are readable, and what they say is right.
func (p shown) checkSome(t testing.TB, camera, stream int, s api.Stream) {
	t.Helper()
	if len(p.marks) < wanted/2 {
		t.Fatalf("%d pictures, %d more unreadable; want most of %d", len(p.marks), p.unreadable, wanted)
	}
	p.check(t, camera, stream, s)
}

// login puts a user and a password into an address.
func login(address, user, password string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	return scheme + "://" + user + ":" + password + "@" + rest
}
