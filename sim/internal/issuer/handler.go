package issuer

import (
	"encoding/json"
	"net/http"
	"net/url"
)

// place is an address of the issuer: its name, and where it answers.
type place struct {
	url string // the iss of tokens that are fetched there
	// alias is where clients with certificates fetch them, "": at url.
	alias string
	tls   bool
}

func (p place) token() string { return p.url + "/token" }

// audiences are what a client assertion may be meant for. RFC 7523 3.
func (p place) audiences() []string {
	list := []string{p.url, p.token()}
	if p.alias != "" {
		list = append(list, p.alias+"/token")
	}
	return list
}

// metadata is the issuer's description of itself. RFC 8414 2, OpenID Connect
// Discovery 1.0 section 3; what is not there is not offered.
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint,omitempty"`
	Token         string   `json:"token_endpoint"`
	JWKS          string   `json:"jwks_uri"`
	Registration  string   `json:"registration_endpoint"`
	Scopes        []string `json:"scopes_supported"`
	ResponseTypes []string `json:"response_types_supported"`
	ResponseModes []string `json:"response_modes_supported"`
	GrantTypes    []string `json:"grant_types_supported"`
	SubjectTypes  []string `json:"subject_types_supported"`
	Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	ClientAuth    []Method `json:"token_endpoint_auth_methods_supported"`
	ClientSigning []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	Challenges    []string `json:"code_challenge_methods_supported"`
	Claims        []string `json:"claims_supported"`
	Iss           bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 3
	Request       bool     `json:"request_parameter_supported"`
	RequestURI    bool     `json:"request_uri_parameter_supported"`
	MTLS          *aliases `json:"mtls_endpoint_aliases,omitempty"` // RFC 8705 5
}

type aliases struct {
	Token string `json:"token_endpoint"`
}

// Handler serves the issuer at the paths below that of its URL: metadata, keys,
// and the authorization, token and registration endpoints.
func (i *Issuer) Handler() http.Handler {
	mux := http.NewServeMux()
	i.serve(mux, i.plain())
	return mux
}

// TLSHandler serves the issuer at the paths below that of its TLSURL, where it
// goes by that name, and the token endpoint of the issuer without TLS for
// clients with certificates. The listener must ask clients for certificates
// and let any through (tls.RequestClientCert).
func (i *Issuer) TLSHandler() http.Handler {
	mux := http.NewServeMux()
	i.serve(mux, place{url: i.config.TLSURL, tls: true})
	plain := i.plain()
	mux.HandleFunc("POST "+pathOf(plain.alias)+"/token", i.serveToken(plain))
	return mux
}

// plain is the place without TLS of its own.
func (i *Issuer) plain() place {
	p := place{url: i.config.URL}
	if i.config.TLSURL != "" {
		p.alias = i.config.TLSURL + "/mtls"
	}
	return p
}

func (i *Issuer) serve(mux *http.ServeMux, at place) {
	base := pathOf(at.url)
	mux.HandleFunc("GET "+base+"/.well-known/openid-configuration", i.serveMetadata(at))
	mux.HandleFunc("GET /.well-known/oauth-authorization-server"+base, i.serveMetadata(at))
	mux.HandleFunc("GET "+base+"/jwks", i.serveKeys)
	mux.HandleFunc("POST "+base+"/token", i.serveToken(at))
	mux.HandleFunc("POST "+base+"/register", i.serveRegister)
	if len(i.config.Users) > 0 {
		mux.HandleFunc("GET "+base+"/authorize", i.serveAuthorize(at))
		mux.HandleFunc("POST "+base+"/authorize", i.serveAuthorize(at))
	}
}

func pathOf(text string) string {
	u, err := url.Parse(text)
	if err != nil { // New has parsed both
		return ""
	}
	return u.Path
}

func (i *Issuer) serveMetadata(at place) http.HandlerFunc {
	m := metadata{
		Issuer: at.url, Token: at.token(), JWKS: at.url + "/jwks", Registration: at.url + "/register",
		Scopes: scopes(), ResponseTypes: []string{}, ResponseModes: []string{"query"},
		GrantTypes: []string{grantClientCredentials}, SubjectTypes: []string{"public"},
		Algorithms:    i.config.Algorithms,
		ClientAuth:    Methods(i.config.TLSURL != ""),
		ClientSigning: []string{"HS256", "HS384", "HS512", "ES256", "ES384", "ES512", "RS256", "PS256", "EdDSA"},
		Challenges:    []string{"S256"},
		Claims:        []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "roles", "nonce", "auth_time", "at_hash", "preferred_username"},
		Iss:           true,
	}
	if len(i.config.Users) > 0 {
		m.Authorization, m.ResponseTypes = at.url+"/authorize", []string{"code"}
		m.GrantTypes = append(m.GrantTypes, grantCode)
	}
	if at.alias != "" {
		m.MTLS = &aliases{at.alias + "/token"}
	}
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, m) }
}

// serveKeys answers the public keys, all of them. RFC 7517 5.
func (i *Issuer) serveKeys(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, struct {
		Keys []jwk `json:"keys"`
	}{i.published()})
}

// published are the public keys; who reads them slowly holds up nobody.
func (i *Issuer) published() []jwk {
	i.mu.RLock()
	defer i.mu.RUnlock()
	var list []jwk
	for _, k := range i.keys {
		public := k.jwk()
		public.ID, public.Use, public.Algorithm = k.id, "sig", k.algorithm
		list = append(list, public)
	}
	return list
}

// thumbprintInput is the JSON that RFC 7638 3 has hashed.
func thumbprintInput(k jwk) []byte {
	text, err := json.Marshal(k)
	if err != nil {
		panic("issuer: a JWK of strings that is not JSON: " + err.Error())
	}
	return text
}

func refuse(w http.ResponseWriter, status int, code, description string) {
	reply(w, status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{code, description})
}

func reply(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "the answer is not JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(text) //nolint:errcheck // a client that has gone needs no answer
}
