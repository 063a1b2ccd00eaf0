package oidc

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"slices"
	"testing"
)

// FuzzMetadata checks that no document passes for that of an issuer that is not
// the one it was fetched for.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"issuer":"https://a.example","jwks_uri":"https://a.example/jwks"}`), "https://a.example")
	f.Add([]byte(`{"issuer":"https://a.example/","jwks_uri":"x"}`), "https://a.example/.well-known/openid-configuration")
	f.Add([]byte(`{"issuer":"https://a.example/x","Issuer":"https://a.example"}`), "https://a.example/.well-known/oauth-authorization-server/x")
	f.Add([]byte(`[]`), "http://[::1]:80/")
	f.Fuzz(func(t *testing.T, document []byte, uri string) {
		m, err := parseMetadata(document, uri)
		if err == nil && !slices.Contains(Names(uri), m.Issuer) {
			t.Fatalf("%q for %q: %+v", document, uri, m)
		}
		if n := len(documents(uri)); n > 2 || (n == 0) != (len(Names(uri)) == 0) {
			t.Fatalf("%q: %q, %q", uri, documents(uri), Names(uri))
		}
	})
}

// FuzzKeys checks that only public keys come out of a key set, and no more than
// may be.
func FuzzKeys(f *testing.F) {
	const ec = `"kty":"EC","crv":"P-256","kid":"b","x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY","y":"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"`
	f.Add([]byte(`{"keys":[{` + ec + `}]}`))
	f.Add([]byte(`{"keys":[{` + ec + `,"d":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"},{` + ec + `,"use":"enc"},7,null]}`))
	f.Add([]byte(`{"keys":[{"kty":"RSA","e":"AQAB","n":"sXch"},{"kty":"oct","k":"c2VjcmV0"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","x5c":["AA=="]}]}`))
	f.Add([]byte(`{"keys":{}}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		keys, err := parseKeys(document, 4)
		if err != nil && keys != nil || len(keys) > 4 {
			t.Fatalf("%d keys, %v", len(keys), err)
		}
		for _, k := range keys {
			switch public := k.Public.(type) {
			case *rsa.PublicKey:
				if public.N.BitLen() > maxModulus {
					t.Fatalf("%d bits", public.N.BitLen())
				}
			case *ecdsa.PublicKey, ed25519.PublicKey:
			default:
				t.Fatalf("a %T", k.Public)
			}
		}
	})
}
