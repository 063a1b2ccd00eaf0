package rtsp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// checkStart checks that PLAY's answer tells of the first packet, that a sender
// report comes with it, and that both give one instant the same time.
func checkStart(t *testing.T, r reply, p *rtp.Packet, control []rtcp.Packet) {
	t.Helper()
	info := r.header.get("rtp-info")
	if want := fmt.Sprintf(";seq=%d;rtptime=%d", p.SequenceNumber, p.Timestamp); !strings.HasSuffix(info, want) || !strings.HasPrefix(info, "url=rtsp://") {
		t.Errorf("RTP-Info: %q, want …%s", info, want)
	}
	begin, err := time.Parse("clock=20060102T150405.999999Z-", r.header.get("range"))
	if err != nil {
		t.Errorf("Range: %v", err)
	}
	if len(control) != 2 {
		t.Fatalf("%d RTCP packets with the first access unit, want 2", len(control))
	}
	sr, ok := control[0].(*rtcp.SenderReport)
	if !ok || sr.SSRC != p.SSRC {
		t.Fatalf("first RTCP packet: %v", control[0])
	}
	if d := instantOf(sr, p.Timestamp).Sub(begin); d.Abs() > 20*time.Microsecond {
		t.Errorf("sender report and Range are %v apart", d)
	}
	if sdes, ok := control[1].(*rtcp.SourceDescription); !ok || len(sdes.Chunks) != 1 || sdes.Chunks[0].Source != p.SSRC {
		t.Errorf("second RTCP packet: %v", control[1])
	}
}

// instantOf returns the wall clock time of an RTP timestamp by a sender report.
func instantOf(sr *rtcp.SenderReport, timestamp uint32) time.Time {
	seconds, fraction := int64(sr.NTPTime>>32)-2208988800, float64(uint32(sr.NTPTime))/(1<<32)
	at := time.Unix(seconds, int64(fraction*1e9))
	return at.Add(time.Duration(int32(timestamp-sr.RTPTime)) * time.Second / 90000).UTC()
}
