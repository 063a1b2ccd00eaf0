package rtsp

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTransportHeadersAreRead(t *testing.T) {
	t.Parallel()
	ports := func(a, b uint16) *[2]uint16 { return &[2]uint16{a, b} }
	channels := func(a, b uint8) *[2]uint8 { return &[2]uint8{a, b} }
	for _, c := range []struct {
		values []string
		want   []transportSpec
	}{
		{[]string{"RTP/AVP;unicast;client_port=8002-8003"}, []transportSpec{{profile: "RTP/AVP", lower: "UDP", mode: "PLAY", clientPort: ports(8002, 8003)}}},
		{[]string{"rtp/avp/udp ; UNICAST ; client_port = 65534 ; mode = \"play\""}, []transportSpec{{profile: "RTP/AVP", lower: "UDP", mode: "PLAY", clientPort: ports(65534, 65535)}}},
		{[]string{"RTP/AVP/TCP;interleaved=254-255;ssrc=1;source=evil.example;ttl=x"}, []transportSpec{{profile: "RTP/AVP", lower: "TCP", mode: "PLAY", interleaved: channels(254, 255)}}},
		{[]string{"RTP/AVP/TCP;interleaved=7"}, []transportSpec{{profile: "RTP/AVP", lower: "TCP", mode: "PLAY", interleaved: channels(7, 8)}}},
		{[]string{"RTP/AVP;multicast;destination=\"232.0.0.1\";mode=RECORD"}, []transportSpec{{profile: "RTP/AVP", lower: "UDP", mode: "RECORD", multicast: true, destination: "232.0.0.1"}}},
		{
			[]string{"RTP/SAVP/TCP, RTP/AVP;destination=\"a,b;c\",", "RAW/RAW/UDP"},
			[]transportSpec{
				{profile: "RTP/SAVP", lower: "TCP", mode: "PLAY"},
				{profile: "RTP/AVP", lower: "UDP", mode: "PLAY", destination: "a,b;c"},
				{profile: "RAW/RAW", lower: "UDP", mode: "PLAY"},
			},
		},
	} {
		got, err := parseTransport(c.values, 16)
		if err != nil {
			t.Errorf("%q: %v", c.values, err)
			continue
		}
		if d := cmp.Diff(c.want, got, cmp.AllowUnexported(transportSpec{})); d != "" {
			t.Errorf("%q (-want +got):\n%s", c.values, d)
		}
	}
}

func badTransports() []string {
	return []string{
		"", " , ;", "RTP", "RTP/AVP/TCP/X", ";unicast",
		"RTP/AVP;client_port=", "RTP/AVP;client_port", "RTP/AVP;client_port=0-1", "RTP/AVP;client_port=70000",
		"RTP/AVP;client_port=65535", "RTP/AVP;client_port=5000-5000", "RTP/AVP;client_port=-1", "RTP/AVP;client_port=1-2-3",
		"RTP/AVP/TCP;interleaved=255", "RTP/AVP/TCP;interleaved=256-257", "RTP/AVP/TCP;interleaved=1-1", "RTP/AVP/TCP;interleaved=a-b",
		"RTP/AVP, RTP/AVP/TCP;interleaved=x",
	}
}

func TestMalformedTransportHeadersAreRefused(t *testing.T) {
	t.Parallel()
	for _, value := range badTransports() {
		if got, err := parseTransport([]string{value}, 16); err == nil {
			t.Errorf("%q: %+v", value, got)
		}
	}
	if _, err := parseTransport(nil, 16); err == nil {
		t.Error("no header is accepted")
	}
	many := strings.Repeat("RTP/AVP,", 16)
	if got, err := parseTransport([]string{many}, 16); err != nil || len(got) != 16 {
		t.Errorf("16 alternatives: %d, %v", len(got), err)
	}
	if _, err := parseTransport([]string{many + "RTP/AVP"}, 16); err == nil {
		t.Error("17 alternatives are accepted")
	}
}

func TestMediaGoesNowhereButToTheClient(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		destination, peer string
		want              bool
	}{
		{"", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.1", true},
		{"::ffff:192.0.2.1", "192.0.2.1", true},
		{"[2001:db8::1]", "2001:db8::1", true},
		{"fe80::1", "fe80::1%eth0", true},
		{"192.0.2.2", "192.0.2.1", false},
		{"localhost", "127.0.0.1", false},
		{"255.255.255.255", "192.0.2.1", false},
	} {
		s := transportSpec{destination: c.destination}
		if got := s.sendsTo(netip.MustParseAddr(c.peer)); got != c.want {
			t.Errorf("destination %q of %s: %v", c.destination, c.peer, got)
		}
	}
}

func FuzzParseTransport(f *testing.F) {
	for _, value := range badTransports() {
		f.Add(value)
	}
	f.Add(`RTP/AVP/TCP;unicast;interleaved=0-1;mode="PLAY", RTP/AVP;client_port=1-2`)
	f.Fuzz(func(t *testing.T, value string) {
		specs, err := parseTransport([]string{value}, 4)
		if (err == nil) != (len(specs) > 0) || len(specs) > 4 {
			t.Fatalf("%d alternatives, %v", len(specs), err)
		}
		for _, s := range specs {
			if s.clientPort != nil && (s.clientPort[0] == 0 || s.clientPort[1] == 0 || s.clientPort[0] == s.clientPort[1]) {
				t.Fatalf("ports %v", *s.clientPort)
			}
			if s.interleaved != nil && s.interleaved[0] == s.interleaved[1] {
				t.Fatalf("channels %v", *s.interleaved)
			}
			s.sendsTo(netip.MustParseAddr("192.0.2.1"))
		}
	})
}
