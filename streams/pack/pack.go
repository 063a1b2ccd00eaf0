// Package pack puts access units into RTP packets.
//
// H.264 goes by RFC 6184 in packetization mode 1: single NAL unit packets,
// STAP-A for small NAL units that follow each other, FU-A for those that do not
// fit. The marker bit is set on the last packet of an access unit, all packets
// of an access unit carry one timestamp of a 90 kHz clock.
//
// The packets carry no header extension; who adds one (ONVIF's 0xABAC of a
// replay: 16 bytes) asks for that much smaller payloads.
package pack

import (
	"errors"
	"fmt"

	"github.com/camfleet/camfleet/streams"
	"github.com/pion/rtp"
)

// HeaderSize is the size of an RTP header without extension, in bytes.
const HeaderSize = 12

// Limits of the payload size, in bytes. The default leaves room for IPv6, UDP,
// RTP and an SRTP tag in 1500 bytes; the maximum for an interleaved frame's
// 16-bit length (RFC 2326 10.12).
const (
	DefaultPayloadSize = 1400
	MinPayloadSize     = 16
	MaxPayloadSize     = 65000
)

// ErrCodec says that access units of this coding cannot be packed.
var ErrCodec = errors.New("coding has no RTP payload format here")

// Config says what the packets of one RTP stream look like. RFC 3550 wants SSRC
// and Sequence to be random.
type Config struct {
	PayloadType uint8  // 96 to 127 for H.264
	SSRC        uint32 // synchronization source
	Sequence    uint16 // sequence number of the first packet
	PayloadSize int    // bytes a payload may have; 0: DefaultPayloadSize
}

// Packetizer makes the packets of one RTP stream. It is used by one goroutine
// at a time.
type Packetizer struct {
	config Config
	next   uint16
}

// New returns a packetizer for access units of a coding. The error is
// [ErrCodec], or says which value of the configuration is out of range.
func New(codec streams.Codec, c Config) (*Packetizer, error) {
	if codec != streams.H264 {
		return nil, fmt.Errorf("pack: %q: %w", codec, ErrCodec)
	}
	if c.PayloadSize == 0 {
		c.PayloadSize = DefaultPayloadSize
	}
	if c.PayloadSize < MinPayloadSize || c.PayloadSize > MaxPayloadSize {
		return nil, fmt.Errorf("pack: payload size %d: want %d to %d bytes", c.PayloadSize, MinPayloadSize, MaxPayloadSize)
	}
	if c.PayloadType > 127 {
		return nil, fmt.Errorf("pack: payload type %d: want 0 to 127", c.PayloadType)
	}
	return &Packetizer{config: c, next: c.Sequence}, nil
}

// Sequence returns the sequence number the next packet will have.
func (p *Packetizer) Sequence() uint16 { return p.next }

// Pack returns the packets of an access unit, in order, all with the timestamp
// given. Payloads do not share memory with the access unit. An access unit that
// cannot be packed is an error and uses up no sequence number.
func (p *Packetizer) Pack(au *streams.AccessUnit, timestamp uint32) ([]rtp.Packet, error) {
	payloads, err := p.h264(au.NALs)
	if err != nil {
		return nil, fmt.Errorf("pack: frame %d: %w", au.Frame, err)
	}
	packets := make([]rtp.Packet, len(payloads))
	for i, payload := range payloads {
		packets[i].Header = rtp.Header{
			Version:        2,
			Marker:         i == len(payloads)-1,
			PayloadType:    p.config.PayloadType,
			SequenceNumber: p.next,
			Timestamp:      timestamp,
			SSRC:           p.config.SSRC,
		}
		packets[i].Payload = payload
		p.next++
	}
	return packets, nil
}
