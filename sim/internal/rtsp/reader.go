package rtsp

import (
	"errors"
	"sync/atomic"
	"time"
)

// errLeft is why a reader ended that wanted to.
var errLeft = errors.New("reader left")

// start is where a stream begins for one reader: the first packet's sequence
// number and timestamp, and the instant it shows by the camera's clock.
type start struct {
	sequence  uint16
	timestamp uint32
	wall      time.Time
}

// sink takes the packets of one reader. Its methods never block and are called
// with the stream's mutex held.
type sink interface {
	// unit takes an access unit whole, or returns false.
	unit(s *Stream, r *reader, u *unit) bool
	// rtcp takes an RTCP packet. One that does not fit is lost.
	rtcp(b []byte)
	// detach gives back what the session's transport holds. It is called
	// without the stream's mutex, when nothing is sent any more.
	detach(x *session)
}

// reader is one playing session of a stream.
type reader struct {
	sink sink
	// begin is called once, before the first packet is sent.
	begin func(start)
	// gone is called once if the stream ends the reader against its will. It
	// must not call the stream.
	gone  func(why error)
	ended chan struct{} // closed when the stream has let go of the reader

	// Guarded by the stream's mutex.
	begun  bool
	behind bool      // dropping until the next key frame
	again  time.Time // when the second sender report is due; zero: it was sent
	why    error     // why it ended; read after ended is closed

	packets, octets, droppedUnits, droppedPackets atomic.Uint64
}

func newReader(to sink, begin func(start), gone func(error)) *reader {
	return &reader{sink: to, begin: begin, gone: gone, ended: make(chan struct{})}
}

// drop counts an access unit that the reader does not get; it gets none until
// the next key frame, but for their SEIs.
func (r *reader) drop(u *unit) {
	r.behind = true
	r.droppedUnits.Add(1)
	r.droppedPackets.Add(uint64(len(u.packets)))
}

// keepSEIs gives a reader the SEIs of an access unit that it does not get: what it
// has got could not be verified without them. Media Signing 6.11.
func (r *reader) keepSEIs(s *Stream, u *unit) {
	if seis := u.seis(); len(seis.packets) > 0 && r.sink.unit(s, r, seis) {
		r.took(seis)
		r.droppedPackets.Add(-uint64(len(seis.packets)))
	}
}

// took counts what was handed to the network.
func (r *reader) took(u *unit) {
	r.packets.Add(uint64(len(u.packets)))
	r.octets.Add(uint64(u.payload))
}

// end says that nothing more comes.
func (r *reader) end(why error) {
	r.why = why
	close(r.ended)
	if !errors.Is(why, errLeft) {
		r.gone(why)
	}
}

// tcpSink sends interleaved frames on a connection. RFC 2326 10.12.
type tcpSink struct {
	conn     *conn
	channels [2]uint8 // RTP, RTCP
}

func (k *tcpSink) unit(_ *Stream, _ *reader, u *unit) bool {
	b := u.onChannel(k.channels[0])
	room := len(b)
	if u.due {
		room -= seiRoom
	}
	if !k.conn.out.room(room) {
		return false
	}
	return k.conn.send(b) == nil
}

func (k *tcpSink) rtcp(b []byte) {
	if !k.conn.out.room(len(b)) {
		return
	}
	if err := k.conn.send(interleave(k.channels[1], b)); err != nil {
		k.conn.log.Debug("no sender report", "error", err)
	}
}

func (k *tcpSink) detach(*session) { k.conn.free(k.channels) }
