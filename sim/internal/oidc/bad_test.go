package oidc_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/oidc"
)

func TestIssuerThatAnswersWronglyHasNoKeys(t *testing.T) {
	t.Parallel()
	redirect := func(to string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	endless := func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write([]byte(strings.Repeat(" ", 64<<10))); err != nil {
				return
			}
		}
	}
	for name, tc := range map[string]struct {
		spoil func(*provider)
		want  error // nil: the issuer has keys all the same
	}{
		"no metadata": {func(p *provider) { p.set(openID, nil) }, oidc.ErrStatus},
		"metadata with status 500": {func(p *provider) {
			p.set(openID, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
		}, oidc.ErrStatus},
		"metadata not JSON":       {func(p *provider) { p.text(openID, "<html>") }, oidc.ErrDocument},
		"metadata empty":          {func(p *provider) { p.text(openID, "") }, oidc.ErrDocument},
		"metadata a list":         {func(p *provider) { p.text(openID, "[]") }, oidc.ErrDocument},
		"metadata of a number":    {func(p *provider) { p.text(openID, `{"issuer":1}`) }, oidc.ErrDocument},
		"another issuer":          {func(p *provider) { p.metadata(openID, "/other") }, oidc.ErrIssuer},
		"the issuer with a slash": {func(p *provider) { p.metadata(openID, "/") }, oidc.ErrIssuer},
		"no issuer":               {func(p *provider) { p.text(openID, `{"jwks_uri":"`+p.URL+`/jwks"}`) }, oidc.ErrIssuer},
		"no jwks_uri":             {func(p *provider) { p.text(openID, `{"issuer":"`+p.URL+`"}`) }, oidc.ErrDocument},
		"jwks_uri is a file":      {func(p *provider) { p.text(openID, `{"issuer":"`+p.URL+`","jwks_uri":"file:///etc/passwd"}`) }, oidc.ErrAddress},
		"jwks_uri is relative":    {func(p *provider) { p.text(openID, `{"issuer":"`+p.URL+`","jwks_uri":"/jwks"}`) }, oidc.ErrAddress},
		"jwks_uri is no address":  {func(p *provider) { p.text(openID, `{"issuer":"`+p.URL+`","jwks_uri":"http://%zz"}`) }, oidc.ErrAddress},
		"jwks_uri beyond loopback": {func(p *provider) {
			p.text(openID, `{"issuer":"`+p.URL+`","jwks_uri":"http://192.0.2.1/jwks"}`)
		}, oidc.ErrAddress},
		"endless metadata": {func(p *provider) { p.set(openID, endless) }, oidc.ErrTooLarge},
		"endless keys":     {func(p *provider) { p.set("/jwks", endless) }, oidc.ErrTooLarge},
		"10 MB of keys":    {func(p *provider) { p.text("/jwks", `{"keys":[`+strings.Repeat(" ", 10<<20)+`]}`) }, oidc.ErrTooLarge},
		"keys not JSON":    {func(p *provider) { p.text("/jwks", "{") }, oidc.ErrDocument},
		"no key set":       {func(p *provider) { p.text("/jwks", "{}") }, oidc.ErrDocument},
		"empty key set":    {func(p *provider) { p.text("/jwks", `{"keys":[]}`) }, auth.ErrNoKey},
		"no page of keys":  {func(p *provider) { p.set("/jwks", nil) }, oidc.ErrStatus},
		"redirected twice": {func(p *provider) {
			p.set("/jwks", redirect("/1"))
			p.set("/1", redirect("/2"))
			p.set("/2", p.copyOf("/jwks"))
		}, nil},
		"redirected three times": {func(p *provider) {
			p.set("/jwks", redirect("/1"))
			p.set("/1", redirect("/2"))
			p.set("/2", redirect("/3"))
		}, oidc.ErrRedirect},
		"redirected elsewhere": {func(p *provider) { p.set("/jwks", redirect("http://localhost:1/")) }, oidc.ErrRedirect},
		"redirected to a file": {func(p *provider) { p.set("/jwks", redirect("file:///etc/passwd")) }, oidc.ErrRedirect},
		"hangs up": {func(p *provider) {
			p.set("/jwks", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}, oidc.ErrWait},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t, "", httptest.NewServer)
			good := newProvider(t, "", httptest.NewServer)
			tc.spoil(p)
			s := newSource(t, nil, p.URL, good.URL)
			keys, err := s.PublicKeys(t.Context(), p.URL, "b")
			if !errors.Is(err, tc.want) || (len(keys) > 0) != (tc.want == nil) {
				t.Errorf("%d keys, %v; want %v", len(keys), err, tc.want)
			}
			s.has(t, good.URL, "b", true)
		})
	}
}

// copyOf is the page at a path as newProvider made it.
func (p *provider) copyOf(path string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"keys":[{"kty":"EC","crv":"P-256","kid":"b","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"}]}`) //nolint:errcheck // the client may have gone
	}
}

func TestDocumentAndKeySetHaveALimit(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "", httptest.NewServer)
	p.keys(t, 1, 2, 3)
	text := `{"issuer":"` + p.URL + `","jwks_uri":"` + p.URL + `/jwks"}`
	keys := httptest.NewRecorder()
	p.pages["/jwks"](keys, nil)
	longest := max(len(text), keys.Body.Len())
	for _, tc := range []struct {
		bytes, keys int
		want        error
	}{
		{longest, 3, nil}, {longest - 1, 3, oidc.ErrTooLarge}, {longest, 2, oidc.ErrDocument},
	} {
		s := newSource(t, func(c *oidc.Config) { c.Limits.Bytes, c.Limits.Keys = tc.bytes, tc.keys }, p.URL)
		if _, err := s.PublicKeys(t.Context(), p.URL, "b"); !errors.Is(err, tc.want) {
			t.Errorf("%d bytes, %d keys: %v, want %v", tc.bytes, tc.keys, err, tc.want)
		}
	}
}

func TestIssuersWithoutTLSAreAskedWhereThatIsAllowed(t *testing.T) {
	t.Parallel()
	p := newProvider(t, "", httptest.NewServer)
	elsewhere := strings.Replace(p.URL, "127.0.0.1", "issuer.example", 1)
	p.text("/elsewhere"+openID, `{"issuer":"`+elsewhere+`/elsewhere","jwks_uri":"`+elsewhere+`/jwks"}`)
	for _, tc := range []struct {
		allowed         oidc.PlainHTTP
		here, elsewhere error
	}{
		{oidc.Never, oidc.ErrAddress, oidc.ErrAddress},
		{"", oidc.ErrAddress, oidc.ErrAddress},
		{oidc.Loopback, nil, oidc.ErrAddress},
		{oidc.Any, nil, nil},
	} {
		s := newSource(t, func(c *oidc.Config) {
			c.PlainHTTP = tc.allowed
			c.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, p.Listener.Addr().String())
			}
		}, p.URL, elsewhere+"/elsewhere")
		if _, err := s.PublicKeys(t.Context(), p.URL, "b"); !errors.Is(err, tc.here) {
			t.Errorf("%s: %v, want %v", tc.allowed, err, tc.here)
		}
		if _, err := s.PublicKeys(t.Context(), elsewhere+"/elsewhere", "b"); !errors.Is(err, tc.elsewhere) {
			t.Errorf("%s, elsewhere: %v, want %v", tc.allowed, err, tc.elsewhere)
		}
	}
}

func TestKeysThatAreNotForTokensAreLeftOut(t *testing.T) {
	t.Parallel()
	const ec = `"kty":"EC","crv":"P-256","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"`
	for text, want := range map[string]int{
		`{` + ec + `}`:                                                                    1,
		`{` + ec + `,"use":"sig","alg":"ES256"}`:                                          1,
		`{` + ec + `,"use":"enc"}`:                                                        0,
		`{` + ec + `,"key_ops":["verify"]}`:                                               1,
		`{` + ec + `,"key_ops":["deriveKey"]}`:                                            0,
		`{` + ec + `,"key_ops":1}`:                                                        0,
		`{` + ec + `,"alg":"ECDH-ES"}`:                                                    0,
		`{` + ec + `,"d":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"}`:                  0,
		`{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`:                                    0,
		`{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}`:                                0,
		`{"kty":"oct","k":"c2VjcmV0"}`:                                                    0,
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`: 1,
		`{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`:  0,
		`{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("x", 682) + `"}`:                 1,
		`{"kty":"RSA","e":"AQAB","n":"` + strings.Repeat("x", 684) + `"}`:                 0,
		`{"kty":"AKP"}`: 0,
		`null`:          0,
		`7`:             0,
		`{}`:            0,
	} {
		p := newProvider(t, "", httptest.NewServer)
		p.text("/jwks", `{"keys":[`+text+`]}`)
		keys, err := newSource(t, nil, p.URL).PublicKeys(t.Context(), p.URL, "")
		if len(keys) != want || (err == nil) != (want > 0) {
			t.Errorf("%.100s: %d keys, %v; want %d", text, len(keys), err, want)
		}
	}
}
