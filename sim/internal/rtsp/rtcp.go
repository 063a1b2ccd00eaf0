package rtsp

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtcp"
)

// ntpEpoch is 1970 in seconds of NTP, whose era began in 1900. RFC 5905 6.
const ntpEpoch = 2208988800

// ntpTime returns an instant as an NTP timestamp: seconds and 2^-32 s.
// It wraps around in 2036, as NTP does.
func ntpTime(t time.Time) uint64 {
	fraction := (uint64(t.Nanosecond())<<32 + 500_000_000) / 1_000_000_000
	return uint64(uint32(t.Unix()+ntpEpoch))<<32 + fraction
}

// senderReport is what a sender report tells. RFC 3550 6.4.1.
type senderReport struct {
	ssrc      uint32
	wall      time.Time // by the camera's clock
	timestamp uint32    // RTP time of the same instant
	packets   uint32    // sent since the stream began
	octets    uint32    // of their payloads
	cname     string
}

// bytes returns a compound packet: the report and the source's description,
// and a BYE if the stream ends for this reader. RFC 3550 6.1.
func (r senderReport) bytes(bye bool) ([]byte, error) {
	packets := []rtcp.Packet{
		&rtcp.SenderReport{
			SSRC: r.ssrc, NTPTime: ntpTime(r.wall), RTPTime: r.timestamp,
			PacketCount: r.packets, OctetCount: r.octets,
		},
		rtcp.NewCNAMESourceDescription(r.ssrc, r.cname),
	}
	if bye {
		packets = append(packets, &rtcp.Goodbye{Sources: []uint32{r.ssrc}})
	}
	return rtcp.Marshal(packets)
}

// interleave puts a packet into an interleaved frame.
func interleave(channel uint8, packet []byte) []byte {
	b := make([]byte, 0, frameHeader+len(packet))
	b = append(b, '$', channel)
	b = binary.BigEndian.AppendUint16(b, uint16(len(packet)))
	return append(b, packet...)
}

// feedback is what a reader's RTCP packets say about one source.
type feedback struct {
	alive    bool                  // a receiver report: the session is in use
	report   *rtcp.ReceptionReport // about the source; nil if none
	keyFrame bool                  // PLI or FIR: the reader cannot decode
}

// readFeedback reads a compound packet from a reader; ok is false if it is none.
func readFeedback(b []byte, ssrc uint32) (f feedback, ok bool) {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return feedback{}, false
	}
	note := func(reports []rtcp.ReceptionReport) {
		for i := range reports {
			if reports[i].SSRC == ssrc {
				f.report = &reports[i]
			}
		}
	}
	for _, packet := range packets {
		switch p := packet.(type) {
		case *rtcp.ReceiverReport:
			f.alive = true
			note(p.Reports)
		case *rtcp.SenderReport:
			note(p.Reports)
		case *rtcp.PictureLossIndication:
			f.keyFrame = f.keyFrame || p.MediaSSRC == ssrc
		case *rtcp.FullIntraRequest:
			for _, entry := range p.FIR {
				f.keyFrame = f.keyFrame || entry.SSRC == ssrc
			}
		}
	}
	return f, true
}
