package rtsp

import (
	"cmp"
	"slices"
	"time"
)

// StreamStats says what a stream has done since it was made. Packets and Octets
// are those made once for all readers; Octets counts payloads only.
type StreamStats struct {
	Readers                   int
	Frames, KeyFrames         uint64
	Packets, Octets, Failures uint64
}

// Stats returns the counts of now.
func (s *Stream) Stats() StreamStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts
	c.Readers = len(s.readers)
	return c
}

// SessionStats says what one session does. Sessions are numbered as they are
// made; their ids are secrets.
type SessionStats struct {
	Number    uint64
	Peer      string // client's address
	User      string
	Path      string // of the URL it set up
	Transport string // "TCP", "UDP" or the tunnel's name
	Secure    bool
	Playing   bool
	Made      time.Time // by the camera's clock

	Packets, Octets              uint64 // handed to the network since PLAY
	DroppedUnits, DroppedPackets uint64 // not sent: the reader was too slow

	// The reader's last receiver report. RFC 3550 6.4.2.
	Reports      uint64        // how many came
	FractionLost float64       // since the one before, 0 to 1
	TotalLost    uint32        // packets
	Jitter       time.Duration // of arrival
}

// Stats says what a server does.
type Stats struct {
	Connections int
	Requests    uint64
	Sessions    []SessionStats // by Number
	Sent        Sent           // by all sessions since the server was made
}

// Sent counts what was handed to the network, and what slow readers did not get.
type Sent struct {
	Packets, Octets              uint64
	DroppedUnits, DroppedPackets uint64
}

// add counts what a reader has had.
func (n *Sent) add(r *reader) {
	n.Packets += r.packets.Load()
	n.Octets += r.octets.Load()
	n.DroppedUnits += r.droppedUnits.Load()
	n.DroppedPackets += r.droppedPackets.Load()
}

// retire ends a reader's part in its stream and keeps its counts.
func (s *Server) retire(x *session, r *reader) {
	x.stream.leave(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past.add(r)
}

// Stats returns the counts of now.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	st := Stats{Connections: len(s.conns), Requests: s.requests.Load(), Sent: s.past}
	sessions := make([]*session, 0, len(s.sessions))
	for _, x := range s.sessions {
		sessions = append(sessions, x)
	}
	s.mu.Unlock()
	for _, x := range sessions {
		n := x.stats()
		st.Sessions = append(st.Sessions, n)
		st.Sent.Packets += n.Packets
		st.Sent.Octets += n.Octets
		st.Sent.DroppedUnits += n.DroppedUnits
		st.Sent.DroppedPackets += n.DroppedPackets
	}
	slices.SortFunc(st.Sessions, func(a, b SessionStats) int { return cmp.Compare(a.Number, b.Number) })
	return st
}
