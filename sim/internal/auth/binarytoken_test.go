package auth_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/golang-jwt/jwt/v5"
)

const wss = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0"

// binary is a SOAP request over TLS with a BinarySecurityToken as annex B of
// Security has it.
func binary(text string, change ...func(*auth.Request)) auth.Request {
	r := https("")
	r.Authorization = nil
	r.BinaryToken = &auth.BinarySecurityToken{
		Text: text, ValueType: "urn:ietf:params:oauth:token-type:jwt", EncodingType: wss + "#BinarySecurityToken",
	}
	for _, f := range change {
		f(&r)
	}
	return r
}

func TestBinarySecurityTokenIsTakenEncodedOnceMoreOrPlain(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	c := newCamera(k.trust())
	tok := minting{method: jwt.SigningMethodES256, key: k.es256}.token(t)
	encoded := base64.StdEncoding.EncodeToString([]byte(tok))
	for name, text := range map[string]string{
		"encoded": encoded, "plain": tok,
		"encoded without padding":   strings.TrimRight(encoded, "="),
		"encoded for URLs":          base64.URLEncoding.EncodeToString([]byte(tok)),
		"encoded, in broken lines":  "\n" + encoded[:76] + "\r\n  " + encoded[76:] + "\n",
		"plain, within white space": "\n\t" + tok + "\n",
	} {
		for _, encoding := range []string{"#BinarySecurityToken", "#Base64Binary"} {
			id, err := c.Identify(binary(text, func(r *auth.Request) { r.BinaryToken.EncodingType = wss + encoding }))
			identified(t, id, err, "alice", auth.ByBinaryToken)
			if id.Level != auth.Operator || id.Expires.IsZero() {
				t.Errorf("%s: %+v", name, id)
			}
		}
	}
}

func TestBinarySecurityTokenIsRefusedWithTheFault(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	c := newCamera(k.trust(func(b *auth.BearerConfig) {
		b.Revoked = func(issuer, jti string) bool { return issuer == fleet && jti == "revoked" }
	}))
	tok := minting{method: jwt.SigningMethodES256, key: k.es256}.token(t)
	rows := map[string]auth.Request{
		"no ValueType":          binary(tok, func(r *auth.Request) { r.BinaryToken.ValueType = "" }),
		"no EncodingType":       binary(tok, func(r *auth.Request) { r.BinaryToken.EncodingType = "" }),
		"neither":               binary(tok, func(r *auth.Request) { r.BinaryToken.ValueType, r.BinaryToken.EncodingType = "", "" }),
		"another ValueType":     binary(tok, func(r *auth.Request) { r.BinaryToken.ValueType = wss + "#X509v3" }),
		"another EncodingType":  binary(tok, func(r *auth.Request) { r.BinaryToken.EncodingType = wss + "#HexBinary" }),
		"without TLS":           binary(tok, func(r *auth.Request) { r.Secure = false }),
		"no base64":             binary("*"),
		"empty":                 binary(""),
		"base64 of nothing":     binary("IA=="),
		"longer than it may be": binary(strings.Repeat("x", 2*8192+1)),
		"no role of ONVIF": binary(minting{
			method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"roles": []string{"onvif:Nobody"}},
		}.token(t)),
	}
	for name, bad := range badTokens(t, k) {
		rows[name] = binary(base64.StdEncoding.EncodeToString([]byte(bad.token)))
		rows[name+", plain"] = binary(bad.token)
	}
	for name, r := range rows {
		id, err := c.Identify(r)
		ref := refusal(t, err)
		if ref == nil || ref.Status != 400 || !ref.SOAPFault || ref.Code != "" || ref.How != auth.ByBinaryToken || strings.Contains(ref.Reason, "eyJ") {
			t.Errorf("%s: %+v, %+v", name, id, ref)
		} else if got := c.Challenges(r, ref); len(got) != 0 {
			t.Errorf("%s: challenges %q", name, got)
		}
	}
}

func TestBinarySecurityTokenIsForMessagesOnly(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	tok := minting{method: jwt.SigningMethodES256, key: k.es256}.token(t)
	for name, r := range map[string]auth.Request{
		"RTSP": binary(tok, func(r *auth.Request) { r.RTSP = true }), "file": binary(tok, func(r *auth.Request) { r.File = true }),
	} {
		if id, err := newCamera(k.trust()).Identify(r); err != nil || id.Known() {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
	if id, err := newCamera().Identify(binary(tok)); err != nil || id.Known() {
		t.Errorf("tokens are off: %+v, %v", id, err)
	}
}

func TestAllCredentialsOfAMessageMustBeRightAndTheLowerLevelCounts(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	c := newCamera(k.trust())
	mint := func(role string) string {
		return minting{method: jwt.SigningMethodES256, key: k.es256, claims: map[string]any{"roles": []string{role}}}.token(t)
	}
	both := func(header, token string) auth.Request {
		r := binary(token)
		r.Authorization = []string{header}
		return r
	}
	admin := func() string { a := c.admin(); return a.header() }
	for name, tc := range map[string]struct {
		request auth.Request
		level   auth.Level
		good    bool
	}{
		"Digest and a lower token":      {both(admin(), mint("onvif:User")), auth.User, true},
		"Digest and an equal token":     {both(admin(), mint("onvif:Administrator")), auth.Administrator, true},
		"Digest and a bad token":        {both(admin(), "x.y.z"), 0, false},
		"bad Digest and a good token":   {both(`Digest username="admin"`, mint("onvif:User")), 0, false},
		"bearer and a lower token":      {both("Bearer "+mint("onvif:Operator"), mint("onvif:User")), auth.User, true},
		"lower bearer and a token":      {both("Bearer "+mint("onvif:User"), mint("onvif:Operator")), auth.User, true},
		"an unknown scheme and a token": {both("Negotiate x", mint("onvif:Operator")), auth.Operator, true},
	} {
		id, err := c.Identify(tc.request)
		if (refusal(t, err) == nil) != tc.good || id.Level != tc.level {
			t.Errorf("%s: %+v, %v", name, id, err)
		}
	}
}

func TestDenyToABinaryTokenIsTheFault(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	c := newCamera(k.trust())
	ref := c.Deny(binary("x"), auth.Identity{User: "alice", Level: auth.User, How: auth.ByBinaryToken})
	if ref.Status != 400 || !ref.SOAPFault || ref.Code != "" {
		t.Errorf("%+v", ref)
	}
}

// FuzzIdentifyBinaryToken checks that no token gets in but one whose signed part
// is ours, and with both attributes.
func FuzzIdentifyBinaryToken(f *testing.F) {
	k := newKeys(f)
	c := newCamera(k.trust())
	right := minting{method: jwt.SigningMethodES256, key: k.es256}.token(f)
	value, encoding := "urn:ietf:params:oauth:token-type:jwt", wss+"#BinarySecurityToken"
	f.Add(right, value, encoding)
	f.Add(base64.StdEncoding.EncodeToString([]byte(right)), value, wss+"#Base64Binary")
	f.Add(right, "", encoding)
	f.Add(right, value, "")
	f.Add("IA==", value, encoding)
	input := right[:strings.LastIndexByte(right, '.')] + "."
	f.Fuzz(func(t *testing.T, text, value, encoding string) {
		id, err := c.Identify(binary(text, func(r *auth.Request) {
			r.BinaryToken.ValueType, r.BinaryToken.EncodingType = value, encoding
		}))
		checkRefusal(t, err)
		if !id.Known() {
			return
		}
		plain := strings.Join(strings.Fields(text), "")
		if !strings.Contains(plain, ".") {
			decoded, err := base64.StdEncoding.DecodeString(plain + strings.Repeat("=", (4-len(plain)%4)%4))
			if err != nil {
				decoded, _ = base64.RawURLEncoding.DecodeString(strings.TrimRight(plain, "=")) //nolint:errcheck // it is compared
			}
			plain = string(decoded)
		}
		if !strings.HasPrefix(plain, input) || value == "" || encoding == "" {
			t.Fatalf("%q %q %q got in", text, value, encoding)
		}
	})
}
