package rtsp

import (
	"encoding/binary"

	"github.com/camfleet/camfleet/streams/pack"
	"github.com/pion/rtp"
)

// unit is one access unit made ready for all readers of a stream: its packets
// lie in one buffer as interleaved frames, so that a TCP reader costs one write
// and copies nothing. Buffers are made on first use and never changed after.
// Units belong to their stream's goroutine; buffers may be kept by anybody.
type unit struct {
	key         bool
	packets     []rtp.Packet
	payload     int // bytes of all payloads
	interleaved []channelBuffer
	datagrams   []run

	sei *unit // the packets with SEIs alone; nil: they were not looked for
	due bool  // goes to readers that are behind, too
}

// channelBuffer is the unit for readers that chose one interleaved channel.
type channelBuffer struct {
	channel uint8
	bytes   []byte
}

// run is a number of packets a kernel can cut out of one buffer: all have
// segment bytes, only the last may have fewer. UDP_SEGMENT in udp(7).
type run struct {
	bytes   []byte
	segment int
	packets int
}

// Limits of one UDP_SEGMENT send: the kernel takes 64 segments, and a UDP
// datagram can have 65507 bytes.
const (
	runPackets = 64
	runBytes   = 65000
)

func newUnit(packets []rtp.Packet, key bool) *unit {
	u := &unit{key: key, packets: packets}
	for i := range packets {
		u.payload += len(packets[i].Payload)
	}
	return u
}

// seis returns the packets that hold SEIs as a unit of their own, which has none
// if there are none. Its last packet ends the access unit: more of it does not
// come.
func (u *unit) seis() *unit {
	if u.sei != nil {
		return u.sei
	}
	var packets []rtp.Packet
	for _, p := range u.packets {
		if pack.HoldsSEI(p.Payload) {
			packets = append(packets, p)
		}
	}
	if n := len(packets); n > 0 {
		packets[n-1].Marker = true
	}
	u.sei = newUnit(packets, false)
	u.sei.due = true
	return u.sei
}

// frameHeader is the size of an interleaved frame's header. RFC 2326 10.12.
const frameHeader = 4

// onChannel returns the unit as interleaved frames of a channel.
func (u *unit) onChannel(channel uint8) []byte {
	for _, b := range u.interleaved {
		if b.channel == channel {
			return b.bytes
		}
	}
	var out []byte
	if len(u.interleaved) > 0 {
		out = append(out, u.interleaved[0].bytes...)
		for at := 0; at < len(out); at += frameHeader + int(binary.BigEndian.Uint16(out[at+2:])) {
			out[at+1] = channel
		}
	} else {
		out = u.marshal(channel)
	}
	u.interleaved = append(u.interleaved, channelBuffer{channel, out})
	return out
}

func (u *unit) marshal(channel uint8) []byte {
	out := make([]byte, u.size()+len(u.packets)*frameHeader)
	at := 0
	for i := range u.packets {
		n := marshalPacket(out[at+frameHeader:], &u.packets[i])
		out[at], out[at+1] = '$', channel
		binary.BigEndian.PutUint16(out[at+2:], uint16(n))
		at += frameHeader + n
	}
	return out
}

// size returns the bytes of all packets, headers included.
func (u *unit) size() int {
	size := u.payload
	for i := range u.packets {
		size += u.packets[i].Header.MarshalSize()
	}
	return size
}

// marshalPacket writes a packet into b, which is large enough for it.
func marshalPacket(b []byte, p *rtp.Packet) int {
	n, err := p.Header.MarshalTo(b)
	if err != nil {
		panic(err) // the buffer was measured with the same header
	}
	return n + copy(b[n:], p.Payload)
}

// runs returns the unit as datagrams.
func (u *unit) runs() []run {
	if u.datagrams != nil {
		return u.datagrams
	}
	buf := make([]byte, u.size())
	var current run
	at, from := 0, 0
	flush := func() {
		if current.packets > 0 {
			current.bytes = buf[from:at:at]
			u.datagrams = append(u.datagrams, current)
		}
		current, from = run{}, at
	}
	last := 0 // size of the packet before
	for i := range u.packets {
		size := u.packets[i].Header.MarshalSize() + len(u.packets[i].Payload)
		if current.packets == runPackets || at-from+size > runBytes || size > current.segment || last < current.segment {
			flush()
			current.segment = size
		}
		at += marshalPacket(buf[at:], &u.packets[i])
		current.packets++
		last = size
	}
	flush()
	return u.datagrams
}
