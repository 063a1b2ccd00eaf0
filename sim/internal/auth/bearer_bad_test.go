package auth_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/golang-jwt/jwt/v5"
)

// badToken is a token that must be refused with a description.
type badToken struct {
	token string
	want  string
}

// badTokens are the ways for a token to be bad, as golang-jwt and hand make
// them.
func badTokens(t testing.TB, k testKeys) map[string]badToken {
	t.Helper()
	es := func(header, claims map[string]any) string {
		return minting{method: jwt.SigningMethodES256, key: k.es256, header: header, claims: claims}.token(t)
	}
	claim := func(name string, v any) string { return es(nil, map[string]any{name: v}) }
	right := es(nil, nil)
	parts := strings.Split(right, ".")
	b64 := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	spki, err := x509.MarshalPKIXPublicKey(k.es256.Public())
	if err != nil {
		t.Fatal(err)
	}
	at := func(d time.Duration) int64 { return start().Add(d).Unix() }
	return map[string]badToken{
		"expired":              {es(nil, map[string]any{"exp": at(0)}), "The access token expired"},
		"expired long ago":     {es(nil, map[string]any{"nbf": at(-2 * time.Hour), "exp": at(-time.Hour)}), "The access token expired"},
		"not yet":              {claim("nbf", at(time.Second)), "The access token is not valid yet"},
		"issued later":         {claim("iat", at(time.Second)), "The access token is not valid yet"},
		"no exp":               {claim("exp", nil), "The access token lacks exp or nbf"},
		"no nbf":               {claim("nbf", nil), "The access token lacks exp or nbf"},
		"exp as text":          {claim("exp", "2030-01-01"), "The access token is malformed"},
		"exp as quoted number": {claim("exp", fmt.Sprint(at(time.Hour))), "The access token is malformed"},
		"exp beyond all time":  {claim("exp", 1e300), "The access token is malformed"},
		"nbf as list":          {claim("nbf", []int{1}), "The access token is malformed"},
		"iat as object":        {claim("iat", map[string]any{}), "The access token is malformed"},
		"foreign issuer":       {claim("iss", "https://evil.example"), "The issuer of the access token is not trusted"},
		"issuer with a slash":  {claim("iss", fleet+"/"), "The issuer of the access token is not trusted"},
		"no issuer":            {claim("iss", nil), "The issuer of the access token is not trusted"},
		"issuer as list":       {claim("iss", []string{fleet}), "The issuer of the access token is not trusted"},
		"another trusted one":  {claim("iss", "https://other.example"), "The signature of the access token is invalid"},
		"foreign audience":     {claim("aud", "cam-0002"), "The access token is for another audience"},
		"audience in part":     {claim("aud", "cam"), "The access token is for another audience"},
		"no audience":          {claim("aud", nil), "The access token is for another audience"},
		"audience as object":   {claim("aud", map[string]any{"camera": 1}), "The access token is for another audience"},
		"no roles":             {claim("roles", nil), "The access token has no roles"},
		"revoked":              {claim("jti", "revoked"), "The access token was revoked"},
		"foreign key":          {minting{method: jwt.SigningMethodES256, key: k.foreign}.token(t), "The signature of the access token is invalid"},
		"foreign key, our kid": {minting{method: jwt.SigningMethodES256, key: k.foreign, header: map[string]any{"kid": "ES256"}}.token(t), "The signature of the access token is invalid"},
		"unknown kid":          {es(map[string]any{"kid": "gone"}, nil), "The signing key of the access token is unknown"},
		"kid of an RSA key":    {es(map[string]any{"kid": "RSA"}, nil), "The signing key of the access token is unknown"},
		"small RSA key":        {minting{method: jwt.SigningMethodRS256, key: k.small, header: map[string]any{"kid": "small"}}.token(t), "The signing key of the access token is unknown"},
		"ES384 with P-256 kid": {minting{method: jwt.SigningMethodES384, key: k.es384, header: map[string]any{"kid": "ES256"}}.token(t), "The signing key of the access token is unknown"},
		"alg none":             {minting{method: jwt.SigningMethodNone, key: jwt.UnsafeAllowNoneSignatureType}.token(t), "The signature algorithm of the access token is not accepted"},
		"alg nOnE":             {b64(`{"typ":"JWT","alg":"nOnE"}`) + "." + parts[1] + ".", "The signature algorithm of the access token is not accepted"},
		"no alg":               {b64(`{"typ":"JWT"}`) + "." + parts[1] + "." + parts[2], "The signature algorithm of the access token is not accepted"},
		"alg as number":        {b64(`{"typ":"JWT","alg":1}`) + "." + parts[1] + "." + parts[2], "The signature algorithm of the access token is not accepted"},
		"HMAC, the public key": {minting{method: jwt.SigningMethodHS256, key: spki}.token(t), "The signature algorithm of the access token is not accepted"},
		"RS512":                {minting{method: jwt.SigningMethodRS512, key: k.rsa}.token(t), "The signature algorithm of the access token is not accepted"},
		"typ at+jwt":           {es(map[string]any{"typ": "at+jwt"}, nil), "The type of the access token is not accepted"},
		"no typ":               {es(map[string]any{"typ": nil}, nil), "The type of the access token is not accepted"},
		"typ as number":        {es(map[string]any{"typ": 1}, nil), "The type of the access token is not accepted"},
		"crit":                 {es(map[string]any{"crit": []string{"exp"}}, nil), "The access token has critical header parameters that are not understood"},
		"tampered payload":     {parts[0] + "." + b64(strings.Replace(decode(t, parts[1]), "Operator", "Administrator", 1)) + "." + parts[2], "The signature of the access token is invalid"},
		"tampered header":      {b64(`{"alg":"ES256","typ":"JWT","x":1}`) + "." + parts[1] + "." + parts[2], "The signature of the access token is invalid"},
		"no signature":         {parts[0] + "." + parts[1] + ".", "The signature of the access token is invalid"},
		"signature cut":        {right[:len(right)-2], "The signature of the access token is invalid"},
		"padded":               {right + "=", "The access token is malformed"},
		"two parts":            {parts[0] + "." + parts[1], "The access token is malformed"},
		"four parts":           {right + "." + parts[2], "The access token is malformed"},
		"one part":             {"x", "The access token is malformed"},
		"header not JSON":      {b64(`{`) + "." + parts[1] + "." + parts[2], "The access token is malformed"},
		"header null":          {b64(`null`) + "." + parts[1] + "." + parts[2], "The signature algorithm of the access token is not accepted"},
		"payload not JSON":     {parts[0] + "." + b64(`{`) + "." + parts[2], "The access token is malformed"},
		"payload a list":       {parts[0] + "." + b64(`[]`) + "." + parts[2], "The access token is malformed"},
		"payload null":         {parts[0] + "." + b64(`null`) + "." + parts[2], "The issuer of the access token is not trusted"},
		"too long":             {es(nil, map[string]any{"x": strings.Repeat("x", 8192)}), "The access token is too long"},
		"embedded key (jwk)":   {minting{method: jwt.SigningMethodES256, key: k.foreign, header: map[string]any{"jwk": map[string]any{"kty": "EC"}, "jku": "https://evil.example"}}.token(t), "The signature of the access token is invalid"},
	}
}

func decode(t testing.TB, segment string) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestBadBearerTokensAreRefusedAndSaidWhy(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	c := newCamera(k.trust(func(b *auth.BearerConfig) {
		b.Revoked = func(issuer, jti string) bool { return issuer == fleet && jti == "revoked" }
	}))
	for name, bad := range badTokens(t, k) {
		id, err := c.Identify(https(bad.token))
		r := refusal(t, err)
		if r == nil || id.Known() {
			t.Errorf("%s: identity %+v", name, id)
			continue
		}
		if r.Status != 401 || r.Code != "invalid_token" || r.Description != bad.want || r.SOAPFault || r.How != auth.ByBearer {
			t.Errorf("%s: %+v, want %q", name, r, bad.want)
		}
		want := `Bearer realm="cam-0001", error="invalid_token", error_description="` + bad.want + `"`
		if got := c.Challenges(https(bad.token), r); len(got) != 2 || got[1] != want {
			t.Errorf("%s: challenges %q, want %s", name, got, want)
		}
	}
}

func TestBearerHeaderThatIsMalformedIsAnInvalidRequest(t *testing.T) {
	t.Parallel()
	c := newCamera(newKeys(t).trust())
	for _, h := range []string{"Bearer", "Bearer ", "bearer a b", `Bearer "a"`, "Bearer a, b=c", "Bearer token=x", "Bearer =", "Bearer \xff"} {
		r := request(h)
		r.Secure = true
		_, err := c.Identify(r)
		ref := refusal(t, err)
		if ref == nil || ref.Status != 400 || ref.Code != "invalid_request" {
			t.Errorf("%q: %+v", h, ref)
			continue
		}
		same(t, h, c.Challenges(r, ref), []string{
			`Bearer realm="cam-0001", error="invalid_request", error_description="The Authorization header is malformed"`,
		})
	}
}

func TestBearerTokenIsRefusedAndNotEchoedWithoutTLS(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	c := newCamera(k.trust())
	tok := minting{method: jwt.SigningMethodES256, key: k.es256}.token(t)
	for _, rtsp := range []bool{false, true} {
		r := https(tok)
		r.Secure, r.RTSP = false, rtsp
		_, err := c.Identify(r)
		ref := refusal(t, err)
		if ref == nil || ref.Status != 401 || ref.Code != "" {
			t.Fatalf("RTSP %v: %+v", rtsp, ref)
		}
		answer, _ := json.Marshal(ref)
		text := string(answer) + strings.Join(c.Challenges(r, ref), "")
		if strings.Contains(text, "Bearer") || strings.Contains(text, tok[:20]) {
			t.Errorf("RTSP %v: %s", rtsp, text)
		}
	}
}
