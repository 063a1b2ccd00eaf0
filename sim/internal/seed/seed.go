// Package seed gives named random streams.
//
// A fleet has one master; every consumer derives its own stream by name, so a
// new consumer shifts nobody else's numbers and one --seed replays a whole run:
//
//	seed.New(7).Sub("cam-0007").Stream("keystore/nonce")
//
// This is the only package that uses math/rand.
package seed

import (
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
)

// Source is a master secret from which streams are derived by name.
// Sources are values and safe to copy.
type Source struct {
	master [32]byte
	fixed  bool
}

// New returns the source of a numbered run: equal n, equal streams.
func New(n uint64) Source {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	return Source{master: sha256.Sum256(append([]byte("camfleet seed "), b[:]...)), fixed: true}
}

// Random returns a source nobody can foretell, from the machine's entropy.
func Random() Source {
	var s Source
	crand.Read(s.master[:]) // never fails (Go 1.24)
	return s
}

// Parse returns the source that Source.String wrote.
func Parse(text string) (Source, error) {
	var s Source
	if len(text) != 66 || (text[:2] != "f:" && text[:2] != "r:") {
		return s, fmt.Errorf("seed: want f: or r: and 64 hexadecimal digits")
	}
	s.fixed = text[0] == 'f'
	if _, err := hex.Decode(s.master[:], []byte(text[2:])); err != nil {
		return Source{}, fmt.Errorf("seed: %w", err)
	}
	return s, nil
}

// String returns the source as text for a state file. It is a secret.
func (s Source) String() string {
	kind := "r:"
	if s.fixed {
		kind = "f:"
	}
	return kind + hex.EncodeToString(s.master[:])
}

// Fixed reports whether the source came from [New]: the run is to be the same
// every time it is made.
func (s Source) Fixed() bool { return s.fixed }

// Sub returns the source of the thing called name.
func (s Source) Sub(name string) Source {
	h := sha256.New()
	h.Write(s.master[:])
	h.Write([]byte{'/'})
	io.WriteString(h, name) //nolint:errcheck // a hash never fails
	out := Source{fixed: s.fixed}
	h.Sum(out.master[:0])
	return out
}

// Bytes returns the n first bytes of the stream called name.
func (s Source) Bytes(name string, n int) []byte {
	b := make([]byte, n)
	s.Stream(name).Read(b) //nolint:errcheck // a Stream never fails
	return b
}

// Stream returns the random stream called name, from its beginning.
func (s Source) Stream(name string) *Stream {
	sub := s.Sub(name)
	c := rand.NewChaCha8(sub.master)
	return &Stream{c: c, r: rand.New(c)}
}

// Stream is a random stream. Its methods may be called by many goroutines.
type Stream struct {
	mu sync.Mutex
	c  *rand.ChaCha8
	r  *rand.Rand
}

// Read fills p with random bytes and never fails.
func (s *Stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.c.Read(p)
}

// Uint64 returns 64 random bits.
func (s *Stream) Uint64() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.Uint64()
}

// IntN returns a number of [0, n); n must be positive.
func (s *Stream) IntN(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.IntN(n)
}

// Float64 returns a number of [0, 1).
func (s *Stream) Float64() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.Float64()
}

// UUID returns a random UUID (RFC 9562 version 4) in its 36-character form.
func (s *Stream) UUID() string {
	var b [16]byte
	s.Read(b[:]) //nolint:errcheck // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
