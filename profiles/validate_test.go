package profiles_test

import (
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
)

func TestRulesAcrossFields(t *testing.T) {
	t.Parallel()
	ok := ""
	r := reader(t, profiles.Options{Operations: knownOperations()})
	for _, c := range []struct{ name, text, want string }{
		{"no device service", "onvif: {services: [media, media2, event]}", "1:9: the device service cannot be left out"},
		{"T without media2", "onvif: {profiles: [Streaming, T], services: [device, media, event]}", "profile T needs the service media2"},
		{"Streaming without type", "discovery: {types: [tds:Device]}", "profile Streaming needs the type dn:NetworkVideoTransmitter"},
		{"T alone", "onvif: {profiles: [T]}\ndiscovery: {types: [tds:Device]}", ok},
		{"no tds:Device", "discovery: {types: [\"dn:NetworkVideoTransmitter\"]}", "the type tds:Device cannot be left out"},
		{"no profile", "onvif: {profiles: []}", "want at least 1 in this list, found 0"},
		{"profile twice", "onvif: {profiles: [T, Streaming, T]}", "1:34: \"T\" stands twice"},
		{"unknown operation", "onvif: {operations_off: [tds:GetUsers, tds:Getservices]}", `"tds:Getservices" is no operation that this program knows; did you mean "tds:GetServices"?`},
		{"no operation at all", "onvif: {operations_off: [GetUsers]}", `"GetUsers" does not fit: want prefix:Operation`},
		{"location with slash", "scopes: {location: [/country]}", "is not a path"},
		{"location with space", "scopes: {location: [a b]}", "is not a path"},
		{"extra scope", "scopes: {extra: [\"odm:name:x\", \"urn:a:b\"]}", ok},
		{"relative scope", "scopes: {extra: [name/x]}", "is not an absolute URI"},
		{"scope too long", "limits: {scopes: {length: 64}}\nscopes: {extra: [\"urn:x:" + strings.Repeat("a", 59) + "\"]}", "longer than limits.scopes.length, 64"},
		{"scope of 64", "limits: {scopes: {length: 64}}\nscopes: {extra: [\"urn:x:" + strings.Repeat("a", 58) + "\"]}", ok},
		{"scopes beyond", "limits: {scopes: {scopes: 8}}\nscopes: {location: [a, b, c], extra: [\"u:1\", \"u:2\", \"u:3\"]}", "the profile has 9 scopes"},
		{"scopes at limit", "limits: {scopes: {scopes: 8}}\nscopes: {location: [a, b, c], extra: [\"u:1\", \"u:2\"]}", ok},
		{"no http", "network: {protocols: {http: false, https: false}}", "a camera needs http or https"},
		{"https alone", "network: {protocols: {http: false, rtsp: false}}", ok},
		{"group MAC", "network: {mac_prefix: \"03:00:00\"}", "the first octet must be even"},
		{"bad MAC", "network: {mac_prefix: \"02-00-00\"}", "want three octets such as 02:cf:00"},
		{"hostname", "network: {hostname: -cam}", "want letters, digits and hyphens"},
		{"user twice", "users: [{name: a, level: Administrator}, {name: a}]", `the user "a" is there twice`},
		{"user without name", "users: [{level: Administrator}]", "users[0] has no name"},
		{"no administrator", "users: [{name: a}]", "none of the users is an Administrator"},
		{"no users", "users: []", ok},
		{"user name beyond", "users: [{name: abcdefghi, level: Administrator}]\nlimits: {users: {name_length: 8}}", "longer than limits.users.name_length"},
		{"user name at limit", "users: [{name: abcdefgh, level: Administrator}]\nlimits: {users: {name_length: 8}}", ok},
		{"password beyond", "users: [{name: a, password: " + strings.Repeat("x", 29) + ", level: Administrator}]\nlimits: {users: {password_length: 28}}", "longer than limits.users.password_length"},
		{"password at limit", "users: [{name: a, password: " + strings.Repeat("x", 28) + ", level: Administrator}]\nlimits: {users: {password_length: 28}}", ok},
		{"users beyond", "limits: {users: {users: 2}}", "the profile has 3 users"},
		{"users at limit", "limits: {users: {users: 3}}", ok},
		{"sha256 without it", "auth: {challenges: sha256, digest: {algorithms: [MD5]}}", "challenges: sha256 offers SHA-256"},
		{"players without MD5", "auth: {digest: {algorithms: [SHA-256]}}", "challenges: players offers MD5"},
		{"realm", `auth: {realm: 'a"b'}`, "a realm is printable ASCII"},
		{"JWT of 18.12", "onvif: {release: 18.12}", "release 18.12 has no JWT"},
		{"JWT without TLS", "network: {protocols: {https: false, rtsps: false}}", "JWT needs https or rtsps"},
		{"no JWT, no TLS", "network: {protocols: {https: false, rtsps: false}}\nauth: {jwt: {enabled: false}}", ok},
		{"ECDSA 2048", "keys: {identity: {algorithm: ECDSA, bits: 2048}}", "ECDSA keys have 256, 384 or 521 bits, not 2048"},
		{"RSA 3072", "keys: {media_signing: {algorithm: RSA, bits: 3072}}", ok},
		{"path without device", "tpm: {path: /dev/tpm0}", "only the back ends swtpm and device have a path"},
		{"device with path", "tpm: {backend: device, path: /dev/tpmrm0}", ok},
		{"no sources", "media: {sources: []}", "a camera needs at least one video source"},
		{"no streams", "media: {streams: []}", "a camera needs at least one stream"},
		{"source without token", "media: {sources: [{width: 1920}]}", "media.sources[0] has no token"},
		{"odd token", "media: {sources: [{token: a b}]}", "a token is printable ASCII"},
		{"source twice", "media: {sources: [{token: v}, {token: v}]}", `"v" is used twice`},
		{"unknown source", "media: {streams: [{name: main, source: nope}]}", `there is no video source "nope"`},
		{"larger than source", "media: {streams: [{name: main, width: 1922, height: 1080}]}", "1922x1080 is larger than the video source"},
		{"faster than source", "media: {streams: [{name: main, fps: 26}]}", `26 is faster than the video source "VideoSource_1", 25`},
		{"token twice", "media: {streams: [{name: a, token: t}, {name: b, token: t}]}", `"t" is used twice`},
		{"token of another's name", "media: {streams: [{name: a, token: b}, {name: b}]}", `"b" is used twice`},
		{"streams beyond", "limits: {media: {profiles: 1}}", "the profile has 2 streams"},
		{"streams at limit", "limits: {media: {profiles: 2}}", ok},
		{"pull points of T", "onvif: {profiles: [T]}\nlimits: {events: {pull_points: 1}}", "profile T needs at least 2 pull points"},
		{"TLS paths", "limits: {keystore: {tls_certification_paths: 5, certification_paths: 4}}", "more than limits.keystore.certification_paths, 4"},
		{"TLS policies", "limits: {keystore: {tls_certification_path_validation_policies: 5, certification_path_validation_policies: 4}}", "more than limits.keystore"},
		{"readers", "limits: {rtsp: {sessions: 4, readers: 5}}", "more than limits.rtsp.sessions, 4"},
		{"model of controls", `identity: {model: "a\nb"}`, "control characters are not allowed"},
		{"blank model", `identity: {model: "  "}`, "identity.model is missing"},
	} {
		_, err := r.Parse("x.yaml", []byte(c.text+"\nextends: flagship\n"))
		switch {
		case c.want == ok && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != ok && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		case c.want != ok && strings.Contains(err.Error(), "built-in/"):
			t.Errorf("%s: the mistake is shown in the parent: %v", c.name, err)
		}
	}
}

func TestTimezonesArePOSIX(t *testing.T) {
	t.Parallel()
	for zone, valid := range map[string]bool{
		"UTC0": true, "EST5EDT": true, "CET-1CEST,M3.5.0,M10.5.0/3": true, "<+0530>-5:30": true, "NZST-12NZDT,M9.5.0,M4.1.0/3": true,
		"AAA-14": true, "XYZ8:30:15": true, "EST5EDT4,J60,300/2:00": true,
		"UTC": false, "Europe/Berlin": false, "CET-1CEST,": false, "AB1": false, "EST5EDT,M13.1.0,M1.1.0": false, "EST25": false, "": false,
	} {
		_, err := profiles.Parse("x.yaml", []byte("extends: flagship\nclock: {timezone: \""+zone+"\"}\n"))
		if (err == nil) != valid {
			t.Errorf("%q: got %v, want valid %v", zone, err, valid)
		}
	}
}

func TestValidateNamesTheFields(t *testing.T) {
	t.Parallel()
	p, err := profiles.Open("flagship")
	if err != nil {
		t.Fatal(err)
	}
	bad := *p
	bad.Media.Streams = append([]profiles.Stream(nil), p.Media.Streams...)
	bad.Media.Streams[1].Source = "nope"
	bad.TPM.Path = "/x"
	got := bad.Validate(nil)
	want := "media.streams[1].source: media.streams[1]: there is no video source \"nope\"\ntpm.path: only the back ends swtpm and device have a path"
	if got == nil || got.Error() != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

func TestStreamSpeaksForItself(t *testing.T) {
	t.Parallel()
	m := profiles.Media{Sources: []profiles.VideoSource{{Token: "a"}, {Token: "b"}}}
	s := profiles.Stream{Name: "main", FPS: 15}
	if first, ok := m.SourceOf(s); !ok || first.Token != "a" || s.ProfileToken() != "main" || s.GovLength() != 30 {
		t.Errorf("defaults: %v %v %v %v", first, ok, s.ProfileToken(), s.GovLength())
	}
	s.Source, s.Token, s.GOP = "b", "t", 7
	if second, ok := m.SourceOf(s); !ok || second.Token != "b" || s.ProfileToken() != "t" || s.GovLength() != 7 {
		t.Errorf("own values: %v %v %v %v", second, ok, s.ProfileToken(), s.GovLength())
	}
	s.Source = "c"
	if none, ok := m.SourceOf(s); ok {
		t.Errorf("got %v", none)
	}
}
