package sign

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// parseTLVs reads the TLVs of a payload and returns where the signature's begins.
// The signature must be the last one, none may come twice, unknown ones are
// refused as the reference does.
func (s *SEI) parseTLVs(b []byte) (signature int, err error) {
	at := 0
	for at < len(b) {
		if len(b)-at < tlvHeader {
			return 0, fmt.Errorf("%w: %d bytes after the last TLV", ErrSEI, len(b)-at)
		}
		tag, n := b[at], int(binary.BigEndian.Uint16(b[at+1:]))
		if at+tlvHeader+n > len(b) {
			return 0, fmt.Errorf("%w: tag %d has %d bytes, %d are there", ErrSEI, tag, n, len(b)-at-tlvHeader)
		}
		if s.Signature != nil {
			return 0, fmt.Errorf("%w: tag %d after the signature", ErrSEI, tag)
		}
		if bytes.IndexByte(s.order, tag) >= 0 {
			return 0, fmt.Errorf("%w: tag %d comes twice", ErrSEI, tag)
		}
		if err := s.parseTLV(tag, b[at+tlvHeader:at+tlvHeader+n]); err != nil {
			return 0, err
		}
		s.order = append(s.order, tag)
		signature = at
		at += tlvHeader + n
	}
	return signature, nil
}

func (s *SEI) parseTLV(tag byte, b []byte) error {
	r := &tlvReader{b: b}
	version := r.byte()
	if tag == tagGeneral {
		s.General = r.general(version)
	} else if version != 1 && !r.failed {
		return fmt.Errorf("%w: tag %d has version %d", ErrSEI, tag, version)
	}
	switch tag {
	case tagGeneral:
	case tagHashList:
		if len(r.b)%hashSize != 0 {
			return fmt.Errorf("%w: hash list of %d bytes", ErrSEI, len(r.b))
		}
		s.Hashes = [][]byte{}
		for len(r.b) > 0 {
			s.Hashes = append(s.Hashes, r.bytes(hashSize))
		}
	case tagSignature:
		n := int(r.uint16())
		s.SignatureSize = len(r.b)
		s.Signature = r.bytes(n)
		r.b = nil // padding
		if n == 0 {
			r.failed = true
		}
	case tagCrypto:
		s.Crypto = &Crypto{Hash: r.text(), Algorithm: r.text(), RSABits: r.uint16()}
	case tagVendor:
		s.Vendor = &Vendor{FirmwareVersion: string(r.text()), SerialNumber: string(r.text()), Manufacturer: string(r.text())}
	case tagCertificates:
		s.Chain = &Chain{User: r.byte() != 0, PEM: r.bytes(len(r.b))}
	case tagArbitrary:
		s.Arbitrary = r.bytes(len(r.b))
	default:
		return fmt.Errorf("%w: unknown tag %d", ErrSEI, tag)
	}
	if r.failed || len(r.b) > 0 {
		return fmt.Errorf("%w: tag %d has %d bytes, which is not its size", ErrSEI, tag, len(b))
	}
	return nil
}

// tlvReader reads the value of a TLV; what is not there makes it failed.
type tlvReader struct {
	b      []byte
	failed bool
}

func (r *tlvReader) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.failed, r.b = true, nil
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *tlvReader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *tlvReader) uint16() uint16 {
	if b := r.bytes(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (r *tlvReader) uint64() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// text reads bytes with their size before them.
func (r *tlvReader) text() []byte { return r.bytes(int(r.byte())) }

// general reads the TLV about the GOP in the layouts 1 and 2.
func (r *tlvReader) general(layout byte) *General {
	if layout != 1 && layout != 2 {
		r.failed = true
		return nil
	}
	g := &General{Layout: layout}
	copy(g.Version[:], r.bytes(len(g.Version)))
	g.Partial = r.byte() != 0
	g.Start = r.uint64()
	if layout == 2 {
		g.End = r.uint64()
	}
	if b := r.bytes(4); b != nil {
		g.Counter = binary.BigEndian.Uint32(b)
	}
	g.Count = r.uint16()
	g.Hash, g.Linked = r.bytes(hashSize), r.bytes(hashSize)
	return g
}
