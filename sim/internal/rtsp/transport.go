package rtsp

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// transportSpec is one alternative of a Transport header, as far as the camera
// cares. RFC 2326 12.39. Addresses are kept as text: nothing is looked up.
type transportSpec struct {
	profile     string     // RTP/AVP, RTP/SAVP, …
	lower       string     // TCP or UDP
	multicast   bool       // asked for in so many words
	destination string     // "" if not given
	interleaved *[2]uint8  // channels
	clientPort  *[2]uint16 // UDP ports of the client
	mode        string     // upper case, PLAY if not given
}

var (
	errTransportMissing = errors.New("transport: header is missing")
	errTransportCount   = errors.New("transport: too many alternatives")
)

// parseTransport reads the values of all Transport header lines of a request:
// alternatives in the order of preference, at most limit of them. Parameters
// the camera does not know are skipped, values it does know must be right.
func parseTransport(values []string, limit int) ([]transportSpec, error) {
	var specs []transportSpec
	for _, value := range values {
		for _, text := range splitQuoted(value, ',') {
			if len(specs) == limit {
				return nil, errTransportCount
			}
			spec, err := parseTransportSpec(text)
			if err != nil {
				return nil, err
			}
			specs = append(specs, spec)
		}
	}
	if len(specs) == 0 {
		return nil, errTransportMissing
	}
	return specs, nil
}

// splitQuoted splits at a separator that does not stand between double quotes
// and drops parts that are empty.
func splitQuoted(s string, separator byte) []string {
	var parts []string
	from, quoted := 0, false
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] == '"' {
			quoted = !quoted
		}
		if i == len(s) || s[i] == separator && !quoted {
			if part := strings.TrimSpace(s[from:i]); part != "" {
				parts = append(parts, part)
			}
			from = i + 1
		}
	}
	return parts
}

func parseTransportSpec(text string) (transportSpec, error) {
	spec := transportSpec{lower: "UDP", mode: "PLAY"}
	parts := splitQuoted(text, ';')
	if len(parts) == 0 {
		return spec, errTransportMissing
	}
	protocol := strings.Split(strings.ToUpper(parts[0]), "/")
	switch len(protocol) {
	case 2:
	case 3:
		spec.lower = protocol[2]
	default:
		return spec, fmt.Errorf("transport: %q is not a protocol/profile", parts[0])
	}
	spec.profile = protocol[0] + "/" + protocol[1]
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		err := spec.parameter(strings.ToLower(strings.TrimSpace(name)), strings.Trim(strings.TrimSpace(value), `"`))
		if err != nil {
			return spec, err
		}
	}
	return spec, nil
}

// parameter sets one parameter. A client's source, ssrc, ttl, port, layers and
// append say nothing a unicast play session needs.
func (s *transportSpec) parameter(name, value string) error {
	switch name {
	case "multicast":
		s.multicast = true
	case "destination":
		s.destination = value
	case "mode":
		s.mode = strings.ToUpper(value)
	case "interleaved":
		pair, err := parsePair(value, 8)
		if err != nil {
			return fmt.Errorf("transport: interleaved: %w", err)
		}
		s.interleaved = &[2]uint8{uint8(pair[0]), uint8(pair[1])}
	case "client_port":
		pair, err := parsePair(value, 16)
		if err != nil {
			return fmt.Errorf("transport: client_port: %w", err)
		}
		if pair[0] == 0 || pair[1] == 0 {
			return errors.New("transport: client_port: 0 is not a port")
		}
		s.clientPort = &[2]uint16{uint16(pair[0]), uint16(pair[1])}
	}
	return nil
}

// parsePair reads "a-b", or "a" for a and the number after it.
func parsePair(text string, bits int) ([2]uint64, error) {
	var pair [2]uint64
	first, second, both := strings.Cut(text, "-")
	a, err := strconv.ParseUint(strings.TrimSpace(first), 10, bits)
	if err != nil {
		return pair, fmt.Errorf("%q is not a pair of numbers", text)
	}
	b := a + 1
	if both {
		if b, err = strconv.ParseUint(strings.TrimSpace(second), 10, bits); err != nil {
			return pair, fmt.Errorf("%q is not a pair of numbers", text)
		}
	}
	if b >= 1<<bits || a == b {
		return pair, fmt.Errorf("%q is not a pair of numbers", text)
	}
	return [2]uint64{a, b}, nil
}

// sendsTo reports whether the client's own address is where it wants the
// packets; another destination would make the camera a weapon. RFC 2326 16.
func (s *transportSpec) sendsTo(peer netip.Addr) bool {
	if s.destination == "" {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(s.destination, "[]"))
	return err == nil && a.Unmap().WithZone("") == peer.WithZone("")
}

// avpTCP reports whether the alternative is plain RTP between the requests.
func (s *transportSpec) avpTCP() bool {
	return s.profile == "RTP/AVP" && s.lower == "TCP" && !s.multicast && s.mode == "PLAY"
}

// avpUDP reports whether the alternative is plain unicast RTP over UDP.
func (s *transportSpec) avpUDP() bool {
	return s.profile == "RTP/AVP" && s.lower == "UDP" && !s.multicast && s.mode == "PLAY" && s.clientPort != nil
}
