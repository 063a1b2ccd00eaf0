package strip

import (
	"fmt"
	"image"
	"image/color"
)

// Luma is the luma plane of a picture: Height rows of Width bytes, Stride
// bytes apart. Full and limited range both do.
type Luma struct {
	Pix           []byte
	Stride        int
	Width, Height int
}

// LumaOf returns the luma of an image; it shares the pixels of the image where
// these are luma already.
func LumaOf(img image.Image) Luma {
	b := img.Bounds()
	l := Luma{Stride: b.Dx(), Width: b.Dx(), Height: b.Dy()}
	if l.Width <= 0 || l.Height <= 0 {
		return Luma{}
	}
	switch img := img.(type) {
	case *image.YCbCr:
		l.Pix, l.Stride = img.Y[img.YOffset(b.Min.X, b.Min.Y):], img.YStride
	case *image.Gray:
		l.Pix, l.Stride = img.Pix[img.PixOffset(b.Min.X, b.Min.Y):], img.Stride
	default:
		l.Pix = make([]byte, 0, l.Width*l.Height)
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				l.Pix = append(l.Pix, color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y)
			}
		}
	}
	return l
}

// valid says whether the plane has all the pixels it claims.
func (l Luma) valid() bool {
	return l.Width > 0 && l.Height > 0 && l.Stride >= l.Width &&
		len(l.Pix) >= l.Width && (len(l.Pix)-l.Width)/l.Stride >= l.Height-1
}

// Decode reads the strip of a picture in its stream's own size. The error
// wraps ErrTooSmall or ErrUnreadable.
func Decode(l Luma) (Mark, error) { return DecodeScaled(l, l.Width, l.Height) }

// DecodeImage reads the strip of an image in its stream's own size.
func DecodeImage(img image.Image) (Mark, error) { return Decode(LumaOf(img)) }

// DecodeScaled reads the strip of a picture that was scaled after it left a
// stream of width x height pixels.
func DecodeScaled(l Luma, width, height int) (Mark, error) {
	if !l.valid() {
		return Mark{}, fmt.Errorf("%w: %d bytes for %dx%d pixels, stride %d", ErrUnreadable, len(l.Pix), l.Width, l.Height, l.Stride)
	}
	p, err := Place(width, height)
	if err != nil {
		return Mark{}, err
	}
	var bits [Bits]bool
	for i := range bits {
		column, row := p.Block(i)
		bits[i] = l.mean(column, row, width, height) > Threshold
	}
	return parse(&bits)
}

// mean returns the mean luma of the middle of one block: a quarter of its area.
func (l Luma) mean(column, row, width, height int) int {
	span := func(block, shown, size int) (from, to int) {
		from = (block*Block + Block/4) * shown / size
		to = (block*Block + Block*3/4) * shown / size
		from = min(from, shown-1)
		return from, max(min(to, shown), from+1)
	}
	x0, x1 := span(column, l.Width, width)
	y0, y1 := span(row, l.Height, height)
	sum := 0
	for y := y0; y < y1; y++ {
		for _, v := range l.Pix[y*l.Stride+x0 : y*l.Stride+x1] {
			sum += int(v)
		}
	}
	return sum / ((x1 - x0) * (y1 - y0))
}
