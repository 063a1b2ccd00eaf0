package camera

// MediaStats counts what a camera has streamed since its last start.
type MediaStats struct {
	Viewers         int    // sessions that play now
	Packets, Octets uint64 // RTP packets sent, and their bytes
	Dropped         uint64 // access units slow viewers did not get
}

// rtpHeader is the size of an RTP header without extension, in bytes.
const rtpHeader = 12

// Media returns the counts of now; they are zero while the camera is off.
func (c *Camera) Media() MediaStats {
	r := c.running()
	var m MediaStats
	if r == nil {
		return m
	}
	stats := r.rtsp.Stats()
	for _, s := range stats.Sessions {
		if s.Playing {
			m.Viewers++
		}
	}
	m.Packets, m.Dropped = stats.Sent.Packets, stats.Sent.DroppedUnits
	m.Octets = stats.Sent.Octets + rtpHeader*stats.Sent.Packets
	return m
}
