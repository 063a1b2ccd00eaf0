package tpm

import (
	"encoding/binary"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// go-tpm marshals by reflection, which takes longer than the TPM takes for a
// signature. The commands of the hot paths are therefore written and read
// here, byte by byte. Part 1, 18; Part 3.

// command builds a command: handles, a password authorisation with an empty
// password for the first auths of them, parameters.
type command struct{ b []byte }

func newCommand(code tpm2.TPMCC, auths int, handles ...tpm2.TPMHandle) *command {
	c := &command{b: make([]byte, 0, 512)}
	tag := tpm2.TPMSTNoSessions
	if auths > 0 {
		tag = tpm2.TPMSTSessions
	}
	c.u16(uint16(tag)).u32(0).u32(uint32(code))
	for _, h := range handles {
		c.u32(uint32(h))
	}
	if auths > 0 {
		c.u32(uint32(9 * auths))
	}
	for range auths { // TPMS_AUTH_COMMAND: session, nonce, attributes, authorisation value
		c.u32(uint32(tpm2.TPMRSPW)).u16(0)
		c.b = append(c.b, 0)
		c.u16(0)
	}
	return c
}

func (c *command) u16(v uint16) *command {
	c.b = binary.BigEndian.AppendUint16(c.b, v)
	return c
}

func (c *command) u32(v uint32) *command {
	c.b = binary.BigEndian.AppendUint32(c.b, v)
	return c
}

// sized appends a TPM2B.
func (c *command) sized(data []byte) *command {
	c.u16(uint16(len(data)))
	c.b = append(c.b, data...)
	return c
}

// bytes returns the whole command.
func (c *command) bytes() []byte {
	binary.BigEndian.PutUint32(c.b[2:], uint32(len(c.b)))
	return c.b
}

// run sends the command and returns a reader at the response's handle area
// (handles times 4 bytes, then parameters). A response code other than
// success is the error, as a tpm2.TPMRC.
func (t *TPM) run(c *command, handles int) (*reader, error) {
	response, err := t.send(c.bytes())
	if err != nil {
		return nil, err
	}
	return parseResponse(response, handles)
}

func parseResponse(response []byte, handles int) (*reader, error) {
	r := &reader{b: response}
	tag, size, rc := r.u16(), r.u32(), tpm2.TPMRC(r.u32())
	if r.bad || int(size) != len(response) {
		return nil, fmt.Errorf("%w: response of %d bytes", ErrDead, len(response))
	}
	if rc != tpm2.TPMRCSuccess {
		return nil, rc
	}
	area := &reader{b: r.take(4 * handles)}
	if tag == uint16(tpm2.TPMSTSessions) {
		area.b = append(area.b, r.take(int(r.u32()))...)
	} else {
		area.b = append(area.b, r.b...)
	}
	if r.bad {
		return nil, fmt.Errorf("%w: short response", ErrDead)
	}
	return area, nil
}

// reader reads what a TPM wrote. After reading past the end it is bad and
// gives zeros.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return nil
	}
	taken := r.b[:n:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) u16() uint16 {
	if b := r.take(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// sized reads a TPM2B.
func (r *reader) sized() []byte { return r.take(int(r.u16())) }

// done is an error unless everything has been read and nothing was missing.
func (r *reader) done() error {
	if r.bad || len(r.b) != 0 {
		return fmt.Errorf("%w: a response of another length", ErrDead)
	}
	return nil
}
