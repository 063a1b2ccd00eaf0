package rtsp

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

func TestSDPHasTheAddressFamilyOfTheClient(t *testing.T) {
	t.Parallel()
	s, err := NewStream(StreamConfig{Source: newFlatSource(), Clock: clock.NewManual(begin2026()), Start: begin2026(), Seed: seed.New(1)})
	if err != nil {
		t.Fatal(err)
	}
	for local, want := range map[netip.Addr][2]string{
		netip.MustParseAddr("192.0.2.7"):    {"IN IP4 192.0.2.7", "c=IN IP4 0.0.0.0"},
		netip.MustParseAddr("2001:db8::7"):  {"IN IP6 2001:db8::7", "c=IN IP6 ::"},
		netip.MustParseAddr("fe80::7%eth0"): {"IN IP6 fe80::7", "c=IN IP6 ::"},
		{}:                                  {"IN IP4 0.0.0.0", "c=IN IP4 0.0.0.0"},
	} {
		text := string(s.sdp(local))
		if !strings.Contains(text, "\r\no=- 3981589567 1 "+want[0]+"\r\n") || !strings.Contains(text, "\r\n"+want[1]+"\r\n") {
			t.Errorf("%v:\n%s", local, text)
		}
	}
}

func TestSDPWithoutParameterSetsNamesNone(t *testing.T) {
	t.Parallel()
	if got := h264Parameters(nil); got != "packetization-mode=1" {
		t.Error(got)
	}
}
