package control

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// guard lets a request through that is meant for this listener, comes from no
// foreign web page, and carries the token where one is asked for.
func (s *server) guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Loopback && !loopbackHost(r.Host) {
			s.fail(w, r, &problem{
				Status: http.StatusMisdirectedRequest,
				Text:   "this listener is on loopback, and " + quote(r.Host) + " is no name of it",
				Field:  "Host",
				Hint:   "use 127.0.0.1, [::1] or localhost",
			})
			return
		}
		// The issuer is meant to be called by other sites and guards itself.
		if !isIssuer(r.URL.Path) {
			if err := origin.Check(r); err != nil {
				s.fail(w, r, &problem{
					Status: http.StatusForbidden, Field: "Origin",
					Text: "a web page of another origin may not change the fleet",
				})
				return
			}
			h := w.Header()
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			h.Set("X-Content-Type-Options", "nosniff")
			h.Set("Cache-Control", "no-store")
		}
		if s.Token != "" && !open(r) && !s.authorized(r) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="camfleet control"`)
			s.fail(w, r, &problem{
				Status: http.StatusUnauthorized, Field: "Authorization",
				Text: "the control API is bound beyond loopback and asks for its token",
				Hint: "send \"Authorization: Bearer …\" with the token that `camfleet up` printed",
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// loopbackHost reports whether a Host header names loopback: localhost, a name
// below it (RFC 6761 6.3), or a loopback address.
func loopbackHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]"))
	return err == nil && addr.Unmap().IsLoopback()
}

// open reports whether a request needs no token: health for orchestrators, the
// dashboard's files (which hold nothing of the fleet) and the issuer, which is public.
func open(r *http.Request) bool {
	switch r.URL.Path {
	case "/healthz", "/readyz", "/", "/dashboard.js", "/style.css", "/icon.svg":
		return true
	}
	return isIssuer(r.URL.Path)
}

// issuerMetadata is where RFC 8414 3.1 puts the metadata of the issuer /issuer.
const issuerMetadata = "/.well-known/oauth-authorization-server/issuer"

// isIssuer reports whether a path is one of the issuer's that anybody may call.
// Registration is not: beyond loopback the control token is the initial access
// token of RFC 7591 3.
func isIssuer(path string) bool {
	return path == "/issuer" || strings.HasPrefix(path, "/issuer/") && path != "/issuer/register" || path == issuerMetadata
}

// authorized compares in a time that does not depend on the token.
func (s *server) authorized(r *http.Request) bool {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return false
	}
	got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(s.Token))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}
