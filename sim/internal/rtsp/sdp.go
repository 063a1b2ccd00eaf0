package rtsp

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
)

// sdp describes the stream to a client that is connected to a local address.
// RFC 4566; RFC 6184 8.2; RFC 2326 C; Streaming 5.4.3.
func (s *Stream) sdp(local netip.Addr) []byte {
	family, origin, anywhere := "IP4", "0.0.0.0", "0.0.0.0"
	if local.IsValid() {
		origin = local.WithZone("").String()
	}
	if local.Is6() {
		family, anywhere = "IP6", "::"
	}
	var b strings.Builder
	line := func(format string, args ...any) {
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\r\n")
	}
	pt := s.config.PayloadType
	line("v=0")
	line("o=- %d 1 IN %s %s", ntpTime(s.config.Start)>>32, family, origin)
	line("s=%s", s.config.Name)
	line("c=IN %s %s", family, anywhere)
	line("t=0 0")
	line("a=control:*")
	line("a=range:npt=now-")
	line("m=video 0 RTP/AVP %d", pt)
	line("a=rtpmap:%d H264/90000", pt)
	line("a=fmtp:%d %s", pt, h264Parameters(s.format.ParameterSets))
	line("a=framerate:%d", s.format.FPS)
	line("a=control:%s", s.config.Control)
	if s.config.Profile != "" {
		line("a=x-onvif-profile:%s", s.config.Profile)
	}
	return []byte(b.String())
}

// h264Parameters returns the media type parameters of RFC 6184 8.1.
func h264Parameters(sets [][]byte) string {
	parameters := []string{"packetization-mode=1"}
	var sprop []string
	for _, set := range sets {
		if len(set) >= 4 && set[0]&0x1f == 7 { // SPS: profile_idc, constraint flags, level_idc follow
			parameters = append(parameters, fmt.Sprintf("profile-level-id=%02X%02X%02X", set[1], set[2], set[3]))
		}
		sprop = append(sprop, base64.StdEncoding.EncodeToString(set))
	}
	if len(sprop) > 0 {
		parameters = append(parameters, "sprop-parameter-sets="+strings.Join(sprop, ","))
	}
	return strings.Join(parameters, ";")
}
