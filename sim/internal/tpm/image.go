package tpm

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/camfleet/camfleet/sim/internal/tpm/host"
)

// An image is the NV memory of a TPM, deflated (most of it is blank), behind a
// header that says what it fits:
//
//	"camfleet TPM"  12 bytes
//	version          2
//	size of NV       4
//	name of build   16, padded with zeros: "stock", "big"
//	SHA-256         32, of the 34 bytes above and of NV memory
//	NV memory       deflated (RFC 1951)
//
// Numbers are big-endian.
const (
	imageMagic   = "camfleet TPM"
	imageVersion = 1
	imageFixed   = len(imageMagic) + 2 + 4 + 16
	imageHeader  = imageFixed + sha256.Size
)

// MaxImage is the size in bytes that no image exceeds.
const MaxImage = host.MaxNV + host.MaxNV/1024 + 256

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

// encodeImage returns the image of a TPM of the named build.
func encodeImage(profile string, nv []byte) ([]byte, error) {
	var out bytes.Buffer
	head := make([]byte, imageFixed)
	n := copy(head, imageMagic)
	binary.BigEndian.PutUint16(head[n:], imageVersion)
	binary.BigEndian.PutUint32(head[n+2:], uint32(len(nv)))
	copy(head[n+6:], profile)
	out.Write(head)
	sum := sumImage(head, nv)
	out.Write(sum[:])
	z, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(nv); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func sumImage(head, nv []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	h.Write(head)
	h.Write(nv)
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
	return inflateImage(image, size)
}

func inflateImage(image []byte, size int) ([]byte, error) {
	nv := make([]byte, size)
	deflated := bytes.NewReader(image[imageHeader:])
	z := flate.NewReader(deflated)
	defer z.Close()
	if _, err := io.ReadFull(z, nv); err != nil {
		return nil, &ImageError{Reason: "it is damaged: " + err.Error()}
	}
	if n, err := z.Read(make([]byte, 1)); n != 0 || err != io.EOF || deflated.Len() != 0 {
		return nil, &ImageError{Reason: "it is damaged: its end is not where it should be"}
	}
	if sum := sumImage(image[:imageFixed], nv); !bytes.Equal(sum[:], image[imageFixed:imageHeader]) {
		return nil, &ImageError{Reason: "it is damaged: its checksum is wrong"}
	}
	return nv, nil
}
