package issuer

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Client is somebody who may fetch tokens by client credentials. RFC 6749 4.4.
type Client struct {
	ID, Secret string
	Roles      []string // of its tokens
	Audience   []string // of its tokens; nil: the issuer's
}

// maxForm is how long a request to the token endpoint may be, in bytes.
const maxForm = 16384

// metadata is the issuer's description of itself. RFC 8414 2, OpenID Connect
// Discovery 1.0 section 3; what is not there is not offered.
type metadata struct {
	Issuer        string   `json:"issuer"`
	JWKS          string   `json:"jwks_uri"`
	TokenEndpoint string   `json:"token_endpoint,omitempty"`
	ResponseTypes []string `json:"response_types_supported"`
	GrantTypes    []string `json:"grant_types_supported"`
	SubjectTypes  []string `json:"subject_types_supported"`
	Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	ClientAuth    []string `json:"token_endpoint_auth_methods_supported,omitempty"`
	Claims        []string `json:"claims_supported"`
}

// Handler serves the metadata, the keys and, where there are clients, the
// token endpoint, at paths below that of the issuer's URL.
func (i *Issuer) Handler() http.Handler {
	base := ""
	if u, err := url.Parse(i.config.URL); err == nil { // New has parsed it before
		base = u.Path
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"/.well-known/openid-configuration", i.serveMetadata)
	mux.HandleFunc("GET /.well-known/oauth-authorization-server"+base, i.serveMetadata)
	mux.HandleFunc("GET "+base+"/jwks", i.serveKeys)
	if len(i.config.Clients) > 0 {
		mux.HandleFunc("POST "+base+"/token", i.serveToken)
	}
	return mux
}

func (i *Issuer) serveMetadata(w http.ResponseWriter, _ *http.Request) {
	m := metadata{
		Issuer: i.config.URL, JWKS: i.config.URL + "/jwks",
		ResponseTypes: []string{}, GrantTypes: []string{}, SubjectTypes: []string{"public"},
		Algorithms: i.config.Algorithms,
		Claims:     []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "roles"},
	}
	if len(i.config.Clients) > 0 {
		m.TokenEndpoint = i.config.URL + "/token"
		m.GrantTypes = []string{"client_credentials"}
		m.ClientAuth = []string{"client_secret_basic", "client_secret_post"}
	}
	reply(w, http.StatusOK, m)
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

// serveToken gives tokens for client credentials. RFC 6749 4.4, 5.1, 5.2.
func (i *Issuer) serveToken(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_request", "the request is not a form")
		return
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			refuse(w, http.StatusBadRequest, "invalid_request", "a parameter comes twice")
			return
		}
	}
	if len(r.Header.Values("Authorization")) > 0 && r.PostForm.Has("client_secret") {
		refuse(w, http.StatusBadRequest, "invalid_request", "the client authenticates in two ways")
		return
	}
	client, known := i.client(r)
	if !known {
		w.Header().Set("WWW-Authenticate", `Basic realm="camfleet"`)
		refuse(w, http.StatusUnauthorized, "invalid_client", "unknown client or wrong secret")
		return
	}
	if r.PostForm.Get("grant_type") != "client_credentials" {
		refuse(w, http.StatusBadRequest, "unsupported_grant_type", "want client_credentials")
		return
	}
	token, err := i.Mint(TokenRequest{Subject: client.ID, Roles: client.Roles, Audience: client.Audience})
	if err != nil {
		refuse(w, http.StatusBadRequest, "invalid_request", err.Error())
		return
	}
	reply(w, http.StatusOK, struct {
		Token   string `json:"access_token"`
		Type    string `json:"token_type"`
		Expires int    `json:"expires_in"`
	}{token, "Bearer", int(i.config.TTL.Seconds())})
}

// client finds the client that a request comes from: its credentials are in
// the Authorization header (client_secret_basic, form-encoded in base64) or in
// the form (client_secret_post). RFC 6749 2.3.1.
func (i *Issuer) client(r *http.Request) (Client, bool) {
	id, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if name, password, basic := r.BasicAuth(); basic {
		var bad [2]error
		id, bad[0] = url.QueryUnescape(name)
		secret, bad[1] = url.QueryUnescape(password)
		if bad[0] != nil || bad[1] != nil {
			return Client{}, false
		}
	}
	at := slices.IndexFunc(i.config.Clients, func(c Client) bool { return c.ID == id })
	var client Client
	if at >= 0 {
		client = i.config.Clients[at]
	}
	given, want := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(client.Secret))
	right := subtle.ConstantTimeCompare(given[:], want[:]) == 1
	return client, right && at >= 0 && strings.TrimSpace(client.Secret) != ""
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
