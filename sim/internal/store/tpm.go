package store

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
)

const (
	tpmFile    = "tpm.nv"
	tpmVersion = 1
	tpmMagic   = "camfleet tpm " // then the version and a line feed
)

// SaveTPM stores the non-volatile memory of the camera's TPM. It may be
// called while Save runs.
func (c *Camera) SaveTPM(image []byte) error {
	c.tpm.Lock()
	defer c.tpm.Unlock()
	sum := sha256.Sum256(image)
	content := fmt.Appendf(nil, "%s%d\n", tpmMagic, tpmVersion)
	content = append(content, sum[:]...)
	return c.files.replace(tpmFile, append(content, image...))
}

// LoadTPM returns what SaveTPM has stored.
func (c *Camera) LoadTPM() ([]byte, error) {
	content, err := c.files.read(tpmFile)
	if err != nil {
		return nil, err
	}
	path := c.files.path(tpmFile)
	head, body, _ := bytes.Cut(content, []byte("\n"))
	digits, ok := strings.CutPrefix(string(head), tpmMagic)
	version, err := strconv.Atoi(digits)
	switch {
	case !ok || err != nil || version < 1:
		return nil, corrupt(path, "not the image of a TPM")
	case version > tpmVersion:
		return nil, newer(path, version, tpmVersion)
	case len(body) < sha256.Size:
		return nil, corrupt(path, "truncated")
	}
	image := body[sha256.Size:]
	if sum := sha256.Sum256(image); !bytes.Equal(sum[:], body[:sha256.Size]) {
		return nil, corrupt(path, "the checksum differs")
	}
	return image, nil
}
