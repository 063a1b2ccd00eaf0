package scene

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestOnlyWhatDiffersCountsAsChanged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := NewCanvas(2*rapid.IntRange(1, 200).Draw(t, "w"), 2*rapid.IntRange(1, 100).Draw(t, "h"))
		for range 3 {
			before := c.Clone()
			c.Begin()
			for range rapid.IntRange(0, 40).Draw(t, "touches") {
				i := rapid.IntRange(0, len(c.MBs)-1).Draw(t, "mb")
				c.Touch(i)[rapid.IntRange(0, 23).Draw(t, "cell")] = byte(rapid.IntRange(126, 128).Draw(t, "v"))
			}
			c.Settle()
			count := 0
			for i := range c.MBs {
				changed := c.Changed()[i/64]>>(i%64)&1 != 0
				if changed != (c.MBs[i] != before.MBs[i]) {
					t.Fatalf("macroblock %d: changed is %v", i, changed)
				}
				if changed {
					count++
				}
			}
			if count != c.CountChanged() {
				t.Fatalf("%d changed, CountChanged says %d", count, c.CountChanged())
			}
		}
	})
}

func TestCloneIsIndependent(t *testing.T) {
	t.Parallel()
	c := NewCanvas(32, 32)
	d := c.Clone()
	c.Touch(0)[0] = 1
	if d.MBs[0][0] != 128 || d.CountChanged() != 0 {
		t.Error("clone changed with the original")
	}
}

func TestI420PutsCellsWhereTheyBelong(t *testing.T) {
	t.Parallel()
	c := NewCanvas(18, 18)
	for i := range c.MBs {
		for j := range 24 {
			c.MBs[i][j] = byte(i*32 + j)
		}
	}
	got := c.I420([]byte{9})[1:]
	if len(got) != 18*18*3/2 {
		t.Fatalf("%d bytes", len(got))
	}
	luma, cb, cr := got[:324], got[324:405], got[405:]
	for _, p := range []struct {
		name string
		got  byte
		want byte
	}{
		{"luma 0,0", luma[0], 0}, {"luma 3,3", luma[3*18+3], 0}, {"luma 4,3", luma[3*18+4], 1},
		{"luma 3,4", luma[4*18+3], 4}, {"luma 15,15", luma[15*18+15], 15}, {"luma 16,0", luma[16], 32}, {"luma 17,17", luma[17*18+17], 96},
		{"cb 0,0", cb[0], 16}, {"cb 4,0", cb[4], 17}, {"cb 0,4", cb[4*9], 18}, {"cb 8,8", cb[8*9+8], 96 + 16},
		{"cr 7,7", cr[7*9+7], 23}, {"cr 8,0", cr[8], 32 + 20},
	} {
		if p.got != p.want {
			t.Errorf("%s: %d, want %d", p.name, p.got, p.want)
		}
	}
}

func TestColoursAreBT709LimitedRange(t *testing.T) {
	t.Parallel()
	for c, want := range map[rgb]ycc{
		0x000000: {16, 128, 128}, 0xFFFFFF: {235, 128, 128}, 0x808080: {126, 128, 128},
		0xFF0000: {63, 102, 240}, 0x00FF00: {173, 42, 26}, 0x0000FF: {32, 240, 118},
	} {
		got := c.ycc()
		near := func(a, b byte) bool { return max(a, b)-min(a, b) <= 1 }
		if !near(got.y, want.y) || !near(got.cb, want.cb) || !near(got.cr, want.cr) {
			t.Errorf("%06x: %v, want %v", uint32(c), got, want)
		}
		if got.y%2 != 0 {
			t.Errorf("%06x: luma %d is odd", uint32(c), got.y)
		}
	}
}

func TestFontsHaveAllOfASCII(t *testing.T) {
	t.Parallel()
	for _, f := range []*font{newFont(font5x7, 7, 1), newFont(font3x5, 5, 2)} {
		shapes := map[[7]uint8][]byte{}
		for c := byte(' '); c <= '~'; c++ {
			g := f.glyphs[c]
			if g.width < 1 || g.width > 5 {
				t.Errorf("%q is %d wide", c, g.width)
			}
			if g.rows == f.glyphs['?'].rows && c != '?' {
				t.Errorf("%q is missing", c)
			}
			if g.rows[f.height-1]>>5 != 0 || f.height < 7 && g.rows[f.height] != 0 {
				t.Errorf("%q is too large", c)
			}
			shapes[g.rows] = append(shapes[g.rows], c)
		}
		for c := byte('0'); c <= '9'; c++ {
			if f.advance(c) != f.advance('0') {
				t.Errorf("%q is as wide as %d cells", c, f.advance(c))
			}
		}
		for _, same := range shapes {
			if f.height == 7 && len(same) > 1 {
				t.Errorf("%q look alike", same)
			}
		}
		if got := f.width([]byte("00")); f.fit([]byte("0000"), got) != 2 || f.fit([]byte("0000"), got-1) != 1 {
			t.Errorf("text of %d cells fits wrongly", got)
		}
		if !slices.Equal(f.glyphs[200].rows[:], f.glyphs['?'].rows[:]) {
			t.Error("unknown characters aren't question marks")
		}
	}
}
