package h264

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/camfleet/camfleet/streams/scene"
)

// drawAny changes the canvas in a way that rapid chooses.
func drawAny(t *rapid.T, c *scene.Canvas) {
	r := &rng{rapid.Uint64().Draw(t, "noise")}
	count := rapid.IntRange(0, len(c.MBs)).Draw(t, "count")
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	touchSome(r, c, count, func(mb *scene.MB) {
		switch kind {
		case 0:
			fillFlat(r, mb)
		case 1:
			fillNoise(r, mb)
		case 2:
			fillAround(r, mb, 1+r.next()%32)
		case 3:
			fillTwoTone(r, mb, byte(r.next()), byte(r.next()))
		case 4:
			fillTwoTone(r, mb, 0, 255)
		case 5:
			fillOverflow(r, mb)
		}
	})
}

func TestAnyCanvasDecodesToItself(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width, height := 2*rapid.IntRange(8, 60).Draw(t, "w"), 2*rapid.IntRange(8, 60).Draw(t, "h")
		e, err := NewEncoder(Config{Width: width, Height: height, FPS: 25, GOP: rapid.IntRange(1, 6).Draw(t, "gop")})
		if err != nil {
			t.Fatal(err)
		}
		c := scene.NewCanvas(width, height)
		if rapid.Bool().Draw(t, "memo") {
			drawAny(t, c)
			e.SetMemo(NewMemo(c.Clone()))
		}
		d := newDecoder(c)
		for range rapid.IntRange(1, 8).Draw(t, "pictures") {
			c.Begin()
			drawAny(t, c)
			if rapid.Bool().Draw(t, "settle") {
				c.Settle()
			}
			nals, _, err := e.Encode(c, rapid.IntRange(0, 9).Draw(t, "key") == 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.decode(nals); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(d.mbs, c.MBs) {
				t.Fatal("decoded cells differ")
			}
		}
	})
}

// TestMemoChangesNoBit compares IDR pictures with and without memo.
func TestMemoChangesNoBit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width, height := 16*rapid.IntRange(1, 12).Draw(t, "w"), 16*rapid.IntRange(1, 8).Draw(t, "h")
		config := Config{Width: width, Height: height, FPS: 25, GOP: 1}
		with, err := NewEncoder(config)
		if err != nil {
			t.Fatal(err)
		}
		without, err := NewEncoder(config)
		if err != nil {
			t.Fatal(err)
		}
		c := scene.NewCanvas(width, height)
		drawAny(t, c)
		with.SetMemo(NewMemo(c.Clone()))
		for range 3 {
			drawAny(t, c)
			a, _, err := with.Encode(c, true)
			if err != nil {
				t.Fatal(err)
			}
			b, _, err := without.Encode(c, true)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(a, b, bytes.Equal) {
				t.Fatal("the memo changes the stream")
			}
		}
	})
}

func TestKeyPicturesComeFirstOnDemandAndWithTheGOP(t *testing.T) {
	t.Parallel()
	e, err := NewEncoder(Config{Width: 32, Height: 32, FPS: 25, GOP: 4})
	if err != nil {
		t.Fatal(err)
	}
	c := scene.NewCanvas(32, 32)
	var got strings.Builder
	for i := range 14 {
		c.Begin()
		if i == 11 {
			e.Restart()
		}
		nals, key, err := e.Encode(c, i == 6)
		if err != nil {
			t.Fatal(err)
		}
		var types []byte
		for _, nal := range nals {
			types = append(types, nal[0])
		}
		want := []byte{9, 0x41}
		if key {
			want = []byte{9, 0x67, 0x68, 0x65}
			got.WriteByte('I')
		} else {
			got.WriteByte('P')
		}
		if !bytes.Equal(types, want) {
			t.Errorf("picture %d: NAL headers %x, want %x", i, types, want)
		}
	}
	if want := "IPPPIPIPPPIIPP"; got.String() != want {
		t.Errorf("got %s, want %s", got.String(), want)
	}
}

func TestAccessUnitsAreNeverTouchedAgain(t *testing.T) {
	t.Parallel()
	e, err := NewEncoder(Config{Width: 320, Height: 180, FPS: 25, GOP: 3})
	if err != nil {
		t.Fatal(err)
	}
	c, r := scene.NewCanvas(320, 180), &rng{1}
	var all, copies [][]byte
	for range 20 {
		c.Begin()
		touchSome(r, c, 50, func(mb *scene.MB) { fillNoise(r, mb) })
		nals, _, err := e.Encode(c, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, nal := range nals {
			all, copies = append(all, nal), append(copies, bytes.Clone(nal))
		}
	}
	if !slices.EqualFunc(copies, all, bytes.Equal) {
		t.Error("NAL units changed after they were given out")
	}
}

func TestWrongConfigurationsAreRefused(t *testing.T) {
	t.Parallel()
	good := Config{Width: 640, Height: 360, FPS: 25, GOP: 50}
	for want, change := range map[string]func(*Config){
		"size 641x360":          func(c *Config) { c.Width = 641 },
		"size 640x14":           func(c *Config) { c.Height = 14 },
		"size 8194x360":         func(c *Config) { c.Width = 8194 },
		"0 pictures a second":   func(c *Config) { c.FPS = 0 },
		"121 pictures a second": func(c *Config) { c.FPS = 121 },
		"GOP of 0":              func(c *Config) { c.GOP = 0 },
		"GOP of 36001":          func(c *Config) { c.GOP = maxGOP + 1 },
		"profile_idc 99":        func(c *Config) { c.Profile = 99 },
	} {
		c := good
		change(&c)
		if _, err := NewEncoder(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
	for _, c := range []Config{{Width: 16, Height: 16, FPS: 1, GOP: 1}, {Width: 8192, Height: 4320, FPS: 120, GOP: maxGOP}} {
		if _, err := NewEncoder(c); err != nil {
			t.Error(err)
		}
	}
	e, err := NewEncoder(good)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.Encode(scene.NewCanvas(640, 480), true); err == nil {
		t.Error("canvas of another size coded")
	}
}

func TestLevelFitsSizeAndRate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		width, height, fps int
		want               uint32
	}{
		{160, 128, 25, 20}, {352, 288, 25, 20}, {640, 368, 25, 30}, {704, 576, 25, 30}, {1280, 720, 25, 31},
		{1280, 720, 60, 32}, {1920, 1088, 25, 40}, {1920, 1088, 30, 40}, {1920, 1088, 60, 42}, {2560, 1440, 25, 50},
		{3840, 2160, 25, 51}, {3840, 2160, 30, 51}, {3840, 2160, 60, 52}, {8192, 64, 25, 51}, {7680, 4320, 120, 62},
	} {
		got, err := levelIDC(c.width/16, c.height/16, c.fps)
		if err != nil || got != c.want {
			t.Errorf("%dx%d at %d: %d, %v; want %d", c.width, c.height, c.fps, got, err, c.want)
		}
	}
	if _, err := levelIDC(1000, 1000, 25); err == nil {
		t.Error("16000x16000 has a level")
	}
}

// FuzzEncode lets the fuzzer choose the cells.
func FuzzEncode(f *testing.F) {
	f.Add([]byte{1, 2, 3}, uint8(2), uint8(2))
	f.Add(bytes.Repeat([]byte{0, 255, 1, 254}, 60), uint8(3), uint8(3))
	f.Add(bytes.Repeat([]byte{16, 16, 224, 16}, 90), uint8(5), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, cols, rows uint8) {
		width, height := 16*(1+int(cols%8)), 16*(1+int(rows%8))
		e, err := NewEncoder(Config{Width: width, Height: height, FPS: 25, GOP: 4})
		if err != nil {
			t.Fatal(err)
		}
		c := scene.NewCanvas(width, height)
		d := newDecoder(c)
		for {
			c.Begin()
			for i := range c.MBs {
				n := copy(c.Touch(i)[:], data)
				data = data[n:]
			}
			c.Settle()
			nals, _, err := e.Encode(c, false)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.decode(nals); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(d.mbs, c.MBs) {
				t.Fatal("decoded cells differ")
			}
			if len(data) == 0 {
				return
			}
		}
	})
}
