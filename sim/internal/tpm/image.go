package tpm

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/tpm/host"
)

// An image is the NV memory of a TPM without what is blank (most of it is),
// behind a header that says what it fits:
//
//	"camfleet TPM"  12 bytes
//	version          2
//	size of NV       4
//	name of build   16, padded with zeros: "stock", "big"
//	SHA-256         32, of the 34 bytes above and of NV memory to its last byte that is not 0
//
// and then runs of bytes, in ascending order: offset (4), length (4, not 0),
// the bytes. All other bytes of NV memory are 0. Numbers are big-endian.
const (
	imageMagic   = "camfleet TPM"
	imageVersion = 1
	imageFixed   = len(imageMagic) + 2 + 4 + 16
	imageHeader  = imageFixed + sha256.Size
)

// MaxImage is the size in bytes that no image exceeds.
const MaxImage = 2*host.MaxNV + 256

// blankRun is how many blank bytes end a run: more than its header takes.
const blankRun = 16

// ImageError says why an image is refused. It is ErrImage.
type ImageError struct {
	Reason string
	Build  string // the build of this program that would take it: "stock", "big"; "" if none is known to
}

func (e *ImageError) Error() string {
	if e.Build == "" {
		return ErrImage.Error() + ": " + e.Reason
	}
	return fmt.Sprintf("TPM image: %s: use the %s build of this program (%s)", e.Reason, e.Build, buildName(e.Build))
}

// buildName says how a build is made; "" if there is none of that name.
func buildName(profile string) string {
	switch profile {
	case "stock":
		return "go build without the CGO_CFLAGS of the Makefile"
	case "big":
		return "make, which sets CGO_CFLAGS"
	}
	return ""
}

// Unwrap makes errors.Is(err, ErrImage) true.
func (e *ImageError) Unwrap() error { return ErrImage }

// encodeImage returns the image of a TPM of the named build with size bytes of
// NV memory, of which nv are the first and the others blank.
func encodeImage(profile string, size int, nv []byte) []byte {
	head := make([]byte, imageFixed, 4096)
	n := copy(head, imageMagic)
	binary.BigEndian.PutUint16(head[n:], imageVersion)
	binary.BigEndian.PutUint32(head[n+2:], uint32(size))
	copy(head[n+6:], profile)
	sum := sumImage(head, nv)
	image := append(head, sum[:]...)
	for at := 0; at < len(nv); {
		run := runLength(nv[at:])
		if run == 0 {
			at++
			continue
		}
		image = binary.BigEndian.AppendUint32(image, uint32(at))
		image = binary.BigEndian.AppendUint32(image, uint32(run))
		image = append(image, nv[at:at+run]...)
		at += run
	}
	return image
}

// runLength returns how many bytes at the beginning of nv are to be kept
// together: up to where blankRun or more blank ones follow. 0 if the first is
// blank.
func runLength(nv []byte) int {
	size := 0
	for i, b := range nv {
		if b != blank {
			size = i + 1
		} else if i-size >= blankRun || size == 0 {
			break
		}
	}
	return size
}

// blank is NV memory that has never been written to.
const blank = 0

func sumImage(head, nv []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(head)
	h.Write(bytes.TrimRight(nv, "\x00"))
	h.Sum(sum[:0])
	return sum
}

// decodeImage returns the NV memory in an image. The image must be whole and
// of the named build with size bytes of NV memory.
func decodeImage(image []byte, profile string, size int) ([]byte, error) {
	if len(image) < imageHeader || string(image[:len(imageMagic)]) != imageMagic {
		return nil, &ImageError{Reason: "it does not begin as one"}
	}
	if len(image) > MaxImage {
		return nil, &ImageError{Reason: fmt.Sprintf("it has %d bytes, more than %d", len(image), MaxImage)}
	}
	head := image[:imageFixed]
	rest := head[len(imageMagic):]
	if v := binary.BigEndian.Uint16(rest); v != imageVersion {
		return nil, &ImageError{Reason: fmt.Sprintf("it has format version %d and this program knows %d", v, imageVersion)}
	}
	name := string(bytes.TrimRight(rest[6:], "\x00"))
	if buildName(name) == "" {
		return nil, &ImageError{Reason: fmt.Sprintf("it is of an unknown build %q", name)}
	}
	if name != profile {
		return nil, &ImageError{Reason: fmt.Sprintf("it was made by the %s build and this is the %s build", name, profile), Build: name}
	}
	if n := int(binary.BigEndian.Uint32(rest[2:])); n != size {
		return nil, &ImageError{Reason: fmt.Sprintf("it has %d bytes of NV memory and this build %d", n, size)}
	}
	return fillImage(image, size)
}

// fillImage returns NV memory from the runs of an image.
func fillImage(image []byte, size int) ([]byte, error) {
	if len(image) == imageHeader {
		return nil, &ImageError{Reason: "it is empty"}
	}
	nv := make([]byte, size)
	r := &reader{b: image[imageHeader:]}
	for end := 0; len(r.b) > 0; {
		at, n := int(r.u32()), int(r.u32())
		run := r.take(n)
		if r.bad || n == 0 || at < end || at+n > size {
			return nil, &ImageError{Reason: "it is damaged: a part of it has an impossible place"}
		}
		end = at + copy(nv[at:], run)
	}
	if sum := sumImage(image[:imageFixed], nv); !bytes.Equal(sum[:], image[imageFixed:imageHeader]) {
		return nil, &ImageError{Reason: "it is damaged: its checksum is wrong"}
	}
	return nv, nil
}
