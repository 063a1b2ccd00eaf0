package host

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Sizes of frames, in bytes.
const (
	// HeaderSize is the size of the header that commands, responses and our
	// own frames have alike: tag (2), size of the whole frame (4), code (4),
	// all big-endian. TPM 2.0 Part 1, 18.3.
	HeaderSize = 10
	// MaxCommand is the most a command or response of the simulator has.
	MaxCommand = 4096
	// MaxNV is the most NV memory a TPM process may have.
	MaxNV = 1 << 20
	// KeySize is the size of Boot.Stream.
	KeySize = 32
)

// tagHost marks our own frames. TPM tags are 0x8001, 0x8002 and 0x00c4.
const tagHost = 0x4c4c

// Codes of our own frames; serve.c has the same.
const (
	codeStart   = 1 // to the TPM, first: flags (4), stream (32), NV memory or nothing
	codeImage   = 2 // from the TPM: its NV memory without a blank end; to the TPM: asks for it if it changed, answered by codeReady
	codeReady   = 3 // from the TPM: response code of TPM2_Startup (4), process ID (4), size of NV (4), name of the build
	codeRefused = 4 // from the zygote: there is no process, errno or response code (4)
)

const startSeeded = 1 // flag of codeStart

// readiness is what a codeReady frame says.
type readiness struct {
	RC      uint32 // response code of TPM2_Startup
	PID     int
	NVSize  int    // bytes
	Profile string // of the build: "stock", "big"
}

// frameSize returns the size of the frame that begins with head, which has
// HeaderSize bytes at least.
func frameSize(head []byte) (int, error) {
	size, most := binary.BigEndian.Uint32(head[2:]), uint32(MaxCommand)
	if isHost(head) {
		most = HeaderSize + MaxNV
	}
	if size < HeaderSize || size > most {
		return 0, fmt.Errorf("%w: tag %#04x, size %d", ErrFrame, binary.BigEndian.Uint16(head), size)
	}
	return int(size), nil
}

func isHost(frame []byte) bool { return binary.BigEndian.Uint16(frame) == tagHost }

func frameCode(frame []byte) uint32 { return binary.BigEndian.Uint32(frame[6:]) }

// hostFrame returns a frame of our own.
func hostFrame(code uint32, payload ...[]byte) []byte {
	frame := make([]byte, HeaderSize, HeaderSize+64)
	for _, p := range payload {
		frame = append(frame, p...)
	}
	binary.BigEndian.PutUint16(frame, tagHost)
	binary.BigEndian.PutUint32(frame[2:], uint32(len(frame)))
	binary.BigEndian.PutUint32(frame[6:], code)
	return frame
}

// startFrame returns the first frame a TPM process is sent.
func startFrame(b Boot) []byte {
	fixed := make([]byte, 4+KeySize)
	if b.Stream != nil {
		fixed[3] = startSeeded
		copy(fixed[4:], b.Stream[:])
	}
	return hostFrame(codeStart, fixed, bytes.TrimRight(b.NV, "\x00"))
}

// parseReady reads a whole codeReady frame.
func parseReady(frame []byte) (readiness, error) {
	const fixed = HeaderSize + 12
	if len(frame) < fixed || len(frame) > fixed+64 || !isHost(frame) || frameCode(frame) != codeReady {
		return readiness{}, fmt.Errorf("%w: not the readiness of a TPM", ErrFrame)
	}
	r := readiness{
		RC:      binary.BigEndian.Uint32(frame[10:]),
		PID:     int(binary.BigEndian.Uint32(frame[14:])),
		NVSize:  int(binary.BigEndian.Uint32(frame[18:])),
		Profile: string(frame[fixed:]),
	}
	if r.PID <= 1 || r.NVSize < 1 || r.NVSize > MaxNV || r.Profile == "" {
		return readiness{}, fmt.Errorf("%w: readiness with impossible values", ErrFrame)
	}
	return r, nil
}
