// Package container reads H.264 and H.265 video out of files: Annex B byte
// streams, MP4 (ISO/IEC 14496-12 and -15, fragmented or not) and Matroska
// (RFC 9559). What a file is, is seen from its content.
//
// The NAL units come out as the file has them, in decoding order, none left
// out, none changed: this is what media signatures are computed over. Files are
// taken for hostile. Every size is checked against the file and the [Limits]
// before memory is taken for it, which is why no general MP4 library is used:
// those trust the counts in the tables, and a box of 20 bytes may claim 2^32
// samples.
package container

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/camfleet/camfleet/streams"
)

// Kind is a way to keep video in a file.
type Kind string

// The kinds that can be read.
const (
	AnnexB   Kind = "annexb"
	MP4      Kind = "mp4"
	Matroska Kind = "matroska"
)

// The ways in which a file cannot be read.
var (
	// ErrUnknown says that a file is none of the kinds, or has no video in H.264
	// or H.265.
	ErrUnknown = errors.New("no video that can be read")
	// ErrBroken says that a file contradicts itself or ends too early.
	ErrBroken = errors.New("broken file")
	// ErrLimit says that something in a file is larger than the limits allow.
	ErrLimit = errors.New("beyond a limit")
)

// Limits bound what a file can cost. Zero values get the default.
type Limits struct {
	Unit  int // bytes of an access unit; default 64 MiB
	NALs  int // NAL units of an access unit; default 8192
	Index int // bytes of an index kept in memory (moov, moof, Tracks); default 64 MiB
}

func (l Limits) withDefaults() Limits {
	if l.Unit == 0 {
		l.Unit = 64 << 20
	}
	if l.NALs == 0 {
		l.NALs = 8192
	}
	if l.Index == 0 {
		l.Index = 64 << 20
	}
	return l
}

// Reader reads the first H.264 or H.265 video track of a file. It is used by
// one goroutine at a time.
type Reader struct {
	kind   Kind
	source source
	frames uint32
}

// source is what each kind of file has to offer.
type source interface {
	// codec returns the coding of the video.
	codec() streams.Codec
	// next returns the NAL units of the next access unit and when it is shown,
	// from the start of the file's own time; io.EOF after the last.
	next() (nals [][]byte, shown time.Duration, err error)
}

// Open finds out what a file of size bytes is. It reads no more than the
// file's index. Errors are [ErrUnknown], [ErrBroken], [ErrLimit] and those of r.
func Open(r io.ReaderAt, size int64, l Limits) (*Reader, error) {
	l = l.withDefaults()
	head := make([]byte, min(size, sniff))
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), head); err != nil {
		return nil, err
	}
	f := file{r: r, size: size, limits: l}
	kind := detect(head)
	var s source
	var err error
	switch kind {
	case MP4:
		s, err = newMP4(f)
	case Matroska:
		s, err = newMatroska(f)
	case AnnexB:
		s, err = newAnnexB(f, head)
	default:
		return nil, fmt.Errorf("neither MP4 nor Matroska nor Annex B: %w", ErrUnknown)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	return &Reader{kind: kind, source: s}, nil
}

// Kind returns what the file is.
func (r *Reader) Kind() Kind { return r.kind }

// Codec returns how the video is coded.
func (r *Reader) Codec() streams.Codec { return r.source.codec() }

// Next returns the next access unit in decoding order, io.EOF after the last.
// Samples of MP4 and Matroska without a picture are passed over; a byte stream
// may end with an access unit that has none.
// Frame counts them from 0. Time is the Unix epoch plus the time the file gives
// the picture; files of the kind Annex B have none, there it follows from the
// frame rate of the parameter sets, or else 25 pictures a second. After another
// error there is no going on.
func (r *Reader) Next() (*streams.AccessUnit, error) {
	nals, shown, err := r.source.next()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, fmt.Errorf("%s: access unit %d: %w", r.kind, r.frames, err)
	}
	au := &streams.AccessUnit{NALs: nals, Frame: r.frames, Time: time.Unix(0, 0).UTC().Add(shown)}
	for _, nal := range nals {
		au.Key = au.Key || startsGOP(r.Codec(), nal)
	}
	r.frames++
	return au, nil
}

// file is the bytes that a source reads.
type file struct {
	r      io.ReaderAt
	size   int64
	limits Limits
}

// read returns n bytes at an offset. The file must have them and the limit
// allow them.
func (f file) read(at, n int64, limit int, what string) ([]byte, error) {
	if at < 0 || n < 0 || at > f.size || n > f.size-at {
		return nil, fmt.Errorf("%s of %d bytes at %d is not in the file: %w", what, n, at, ErrBroken)
	}
	if n > int64(limit) {
		return nil, fmt.Errorf("%s of %d bytes, allowed are %d: %w", what, n, limit, ErrLimit)
	}
	b := make([]byte, n)
	if _, err := f.r.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b, nil
}
