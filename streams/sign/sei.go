package sign

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/camfleet/camfleet/streams"
)

// ErrSEI says that a SEI is none of Media Signing, or cannot be read.
var ErrSEI = errors.New("not a readable signing SEI")

// MaxSEI is how many bytes a SEI NAL unit may have, with emulation prevention:
// more than the largest hash list, four certificates and vendor texts take.
const MaxSEI = 4 << 20

// Bits of the reserved byte. Media Signing 6.7.1.
const (
	certificateBit = 0x80
	escapedBit     = 0x40
)

// SEI is one SEI NAL unit of Media Signing. Parts that are nil are left out.
type SEI struct {
	Codec streams.Codec
	// Certificate marks the SEI that only holds certificates; it covers no slices.
	Certificate bool
	// Escaped says that the signature is over the bytes with emulation prevention.
	Escaped bool

	General   *General
	Hashes    [][]byte // the hash list, 32 bytes each
	Crypto    *Crypto
	Vendor    *Vendor
	Chain     *Chain
	Arbitrary []byte // of tag 7; Media Signing 25.12 and before

	// Signature is the signature itself, DER for ECDSA, without padding; nil: the
	// SEI is not signed.
	Signature []byte
	// SignatureSize are the bytes the signature is padded to.
	SignatureSize int

	// Unescaped says, of a SEI that was read, that it had no emulation prevention
	// though its bytes needed it.
	Unescaped bool

	document []byte // as read: the bytes the signature is over
	raw      []byte // as read: the whole NAL unit, as an unsigned SEI is hashed
	order    []byte // as read: the tags
}

// Document returns the bytes that the signature is over, from the NAL unit
// header to the byte before the signature's TLV. Of a SEI that was read they are
// those read. Media Signing 6.7.
func (s *SEI) Document() ([]byte, error) {
	if s.document != nil {
		return s.document, nil
	}
	plain, err := s.plain()
	if err != nil {
		return nil, err
	}
	if s.Escaped {
		return escape(nil, plain), nil
	}
	return plain, nil
}

// Tags returns the tags of a SEI that was read, in order; nil for others.
func (s *SEI) Tags() []byte { return bytes.Clone(s.order) }

// Edit forgets the bytes that were read: Document and NAL are made from the
// fields from now on. The order of the tags becomes that of the reference signer.
func (s *SEI) Edit() { s.document, s.raw, s.order, s.Unescaped = nil, nil, nil, false }

// Sign signs the SEI anew with a key, after a change of its fields and Edit.
func (s *SEI) Sign(key crypto.Signer) error {
	size, err := signatureSize(key.Public())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrIdentity, err)
	}
	s.SignatureSize = size
	document, err := s.Document()
	if err != nil {
		return err
	}
	digest := sha256.Sum256(document)
	signature, err := signDigest(key, digest[:])
	if err != nil {
		return fmt.Errorf("SEI: %w", err)
	}
	if len(signature) > size {
		return fmt.Errorf("SEI: signature of %d bytes: want at most %d", len(signature), size)
	}
	s.Signature = signature
	return nil
}

// NAL returns the NAL unit, with emulation prevention, without start code. Of a
// SEI that was read it is what was read.
func (s *SEI) NAL() ([]byte, error) {
	if s.raw != nil {
		return bytes.Clone(s.raw), nil
	}
	plain, err := s.plain()
	if err != nil {
		return nil, err
	}
	if s.Signature != nil {
		plain, err = appendSignature(plain, s.Signature, s.SignatureSize)
		if err != nil {
			return nil, err
		}
	}
	return escape(make([]byte, 0, len(plain)+len(plain)/64+8), append(plain, stop)), nil
}

// stop is the byte of rbsp_trailing_bits: everything before it is whole bytes.
const stop = 0x80

// plain returns the SEI from its header up to where the signature goes, without
// emulation prevention.
func (s *SEI) plain() ([]byte, error) {
	body, err := s.tlvs()
	if err != nil {
		return nil, err
	}
	size := len(uuid) + 1 + len(body)
	if s.Signature != nil || s.SignatureSize > 0 {
		size += signatureTLV(s.SignatureSize)
	}
	if size > MaxSEI/2 {
		return nil, fmt.Errorf("%w: payload of %d bytes: want at most %d", ErrSEI, size, MaxSEI/2)
	}
	b := append(make([]byte, 0, size+size/255+8), seiHeader(s.Codec)...)
	b = append(b, payloadType)
	for ; size >= 0xff; size -= 0xff {
		b = append(b, 0xff)
	}
	b = append(append(b, byte(size)), uuid...)
	var reserved byte
	if s.Certificate {
		reserved |= certificateBit
	}
	if s.Escaped {
		reserved |= escapedBit
	}
	return append(append(b, reserved), body...), nil
}

// ParseSEI reads a NAL unit. The error is an [ErrSEI] if it is no SEI of Media
// Signing or cannot be read: [IsSEI] tells the two apart. The SEI does not share
// memory with nal.
func ParseSEI(codec streams.Codec, nal []byte) (*SEI, error) {
	if err := checkCodec(codec); err != nil {
		return nil, err
	}
	if !IsSEI(codec, nal) {
		return nil, fmt.Errorf("%w: not one of Media Signing", ErrSEI)
	}
	if len(nal) > MaxSEI {
		return nil, fmt.Errorf("%w: %d bytes: want at most %d", ErrSEI, len(nal), MaxSEI)
	}
	nal = bytes.Clone(trim(nal))
	size, start := payloadSize(nal[header(codec)+1:])
	start += header(codec) + 1
	s := &SEI{Codec: codec, raw: nal}
	plain, at := nal, []int(nil)
	switch n := len(nal) - start - size; {
	case n == 0 || n == 1: // as long as its plain bytes: nothing is escaped
		s.Unescaped = needsEscape(nal)
	default:
		plain, at = unescape(nal)
	}
	if len(plain) < start+size {
		return nil, fmt.Errorf("%w: %d bytes of payload: want %d", ErrSEI, len(plain)-start, size)
	}
	reserved := plain[start+len(uuid)]
	s.Certificate, s.Escaped = reserved&certificateBit != 0, reserved&escapedBit != 0
	from := start + len(uuid) + 1
	signature, err := s.parseTLVs(plain[from : start+size])
	if err != nil {
		return nil, err
	}
	if s.Signature != nil {
		s.document = s.signed(plain, at, from+signature)
	}
	return s, nil
}

// signed returns what a signature, whose TLV begins at an offset of the plain
// bytes, is over.
func (s *SEI) signed(plain []byte, at []int, end int) []byte {
	switch {
	case !s.Escaped:
		return plain[:end]
	case s.Unescaped: // what would have been sent
		return escape(nil, plain[:end])
	case at == nil:
		return s.raw[:end]
	}
	return s.raw[:at[end-1]+1]
}

// IsSEI reports whether a NAL unit is a SEI of Media Signing, readable or not.
func IsSEI(codec streams.Codec, nal []byte) bool {
	k, _ := classify(codec, nal)
	return k == signing && len(nal) > header(codec)+2+len(uuid)
}

// payloadSize reads the size after the payload type, and how many bytes it takes.
func payloadSize(b []byte) (size, n int) {
	for b[n] == 0xff {
		size += 0xff
		n++
	}
	return size + int(b[n]), n + 1
}
