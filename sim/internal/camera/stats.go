package camera

// MediaStats counts what a camera has streamed since its last start.
type MediaStats struct {
	Viewers         int    // sessions that play now
	Packets, Octets uint64 // RTP packets sent, and their bytes
	Dropped         uint64 // access units slow viewers did not get
}

// Media returns the counts of now; they are zero while the camera is off.
func (c *Camera) Media() MediaStats {
	r := c.running()
	var m MediaStats
	if r == nil {
		return m
	}
	for _, s := range r.rtsp.Stats().Sessions {
		if s.Playing {
			m.Viewers++
		}
		m.Packets += s.Packets
		m.Octets += s.Octets
		m.Dropped += s.DroppedUnits
	}
	return m
}
