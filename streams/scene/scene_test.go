package scene

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/camfleet/camfleet/streams/strip"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func backdrop(t testing.TB, kind Kind, seed byte, width, height int) *Backdrop {
	t.Helper()
	w, err := NewWorld(kind, [32]byte{seed})
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewBackdrop(w, width, height)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func anyMoment(t *rapid.T) Moment {
	return Moment{
		Name:   rapid.StringN(0, 40, 64).Draw(t, "name"),
		Camera: rapid.Uint16().Draw(t, "camera"),
		Stream: rapid.Uint8Max(strip.MaxStream).Draw(t, "stream"),
		Frame:  rapid.Uint32().Draw(t, "frame"),
		Time:   time.UnixMilli(rapid.Int64Range(-1<<41, 1<<42-1).Draw(t, "ms")),
	}
}

// TestPictureDependsOnTheMomentAlone draws moments in any order and compares
// with a painter that has drawn nothing before.
func TestPictureDependsOnTheMomentAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(Kinds()).Draw(t, "kind")
		w, err := NewWorld(kind, [32]byte{rapid.Byte().Draw(t, "seed")})
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewBackdrop(w, 2*rapid.IntRange(80, 500).Draw(t, "w"), 2*rapid.IntRange(60, 300).Draw(t, "h"))
		if err != nil {
			t.Fatal(err)
		}
		still := b.Still().Clone()
		p := NewPainter(b)
		for range rapid.IntRange(1, 6).Draw(t, "moments") {
			before := p.Canvas().Clone()
			m := anyMoment(t)
			p.Draw(m)
			fresh := NewPainter(b)
			fresh.Draw(m)
			if !slices.Equal(p.Canvas().MBs, fresh.Canvas().MBs) {
				t.Fatal("picture depends on those before")
			}
			for i := range before.MBs {
				if changed := p.Canvas().Changed()[i/64]>>(i%64)&1 != 0; changed != (before.MBs[i] != p.Canvas().MBs[i]) {
					t.Fatalf("macroblock %d: changed is %v", i, changed)
				}
			}
		}
		if !slices.Equal(still.MBs, b.Still().MBs) {
			t.Fatal("the backdrop changed")
		}
	})
}

// TestCamerasLookDifferent demands that two seeds share less than half of the
// macroblocks between the bars, and that one seed always gives the same.
func TestCamerasLookDifferent(t *testing.T) {
	t.Parallel()
	var all []*Backdrop
	for _, kind := range Kinds() {
		for seed := range byte(3) {
			all = append(all, backdrop(t, kind, seed, 640, 360))
			again := backdrop(t, kind, seed, 640, 360)
			if !slices.Equal(again.still.MBs, all[len(all)-1].still.MBs) {
				t.Errorf("%s %d: two looks of one seed", kind, seed)
			}
		}
	}
	for i, a := range all {
		for j, b := range all[:i] {
			same, total := 0, 0
			for k := a.overlay.top * a.still.Cols; k < a.overlay.bottom*a.still.Cols; k++ {
				total++
				if a.still.MBs[k] == b.still.MBs[k] {
					same++
				}
			}
			if same*2 > total {
				t.Errorf("backdrops %d and %d share %d of %d macroblocks", i, j, same, total)
			}
		}
	}
}

func TestTwoThingsAtLeastAreSeenMoving(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds() {
		for seed := range byte(6) {
			b := backdrop(t, kind, seed, 1920, 1080)
			for k := range 200 {
				at := noon.Add(time.Duration(k) * 1700 * time.Millisecond)
				moved := 0
				later := b.Objects(at.Add(2 * time.Second))
				for _, o := range b.Objects(at) {
					i := slices.IndexFunc(later, func(p Object) bool { return p.ID == o.ID })
					if i < 0 || later[i].Box != o.Box {
						moved++
					}
				}
				if moved < 2 {
					t.Fatalf("%s %d at %v: %d things move", kind, seed, at, moved)
				}
			}
		}
	}
}

// TestGroundTruthIsWhereThingsAre compares boxes with the cells that differ
// from the background: each box is tight, and nothing is outside of them.
func TestGroundTruthIsWhereThingsAre(t *testing.T) {
	t.Parallel()
	for _, kind := range Kinds() {
		for _, size := range [][2]int{{1920, 1080}, {640, 360}} {
			b := backdrop(t, kind, 3, size[0], size[1])
			p := NewPainter(b)
			for k := range 20 {
				at := noon.Add(time.Duration(k) * 1300 * time.Millisecond)
				p.Draw(Moment{Time: at})
				objects := b.Objects(at)
				seen := make([]int, len(objects))
				for y := b.overlay.top * MBSize; y < b.overlay.bottom*MBSize; y += CellSize {
					for x := 0; x < size[0]; x += CellSize {
						i, cell := y/MBSize*b.still.Cols+x/MBSize, y%MBSize/4*4+x%MBSize/4
						if p.Canvas().MBs[i][cell] == b.still.MBs[i][cell] {
							continue
						}
						inside := false
						for j, o := range objects {
							if (image.Point{x, y}).In(o.Box) {
								inside = true
								seen[j]++
							}
						}
						if !inside {
							t.Fatalf("%s %v: something at %d,%d that isn't in the ground truth", kind, at, x, y)
						}
					}
				}
				for j, o := range objects {
					// Not cut off, nothing in front; a bird is mostly air.
					alone := o.Box.Min.X > 0 && o.Box.Max.X < size[0] && o.Class != Animal
					for _, nearer := range objects[j+1:] {
						alone = alone && !nearer.Box.Overlaps(o.Box)
					}
					if area := o.Box.Dx() * o.Box.Dy() / 16; alone && seen[j]*12 < area {
						t.Errorf("%s %v: %s fills %d of %d cells of its box", kind, at, o.Class, seen[j], area)
					}
				}
			}
		}
	}
}

// readText reads what stands in a field by comparing cells with the font.
func readText(p *Painter, f field) string {
	font := p.backdrop.overlay.font
	luma := func(x, y int) byte { return p.canvas.MBs[y/4*p.canvas.Cols+x/4][y%4*4+x%4] }
	var text strings.Builder
	for x := f.x; x < f.x+f.width; {
		best, bestDots := byte(0), 0
		for c := byte(' ' + 1); c <= '~'; c++ {
			if font.height == 5 && c >= 'a' && c <= 'z' {
				continue
			}
			g, dots, ok := font.glyphs[c], 0, true
			for row := 0; row < font.height && ok; row++ {
				for column := 0; column <= g.width && ok; column++ {
					on := column < g.width && g.rows[row]>>column&1 != 0
					if on {
						dots++
					}
					if at := x + column*font.dot; at < f.x+f.width || on {
						ok = at < p.canvas.Cols*4 && (luma(at, f.y+row*font.dot) == ink) == on
					}
				}
			}
			if ok && dots > bestDots {
				best, bestDots = c, dots
			}
		}
		if best == 0 {
			x += font.dot
			continue
		}
		text.WriteByte(best)
		x += font.advance(best)
	}
	return text.String()
}

func TestTextCanBeRead(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 31, 23, 59, 58, 76e6, time.FixedZone("x", -3600))
	for _, c := range []struct {
		width, height int
		name, frame   string
		clock         []string
	}{
		{1920, 1080, "GateEast,4", "#001234", []string{"2027-01-0100:59:58.076UTC"}},
		{3840, 2160, "GateEast,4", "#001234", []string{"2027-01-0100:59:58.076UTC"}},
		{1280, 720, "GateEast,4", "#001234", []string{"2027-01-0100:59:58.076UTC"}},
		{640, 360, "GateEast,4", "#001234", []string{"2027-01-0100:59:58.076UTC"}},
		{480, 270, "GATEEAST,4", "#001234", []string{"2027-01-0100:59:58.076UTC"}},
		{320, 180, "GATEEAST", "", []string{"00:59:58.076"}},
		{160, 120, "GA", "", []string{"00:59:58"}},
	} {
		p := NewPainter(backdrop(t, Park, 1, c.width, c.height))
		for _, name := range []string{"a much longer name than there is room for, by far", "", "iiii", "Gate East, 4"} {
			for _, frame := range []uint32{4_000_000_000, 7, 1234} {
				p.Draw(Moment{Name: name, Frame: frame, Time: at.Add(time.Duration(frame%5) * -time.Hour)})
			}
		}
		p.Draw(Moment{Name: "Gate East, 4", Frame: 1234, Time: at})
		o := &p.backdrop.overlay
		if got := readText(p, o.name); got != c.name {
			t.Errorf("%dx%d: name %q, want %q", c.width, c.height, got, c.name)
		}
		if got := readText(p, o.frame); got != c.frame {
			t.Errorf("%dx%d: frame %q, want %q", c.width, c.height, got, c.frame)
		}
		var clock []string
		for _, f := range o.clock {
			clock = append(clock, readText(p, f.field))
		}
		if diff := cmp.Diff(c.clock, clock); diff != "" {
			t.Errorf("%dx%d: %s", c.width, c.height, diff)
		}
	}
}

func TestOverlayStaysInsideThePicture(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := NewCanvas(2*rapid.IntRange(80, 1920).Draw(t, "w"), 2*rapid.IntRange(60, 1080).Draw(t, "h"))
		o := newOverlay(c)
		if o.top < 1 || o.top >= o.bottom || o.bottom > c.Rows {
			t.Fatalf("bars: %d, %d of %d rows", o.top, o.bottom, c.Rows)
		}
		fields := []field{o.name, o.frame}
		for _, f := range o.clock {
			fields = append(fields, f.field)
		}
		for i, f := range fields {
			if f.width < 0 || f.x < 0 || f.x+f.width > c.Width/4 || f.y+o.font.height*o.font.dot > o.top*4 {
				t.Fatalf("field %d: %+v in a bar of %dx%d cells", i, f, c.Width/4, o.top*4)
			}
			for _, g := range fields[:i] {
				if f.y == g.y && f.x < g.x+g.width && g.x < f.x+f.width {
					t.Fatalf("%+v and %+v overlap", f, g)
				}
			}
		}
	})
}

func TestStripOfEveryPictureIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width, height := 2*rapid.IntRange(80, 500).Draw(t, "w"), 2*rapid.IntRange(60, 300).Draw(t, "h")
		w, err := NewWorld(Harbour, [32]byte{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewBackdrop(w, width, height)
		if err != nil {
			t.Fatal(err)
		}
		p := NewPainter(b)
		m := anyMoment(t)
		m.Time = time.UnixMilli(rapid.Int64Range(0, 1<<42-1).Draw(t, "positive"))
		p.Draw(m)
		got, err := strip.Decode(strip.Luma{Pix: p.Canvas().I420(nil), Stride: width, Width: width, Height: height})
		if errors.Is(err, strip.ErrTooSmall) && (width < 320 || height < 180) {
			return
		}
		if err != nil {
			t.Fatalf("%dx%d: %v", width, height, err)
		}
		want := strip.Mark{Camera: m.Camera, Stream: m.Stream, Frame: m.Frame & (1<<24 - 1), Time: m.Time.UTC()}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestSizesAreLimited(t *testing.T) {
	t.Parallel()
	for size, want := range map[[2]int]string{
		{160, 120}: "", {3840, 2160}: "", {162, 122}: "", {3840, 120}: "", {160, 2160}: "",
		{158, 120}: "at least", {160, 118}: "at least", {3842, 2160}: "at most", {3840, 2162}: "at most",
		{161, 120}: "even", {160, 121}: "even", {0, 0}: "at least", {-640, 360}: "at least",
	} {
		err := CheckSize(size[0], size[1])
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v: %v, want %q", size, err, want)
		}
		w, worldErr := NewWorld(Street, [32]byte{})
		if worldErr != nil {
			t.Fatal(worldErr)
		}
		if b, bErr := NewBackdrop(w, size[0], size[1]); fmt.Sprint(bErr) != fmt.Sprint(err) {
			t.Errorf("%v: NewBackdrop: %v, CheckSize: %v", size, bErr, err)
		} else if bErr == nil {
			NewPainter(b).Draw(Moment{Name: "x", Time: noon})
		}
	}
	if _, err := NewWorld("moon", [32]byte{}); err == nil || !strings.Contains(err.Error(), `"moon"`) {
		t.Error(err)
	}
}
