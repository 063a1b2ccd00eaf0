package profiles

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// problem is a broken rule across fields. The first path is where it is shown;
// all are the values it looked at.
type problem struct {
	paths [][]string
	text  string
}

// checker collects the broken rules of one profile.
type checker struct {
	*Profile
	problems []problem
}

// at reports a broken rule. Each path is a dotted text: "media.streams.0.gop".
func (c *checker) at(paths, format string, args ...any) {
	p := problem{text: fmt.Sprintf(format, args...)}
	for _, path := range strings.Fields(paths) {
		p.paths = append(p.paths, strings.Split(path, "."))
	}
	c.problems = append(c.problems, p)
}

// Validate checks the rules across fields, for profiles made in Go. The error is
// *Errors with the paths of the fields instead of places in a file.
func (p *Profile) Validate(operations []string) error {
	var list []*Error
	for _, m := range p.check(operations) {
		list = append(list, &Error{Message: pathText(m.paths[0]) + ": " + m.text})
	}
	if list == nil {
		return nil
	}
	return newErrors("", list)
}

// check returns every broken rule.
func (p *Profile) check(operations []string) []problem {
	c := &checker{Profile: p}
	c.identity()
	c.onvif(operations)
	c.scopes()
	c.network()
	c.users()
	c.auth()
	c.access(operations)
	c.keys()
	c.security()
	c.sources()
	c.streams()
	c.clock()
	c.faults()
	c.limits()
	return c.problems
}

func (c *checker) identity() {
	if c.Name == "" {
		c.at("name", "the profile has no name, and its file's name gives none")
	}
	id := c.Identity
	for _, f := range []struct{ key, value string }{
		{"manufacturer", id.Manufacturer}, {"model", id.Model},
		{"firmware_version", id.FirmwareVersion}, {"hardware_id", id.HardwareID},
	} {
		switch {
		case strings.TrimSpace(f.value) == "":
			c.at("identity."+f.key, "identity.%s is missing", f.key)
		case strings.ContainsFunc(f.value, unicode.IsControl):
			c.at("identity."+f.key, "control characters are not allowed")
		}
	}
}

func (c *checker) onvif(operations []string) {
	if !slices.Contains(c.ONVIF.Services, "device") {
		c.at("onvif.services", "the device service cannot be left out")
	}
	needs := map[string][]string{"Streaming": {"media", "event"}, "T": {"media2", "event"}}
	for i, name := range c.ONVIF.Profiles {
		for _, service := range needs[name] {
			if !slices.Contains(c.ONVIF.Services, service) {
				c.at(fmt.Sprintf("onvif.profiles.%d onvif.services", i), "profile %s needs the service %s", name, service)
			}
		}
	}
	if slices.Contains(c.ONVIF.Profiles, "Streaming") && !slices.Contains(c.Discovery.Types, "dn:NetworkVideoTransmitter") {
		c.at("discovery.types onvif.profiles", "profile Streaming needs the type dn:NetworkVideoTransmitter")
	}
	if !slices.Contains(c.Discovery.Types, "tds:Device") {
		c.at("discovery.types", "the type tds:Device cannot be left out (Core 7.3.3.1)")
	}
	for i, name := range c.ONVIF.OperationsOff {
		if operations != nil && !slices.Contains(operations, name) {
			c.at(fmt.Sprintf("onvif.operations_off.%d", i), "%q is no operation that this program knows%s", name, nearest(name, operations))
		}
	}
}

func (c *checker) scopes() {
	const prefix = "onvif://www.onvif.org/location/"
	limits := c.Limits.Scopes
	for i, path := range c.Scopes.Location {
		at := fmt.Sprintf("scopes.location.%d", i)
		if strings.HasPrefix(path, "/") || !isURI(prefix+path) {
			c.at(at, "%q is not a path such as country/freedonia", path)
		}
		if len(prefix)+len(path) > limits.Length {
			c.at(at+" limits.scopes.length", "longer than limits.scopes.length with %s before it", prefix)
		}
	}
	for i, uri := range c.Scopes.Extra {
		at := fmt.Sprintf("scopes.extra.%d", i)
		if !isURI(uri) {
			c.at(at, "%q is not an absolute URI", uri)
		}
		if len(uri) > limits.Length {
			c.at(at+" limits.scopes.length", "longer than limits.scopes.length, %d", limits.Length)
		}
	}
	if n := len(c.ONVIF.Profiles) + 2 + len(c.Scopes.Location) + len(c.Scopes.Extra); n > limits.Scopes {
		c.at("limits.scopes.scopes scopes onvif.profiles", "the profile has %d scopes, fixed ones included", n)
	}
}

// isURI reports whether text is an absolute URI without white space or characters
// that a URI must escape.
func isURI(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r)
	})
}

func (c *checker) network() {
	if !c.Network.Protocols.HTTP && !c.Network.Protocols.HTTPS {
		c.at("network.protocols", "a camera needs http or https")
	}
	if first, err := strconv.ParseUint(c.Network.MACPrefix[:min(2, len(c.Network.MACPrefix))], 16, 8); err == nil && first&1 != 0 {
		c.at("network.mac_prefix", "%q begins group addresses: the first octet must be even", c.Network.MACPrefix)
	}
}

func (c *checker) users() {
	seen, administrators := map[string]bool{}, 0
	for i, u := range c.Users {
		at := fmt.Sprintf("users.%d.", i)
		switch {
		case u.Name == "":
			c.at(at+"name", "users[%d] has no name", i)
		case seen[u.Name]:
			c.at(at+"name", "the user %q is there twice", u.Name)
		case strings.ContainsFunc(u.Name, unicode.IsControl) || strings.Contains(u.Name, ":"):
			c.at(at+"name", "a user name has no colon and no control characters (RFC 7616 3.4)")
		case len(u.Name) > c.Limits.Users.NameLength:
			c.at(at+"name limits.users.name_length", "longer than limits.users.name_length, %d bytes", c.Limits.Users.NameLength)
		}
		seen[u.Name] = true
		if len(u.Password) > c.Limits.Users.PasswordLength {
			c.at(at+"password limits.users.password_length", "longer than limits.users.password_length, %d bytes", c.Limits.Users.PasswordLength)
		}
		if strings.ContainsFunc(u.Password, unicode.IsControl) {
			c.at(at+"password", "a password has no control characters")
		}
		if u.Level == "Administrator" {
			administrators++
		}
	}
	if len(c.Users) > 0 && administrators == 0 {
		c.at("users", "none of the users is an Administrator")
	}
	if len(c.Users) > c.Limits.Users.Users {
		c.at("limits.users.users users", "the profile has %d users", len(c.Users))
	}
}

func (c *checker) auth() {
	algorithms := c.Auth.Digest.Algorithms
	needs := map[string][]string{"players": {"MD5"}, "sha256": {"MD5", "SHA-256"}, "annex": {"MD5", "SHA-256"}}
	for _, algorithm := range needs[c.Auth.Challenges] {
		if !slices.Contains(algorithms, algorithm) {
			c.at("auth.challenges auth.digest.algorithms", "challenges: %s offers %s, which auth.digest.algorithms leaves out", c.Auth.Challenges, algorithm)
		}
	}
	if strings.ContainsFunc(c.Auth.Realm, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
		c.at("auth.realm", "a realm is printable ASCII without quotes and backslashes")
	}
	if !c.Auth.JWT.Enabled {
		return
	}
	if c.ONVIF.Release == "18.12" {
		c.at("auth.jwt onvif.release", "release 18.12 has no JWT (it came with 23.12): set auth.jwt.enabled to false")
	}
	if !c.Network.Protocols.HTTPS && !c.Network.Protocols.RTSPS {
		c.at("auth.jwt network.protocols", "JWT needs https or rtsps: set auth.jwt.enabled to false")
	}
}

func (c *checker) keys() {
	bits := map[string][]int{"RSA": {2048, 3072, 4096}, "ECDSA": {256, 384, 521}}
	for _, f := range []struct {
		path string
		key  Key
	}{{"tls.server_key", c.TLS.ServerKey}, {"keys.identity", c.Keys.Identity}, {"keys.media_signing", c.Keys.MediaSigning}} {
		path, key := f.path, f.key
		if allowed, ok := bits[key.Algorithm]; ok && !slices.Contains(allowed, key.Bits) {
			c.at(path+".bits "+path+".algorithm", "%s keys have %s bits, not %d", key.Algorithm, list(numbers(allowed)), key.Bits)
		}
	}
	if c.TPM.Path != "" && c.TPM.Backend != "swtpm" && c.TPM.Backend != "device" {
		c.at("tpm.path tpm.backend", "only the back ends swtpm and device have a path")
	}
}

func numbers(list []int) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = strconv.Itoa(n)
	}
	return out
}

func (c *checker) limits() {
	k := c.Limits.Keystore
	if k.TLSCertificationPaths > k.CertificationPaths {
		c.at("limits.keystore.tls_certification_paths limits.keystore.certification_paths", "more than limits.keystore.certification_paths, %d", k.CertificationPaths)
	}
	if k.TLSCertificationPathPolicies > k.CertificationPathPolicies {
		c.at("limits.keystore.tls_certification_path_validation_policies limits.keystore.certification_path_validation_policies",
			"more than limits.keystore.certification_path_validation_policies, %d", k.CertificationPathPolicies)
	}
	if slices.Contains(c.ONVIF.Profiles, "T") && c.Limits.Events.PullPoints < 2 {
		c.at("limits.events.pull_points onvif.profiles", "profile T needs at least 2 pull points")
	}
	if c.Limits.RTSP.Readers > c.Limits.RTSP.Sessions {
		c.at("limits.rtsp.readers limits.rtsp.sessions", "more than limits.rtsp.sessions, %d", c.Limits.RTSP.Sessions)
	}
}
