package strip

import (
	"errors"
	"image"
	"image/color"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// draw paints a strip on a grey picture.
func draw(t testing.TB, width, height int, m Mark) *image.Gray {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = 90
	}
	p, err := Place(width, height)
	if err != nil {
		t.Fatal(err)
	}
	for i, bit := range m.Encode() {
		column, row := p.Block(i)
		for y := row * Block; y < row*Block+Block; y++ {
			for x := column * Block; x < column*Block+Block; x++ {
				v := uint8(Dark)
				if bit {
					v = Light
				}
				img.SetGray(x, y, color.Gray{Y: v})
			}
		}
	}
	return img
}

func anyMark() *rapid.Generator[Mark] {
	return rapid.Custom(func(t *rapid.T) Mark {
		return Mark{
			Camera: rapid.Uint16().Draw(t, "camera"),
			Stream: rapid.Uint8Max(MaxStream).Draw(t, "stream"),
			Frame:  rapid.Uint32Max(1<<24-1).Draw(t, "frame"),
			Time:   time.UnixMilli(rapid.Int64Range(0, 1<<42-1).Draw(t, "ms")).UTC(),
		}
	})
}

func TestStripSaysWhatWasPutIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := anyMark().Draw(t, "mark")
		bits := want.Encode()
		got, err := parse(&bits)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestStripOfEverySizeIsRead(t *testing.T) {
	t.Parallel()
	want := Mark{Camera: 0xABCD, Stream: 9, Frame: 123456, Time: time.UnixMilli(1780000000123).UTC()}
	for _, size := range [][2]int{{320, 180}, {320, 240}, {480, 270}, {638, 358}, {640, 360}, {704, 576}, {1280, 720}, {1920, 1080}, {2560, 1440}, {3840, 2160}} {
		got, err := DecodeImage(draw(t, size[0], size[1], want))
		if err != nil {
			t.Errorf("%v: %v", size, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: %s", size, diff)
		}
	}
}

func TestStripHasTheRowsOfTheSpecification(t *testing.T) {
	t.Parallel()
	for size, want := range map[[2]int]Placement{
		{1920, 1080}: {Column: 1, Row: 65, Columns: 55, Rows: 2},
		{640, 360}:   {Column: 1, Row: 19, Columns: 37, Rows: 3},
		{320, 180}:   {Column: 0, Row: 5, Columns: 19, Rows: 6},
	} {
		got, err := Place(size[0], size[1])
		if err != nil || got != want {
			t.Errorf("%v: %+v, %v; want %+v", size, got, err, want)
		}
	}
}

func TestStripOfScaledPictureIsRead(t *testing.T) {
	t.Parallel()
	want := Mark{Camera: 3, Stream: 1, Frame: 77, Time: time.UnixMilli(1780000000456).UTC()}
	big := draw(t, 1920, 1080, want)
	for _, size := range [][2]int{{960, 540}, {640, 360}, {2400, 1350}} {
		small := image.NewNRGBA(image.Rect(0, 0, size[0], size[1]))
		for y := range size[1] {
			for x := range size[0] {
				small.Set(x, y, big.At(x*1920/size[0], y*1080/size[1]))
			}
		}
		got, err := DecodeScaled(LumaOf(small), 1920, 1080)
		if err != nil || got != want {
			t.Errorf("%v: %+v, %v", size, got, err)
		}
	}
}

func TestSubImageIsRead(t *testing.T) {
	t.Parallel()
	want := Mark{Camera: 3, Stream: 1, Frame: 77, Time: time.UnixMilli(1).UTC()}
	inner := draw(t, 640, 360, want)
	outer := image.NewYCbCr(image.Rect(0, 0, 700, 400), image.YCbCrSubsampleRatio420)
	for y := range 360 {
		copy(outer.Y[outer.YOffset(20, y+30):], inner.Pix[y*inner.Stride:][:640])
	}
	got, err := DecodeImage(outer.SubImage(image.Rect(20, 30, 660, 390)))
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestOneWrongBitIsNoticed(t *testing.T) {
	t.Parallel()
	bits := Mark{Camera: 7, Frame: 9, Time: time.UnixMilli(99)}.Encode()
	for i := range bits {
		bits[i] = !bits[i]
		if m, err := parse(&bits); !errors.Is(err, ErrUnreadable) {
			t.Errorf("bit %d wrong: %+v, %v", i, m, err)
		}
		bits[i] = !bits[i]
	}
}

func TestPicturesWithoutStripAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		luma Luma
		want error
	}{
		"nothing":     {Luma{}, ErrUnreadable},
		"short":       {Luma{Pix: make([]byte, 640*360-1), Stride: 640, Width: 640, Height: 360}, ErrUnreadable},
		"thin stride": {Luma{Pix: make([]byte, 640*360), Stride: 639, Width: 640, Height: 360}, ErrUnreadable},
		"grey":        {Luma{Pix: make([]byte, 640*360), Stride: 640, Width: 640, Height: 360}, ErrUnreadable},
		"too small":   {Luma{Pix: make([]byte, 160*120), Stride: 160, Width: 160, Height: 120}, ErrTooSmall},
		"too low":     {Luma{Pix: make([]byte, 320*158), Stride: 320, Width: 320, Height: 158}, ErrTooSmall},
	} {
		if m, err := Decode(c.luma); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v; want %v", name, m, err, c.want)
		}
	}
	if _, err := DecodeImage(image.NewNRGBA(image.Rectangle{})); !errors.Is(err, ErrUnreadable) {
		t.Error(err)
	}
	if _, err := DecodeScaled(Luma{Pix: make([]byte, 4), Stride: 2, Width: 2, Height: 2}, 0, -5); !errors.Is(err, ErrTooSmall) {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{1, 2, 3}, 2, 2, 1, 640, 360)
	img := draw(f, 320, 180, Mark{Camera: 5, Time: time.UnixMilli(5)})
	var small []byte // a quarter of the size, to be quick
	for y := 2; y < 180; y += 4 {
		for x := 2; x < 320; x += 4 {
			small = append(small, img.GrayAt(x, y).Y)
		}
	}
	if _, err := DecodeScaled(Luma{Pix: small, Stride: 80, Width: 80, Height: 45}, 320, 180); err != nil {
		f.Fatal(err)
	}
	f.Add(small, 80, 80, 45, 320, 180)
	f.Fuzz(func(t *testing.T, pix []byte, stride, width, height, ofWidth, ofHeight int) {
		m, err := DecodeScaled(Luma{Pix: pix, Stride: stride, Width: width, Height: height}, ofWidth, ofHeight)
		if err != nil && !errors.Is(err, ErrTooSmall) && !errors.Is(err, ErrUnreadable) {
			t.Fatal(err)
		}
		if err == nil && m.Stream > MaxStream {
			t.Fatalf("%+v", m)
		}
	})
}
