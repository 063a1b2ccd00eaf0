package camera

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/factory"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/users"
)

// Birth is what a camera's factory has to know beside its profile.
type Birth struct {
	Name   string
	Number int // in the fleet, from 1
	// Address is what clients reach the camera by; Ports are where it listens.
	Address netip.Addr
	Ports   Ports
	// Issuer is the fleet's own OpenID issuer, trusted where the profile says so.
	Issuer string
	// Password, if not empty, is that of every account.
	Password string
}

// Ports are TCP ports; 0: the protocol is off.
type Ports struct{ HTTP, HTTPS, RTSP, RTSPS int }

// Of returns the port of a protocol.
func (p Ports) Of(name device.ProtocolName) int {
	switch name {
	case device.HTTP:
		return p.HTTP
	case device.HTTPS:
		return p.HTTPS
	case device.RTSP:
		return p.RTSP
	case device.RTSPS:
		return p.RTSPS
	}
	return 0
}

// Audience is what a token for the cameras of a fleet names (Security 4.4.2);
// a camera takes its own endpoint reference as well.
const Audience = "camfleet"

// Spec says what the factory is to make of a profile.
func Spec(p *profiles.Profile, b Birth) (factory.Spec, error) {
	oui, err := parseOUI(p.Network.MACPrefix)
	if err != nil {
		return factory.Spec{}, err
	}
	s := factory.Spec{
		Name: b.Name, Number: b.Number,
		Manufacturer: p.Identity.Manufacturer, Model: p.Identity.Model,
		FirmwareVersion: p.Identity.FirmwareVersion, HardwareID: p.Identity.HardwareID,
		SerialPrefix: p.Identity.SerialPrefix, OUI: oui,
		Hostname: hostname(p, b), Scopes: scopes(p),
		Interface: device.Interface{
			Token: p.Network.Interface, Name: p.Network.Interface, Enabled: true, MTU: p.Network.MTU,
			IPv4: device.IPv4{Enabled: b.Address.Is4(), Manual: prefixes(b.Address)},
		},
		Protocols: protocols(p, b.Ports),
		Time:      device.Time{TimeZone: p.Clock.Timezone, Offset: p.Clock.Offset},
		Discovery: device.DiscoveryMode(p.Discovery.Mode),
		Addresses: addresses(b.Address), TLSVersions: p.TLS.Versions,
		IdentityKey: key(p.Keys.Identity), TLSKey: key(p.TLS.ServerKey), SigningKey: key(p.Keys.MediaSigning),
		Media: mediaSection(p),
		DeviceLimits: device.Limits{
			Scopes: p.Limits.Scopes.Scopes, ScopeLength: p.Limits.Scopes.Length,
		},
		UserLimits: users.Limits{
			Users: p.Limits.Users.Users, NameMax: p.Limits.Users.NameLength, PasswordMax: p.Limits.Users.PasswordLength,
			History: none(p.Limits.Users.PasswordHistory), Roles: roles(p),
		},
		KeystoreLimits: keystoreLimits(p.Limits.Keystore),
		NoSigning:      !signsMedia(p),
	}
	if s.KeystoreAbilities, err = abilities(p); err != nil {
		return s, err
	}
	if s.KeystoreRules, err = keystore.RulesOf(p.ONVIF.Release); err != nil {
		return s, err
	}
	if s.Users, err = accounts(p, b.Password); err != nil {
		return s, err
	}
	if p.Auth.JWT.Enabled {
		s.JWT = keystore.JWT{Audiences: []string{Audience}}
		if p.Auth.JWT.TrustFleetIssuer && b.Issuer != "" {
			s.JWT.TrustedIssuers = []string{b.Issuer}
		}
	}
	return s, nil
}

func key(k profiles.Key) keystore.Spec {
	return keystore.Spec{Algorithm: keystore.Algorithm(k.Algorithm), Bits: k.Bits}
}

func parseOUI(text string) (oui [3]byte, err error) {
	for i, part := range strings.Split(text, ":") {
		n, err := strconv.ParseUint(part, 16, 8)
		if err != nil || i > 2 {
			return oui, fmt.Errorf("mac prefix %q: want three octets in hexadecimal", text)
		}
		oui[i] = byte(n)
	}
	return oui, nil
}

func hostname(p *profiles.Profile, b Birth) string {
	if p.Network.Hostname != "" {
		return p.Network.Hostname
	}
	return b.Name
}

// scopes are the fixed ones the profile's identity demands (Core 7.3.3.2) and
// those a client may change.
func scopes(p *profiles.Profile) []device.Scope {
	const root = "onvif://www.onvif.org/"
	var list []device.Scope
	for _, name := range p.ONVIF.Profiles {
		list = append(list, device.Scope{Item: root + "Profile/" + name, Fixed: true})
	}
	name, hardware := p.Scopes.Name, p.Scopes.Hardware
	if name == "" {
		name = p.Identity.Model
	}
	if hardware == "" {
		hardware = p.Identity.Model
	}
	list = append(list,
		device.Scope{Item: root + "name/" + escape(name), Fixed: true},
		device.Scope{Item: root + "hardware/" + escape(hardware), Fixed: true})
	for _, l := range p.Scopes.Location {
		list = append(list, device.Scope{Item: root + "location/" + l})
	}
	for _, e := range p.Scopes.Extra {
		list = append(list, device.Scope{Item: e})
	}
	return list
}

// escape writes a text as one path segment of a URI (RFC 3986 2.1).
func escape(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func prefixes(a netip.Addr) []netip.Prefix {
	if !a.Is4() || a.IsUnspecified() {
		return nil
	}
	return []netip.Prefix{netip.PrefixFrom(a, 24)}
}

func addresses(a netip.Addr) []netip.Addr {
	list := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	if a.IsValid() && !a.IsUnspecified() && !slices.Contains(list, a) {
		list = append(list, a)
	}
	return list
}

// protocols are the listeners, with their usual port where one is off.
func protocols(p *profiles.Profile, ports Ports) []device.Protocol {
	var list []device.Protocol
	for _, e := range []struct {
		name  device.ProtocolName
		on    bool
		usual int
	}{
		{device.HTTP, p.Network.Protocols.HTTP, 80}, {device.HTTPS, p.Network.Protocols.HTTPS, 443},
		{device.RTSP, p.Network.Protocols.RTSP, 554}, {device.RTSPS, p.Network.Protocols.RTSPS, 322},
	} {
		port := ports.Of(e.name)
		if port == 0 {
			port = e.usual
		}
		list = append(list, device.Protocol{Name: e.name, Enabled: e.on, Ports: []int{port}})
	}
	return list
}

func accounts(p *profiles.Profile, password string) ([]users.User, error) {
	var list []users.User
	for _, u := range p.Users {
		level, err := auth.ParseLevel(u.Level)
		if err != nil {
			return nil, fmt.Errorf("user %q: %w", u.Name, err)
		}
		secret := u.Password
		if password != "" {
			secret = password
		}
		list = append(list, users.User{Name: u.Name, Password: secret, Level: level})
	}
	return list, nil
}

func mediaSection(p *profiles.Profile) mediacfg.Section {
	var m mediacfg.Section
	for i, s := range p.Media.Sources {
		m.VideoSources = append(m.VideoSources, mediacfg.VideoSource{
			Token: s.Token, Width: s.Width, Height: s.Height, Framerate: float64(s.FPS),
		})
		m.SourceConfigurations = append(m.SourceConfigurations, mediacfg.VideoSourceConfiguration{
			Token: "vsc-" + s.Token, Name: "Video source " + strconv.Itoa(i+1), SourceToken: s.Token,
			Bounds: mediacfg.Bounds{Width: s.Width, Height: s.Height},
		})
	}
	for _, s := range p.Media.Streams {
		source, token := s.Source, s.Token
		if source == "" {
			source = p.Media.Sources[0].Token
		}
		if token == "" {
			token = s.Name
		}
		gop := s.GOP
		if gop == 0 {
			gop = 2 * s.FPS
		}
		m.Encoders = append(m.Encoders, mediacfg.VideoEncoder{
			Token: "vec-" + s.Name, Name: s.Name, Encoding: strings.ToUpper(s.Codec), Profile: s.H264Profile,
			Width: s.Width, Height: s.Height, FrameRate: float64(s.FPS), BitRate: s.Bitrate, Quality: 5,
			GovLength: gop, SessionTimeout: int(p.Limits.RTSP.SessionTimeout.Seconds()),
			Signed: p.Media.Signing.Enabled && signsMedia(p),
		})
		m.Profiles = append(m.Profiles, mediacfg.Profile{
			Token: token, Name: s.Name, Fixed: true, Stream: s.Name,
			VideoSource: "vsc-" + source, VideoEncoder: "vec-" + s.Name,
		})
	}
	return m
}

// none is a limit of the state where 0 stands for the default.
func none(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

func keystoreLimits(l profiles.KeystoreLimits) keystore.Limits {
	return keystore.Limits{
		Keys: l.Keys, Certificates: l.Certificates, CertificationPaths: l.CertificationPaths,
		Passphrases: none(l.Passphrases), CRLs: none(l.CRLs), Policies: none(l.CertificationPathPolicies),
		TLSPaths: l.TLSCertificationPaths, TLSPolicies: none(l.TLSCertificationPathPolicies),
		Dot1X: none(l.Dot1XConfigurations), Authorization: none(l.AuthorizationServers),
	}
}
