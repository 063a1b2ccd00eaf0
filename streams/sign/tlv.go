package sign

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"time"
)

// Tags of the TLVs. Media Signing 6.7.3.
const (
	tagGeneral byte = iota + 1
	tagHashList
	tagSignature
	tagCrypto
	tagVendor
	tagCertificates
	tagArbitrary
)

// tlvHeader is the size of tag and length.
const tlvHeader = 3

// General is the TLV about the GOP. Media Signing 6.7.4.
type General struct {
	// Layout is the version of the TLV: 2 with Start and End, 1 with Start only.
	Layout byte
	// Version is that of the specification: major, minor, and a number of the
	// reference implementation's own.
	Version [3]byte
	// Partial says that the SEI ended inside a GOP.
	Partial bool
	// Start is the time of the first picture covered, End of the first one after
	// them, in 100 ns ticks since 1601; End is 0 in layout 1.
	Start, End uint64
	// Counter grows by one with each SEI that has this TLV.
	Counter uint32
	// Count is how many NAL units are covered.
	Count uint16
	// Hash is over the entries of the hash list, Linked the first entry of the
	// list before; 32 bytes each.
	Hash, Linked []byte
}

// epoch is 1970 in ticks of 100 ns since 1601.
const epoch = 116444736000000000

// Ticks returns a time as the general TLV writes it; times before 1601 are 0.
func Ticks(t time.Time) uint64 {
	n := t.Unix()*1e7 + int64(t.Nanosecond())/100 + epoch
	if n < 0 {
		return 0
	}
	return uint64(n)
}

// Instant returns the time that a general TLV writes so; what lies after the
// year 9999 is the last second of it.
func Instant(ticks uint64) time.Time {
	const last = 2650467743990000000
	n := int64(min(ticks, last)) - epoch //nolint:gosec // bounded by last
	sec, rest := n/1e7, n%1e7
	return time.Unix(sec, rest*100).UTC()
}

// Crypto is the TLV about algorithms. Media Signing 6.7.5.
type Crypto struct {
	Hash      []byte // the hash's object identifier as DER
	Algorithm []byte // the signature's, empty where the key says it
	RSABits   uint16
}

// sha256OID is 2.16.840.1.101.3.4.2.1 as DER.
const sha256OID = "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"

// Vendor is the TLV about the camera; each text has at most 255 bytes.
// Media Signing 6.7.6.
type Vendor struct {
	FirmwareVersion string `json:"firmware_version"`
	SerialNumber    string `json:"serial_number"`
	Manufacturer    string `json:"manufacturer"`
}

// MaxVendorText is the most bytes that a text of [Vendor] can have.
const MaxVendorText = 255

// Chain is the TLV with the certificates. Media Signing 6.7.9.
type Chain struct {
	User bool   // the key was brought by the user
	PEM  []byte // the certificates, leaf first, without the root
}

// tlvs returns all TLVs but the signature, in the reference signer's order.
func (s *SEI) tlvs() ([]byte, error) {
	w := &tlvWriter{}
	if c := s.Crypto; c != nil {
		w.tlv(tagCrypto, text8(c.Hash), text8(c.Algorithm), binary.BigEndian.AppendUint16(nil, c.RSABits))
	}
	if v := s.Vendor; v != nil {
		for _, text := range []string{v.FirmwareVersion, v.SerialNumber, v.Manufacturer} {
			if len(text) > MaxVendorText {
				return nil, fmt.Errorf("%w: vendor text of %d bytes: want at most %d", ErrSEI, len(text), MaxVendorText)
			}
		}
		w.tlv(tagVendor, text8(v.FirmwareVersion), text8(v.SerialNumber), text8(v.Manufacturer))
	}
	if c := s.Chain; c != nil {
		w.tlv(tagCertificates, []byte{bit(c.User)}, c.PEM)
	}
	if g := s.General; g != nil {
		w.general(g)
	}
	if s.Hashes != nil {
		w.tlv(tagHashList, s.Hashes...)
	}
	if s.Arbitrary != nil {
		w.tlv(tagArbitrary, s.Arbitrary)
	}
	return w.b, w.err
}

// tlvWriter appends TLVs whose value begins with version 1.
type tlvWriter struct {
	b   []byte
	err error
}

func (w *tlvWriter) tlv(tag byte, parts ...[]byte) { w.versioned(tag, 1, parts...) }

func (w *tlvWriter) versioned(tag, version byte, parts ...[]byte) {
	n := 1
	for _, p := range parts {
		n += len(p)
	}
	if n > math.MaxUint16 {
		w.err = fmt.Errorf("%w: tag %d has %d bytes: want at most %d", ErrSEI, tag, n, math.MaxUint16)
		return
	}
	w.b = append(w.b, tag, byte(n>>8), byte(n), version)
	for _, p := range parts {
		w.b = append(w.b, p...)
	}
}

func (w *tlvWriter) general(g *General) {
	b := append(g.Version[:len(g.Version):len(g.Version)], bit(g.Partial))
	b = binary.BigEndian.AppendUint64(b, g.Start)
	if g.Layout != 1 {
		b = binary.BigEndian.AppendUint64(b, g.End)
	}
	b = binary.BigEndian.AppendUint32(b, g.Counter)
	b = binary.BigEndian.AppendUint16(b, g.Count)
	w.versioned(tagGeneral, max(g.Layout, 1), b, g.Hash, g.Linked)
}

// text8 returns text with its size before it; it has at most 255 bytes.
func text8[T string | []byte](text T) []byte {
	return append([]byte{byte(len(text))}, text...)
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// signatureTLV is the size of the TLV of a signature padded to size bytes.
func signatureTLV(size int) int { return tlvHeader + 3 + size }

// appendSignature appends the signature's TLV. The padding is ones, which need
// no emulation prevention. Media Signing 6.7.8.
func appendSignature(b, signature []byte, size int) ([]byte, error) {
	if len(signature) > size || size > math.MaxUint16-3 {
		return nil, fmt.Errorf("%w: signature of %d bytes in %d", ErrSEI, len(signature), size)
	}
	b = append(b, tagSignature, byte((3+size)>>8), byte(3+size), 1, byte(len(signature)>>8), byte(len(signature)))
	b = append(b, signature...)
	return append(b, bytes.Repeat([]byte{1}, size-len(signature))...), nil
}
