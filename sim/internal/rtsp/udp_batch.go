package rtsp

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/net/ipv4"
)

// batch collects the datagrams of one access unit for all readers of a stream
// that share a socket, so that few system calls send them (sendmmsg), with the
// kernel cutting runs of packets where it can (UDP_SEGMENT).
type batch struct {
	pair     *portPair
	messages []ipv4.Message
	owners   []*reader // of each message
	units    []*unit   // of each message
	segments []int     // bytes of each packet of the message
}

// add puts a unit for one reader into the batch.
func (b *batch) add(to *net.UDPAddr, r *reader, u *unit) {
	for _, run := range u.runs() {
		if b.pair.offload.Load() || run.packets == 1 {
			b.message(to, r, u, run.bytes, run.segment, run.packets > 1)
			continue
		}
		for rest := run.bytes; len(rest) > 0; {
			n := min(len(rest), run.segment)
			b.message(to, r, u, rest[:n], n, false)
			rest = rest[n:]
		}
	}
}

// message appends one message, using again the memory of an earlier batch.
func (b *batch) message(to *net.UDPAddr, r *reader, u *unit, bytes []byte, segment int, offload bool) {
	var m ipv4.Message
	if n := len(b.messages); n < cap(b.messages) {
		m = b.messages[:n+1][n]
	}
	if m.Buffers == nil {
		m.Buffers = make([][]byte, 1)
	}
	m.Buffers[0], m.Addr = bytes, to
	m.OOB = m.OOB[:0]
	if offload {
		m.OOB = appendSegment(m.OOB, segment)
	}
	b.messages = append(b.messages, m)
	b.owners = append(b.owners, r)
	b.units = append(b.units, u)
	b.segments = append(b.segments, segment)
}

// flush sends the batch. What the socket does not take is dropped: such a
// reader gets nothing more until the next key frame.
func (b *batch) flush() {
	for at := 0; at < len(b.messages); {
		n, err := b.pair.writer.WriteBatch(b.messages[at:], dontWait)
		at += max(n, 0)
		if err == nil && n > 0 {
			continue
		}
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if len(b.messages[at].OOB) > 0 && !isFull(err) {
			b.pair.offload.Store(false)
			b.expand(at)
			continue
		}
		at = b.skip(at)
	}
	clear(b.owners)
	clear(b.units)
	for i := range b.messages {
		b.messages[i].Buffers[0], b.messages[i].Addr = nil, nil
	}
	b.messages, b.owners, b.units, b.segments = b.messages[:0], b.owners[:0], b.units[:0], b.segments[:0]
}

// isFull reports whether a send failed for want of room, which says nothing
// about offloading.
func isFull(err error) bool {
	return errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOBUFS)
}

// skip counts the unit of message at as dropped and returns the first message
// after it that is another reader's.
func (b *batch) skip(at int) int {
	owner := b.owners[at]
	owner.drop(b.units[at])
	for at < len(b.messages) && b.owners[at] == owner {
		at++
	}
	return at
}

// expand replaces the messages from at on by one a packet: the system or the
// network interface does not cut them after all.
func (b *batch) expand(at int) {
	old := *b
	b.messages = append([]ipv4.Message(nil), b.messages[:at]...)
	b.owners = append([]*reader(nil), b.owners[:at]...)
	b.units = append([]*unit(nil), b.units[:at]...)
	b.segments = append([]int(nil), b.segments[:at]...)
	for i := at; i < len(old.messages); i++ {
		to := old.messages[i].Addr.(*net.UDPAddr)
		for rest := old.messages[i].Buffers[0]; len(rest) > 0; {
			n := min(len(rest), old.segments[i])
			b.message(to, old.owners[i], old.units[i], rest[:n], n, false)
			rest = rest[n:]
		}
	}
}
