package issuer

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Bad is a way for a token to be wrong on purpose, in all else right.
type Bad string

// The ways for a token to be wrong.
const (
	BadExpired   Bad = "expired"   // its time is over
	BadNotYet    Bad = "not-yet"   // its time is to come
	BadAudience  Bad = "audience"  // it is for somebody else
	BadSignature Bad = "signature" // one bit of the signature is wrong
	BadRole      Bad = "role"      // its role is none of ONVIF's
	BadAlgNone   Bad = "alg-none"  // it is not signed
	BadIssuer    Bad = "issuer"    // it names another issuer
)

// Bads lists the ways for a token to be wrong.
func Bads() []Bad {
	return []Bad{BadExpired, BadNotYet, BadAudience, BadSignature, BadRole, BadAlgNone, BadIssuer}
}

// TokenRequest says what token to mint. Zero fields take what their comment
// names.
type TokenRequest struct {
	Subject   string   // sub; "": camfleet
	Roles     []string // roles, such as onvif:Operator, the prefix put before the three words that lack it; nil: onvif:User
	Audience  []string // aud; nil: the issuer's
	TTL       time.Duration
	Claims    map[string]any // further claims; they replace any but those above
	Algorithm string         // "": that of the key, or the issuer's first
	KeyID     string         // kid of a published key; "": the newest of the algorithm
	Bad       Bad            // "": a good token
	at        string         // iss; "": the issuer's URL
}

// Limits of a token request, which keep tokens below the size that HTTP
// servers and cameras take.
const (
	maxTokenValues = 32   // roles, audiences and claims, each
	maxTokenBytes  = 8192 // of the token
)

// reserved are the claims that Claims must not hold.
func reserved() []string { return []string{"iss", "sub", "aud", "exp", "nbf", "iat", "roles"} }

// Mint returns a signed JWT with the claims that Security 4.4.1 asks for.
func (i *Issuer) Mint(r TokenRequest) (string, error) {
	text, _, err := i.mint(r)
	return text, err
}

// mint is Mint; it also returns the token's jti.
func (i *Issuer) mint(r TokenRequest) (text, jti string, err error) {
	if err := i.check(&r); err != nil {
		return "", "", err
	}
	now := i.config.Clock.Now().Truncate(time.Second)
	id := make([]byte, 16)
	if _, err := io.ReadFull(i.config.Random, id); err != nil {
		return "", "", fmt.Errorf("randomness for a token: %w", err)
	}
	claims := map[string]any{"jti": hex.EncodeToString(id)}
	maps.Copy(claims, r.Claims)
	claims["iss"], claims["sub"], claims["roles"] = r.at, r.Subject, r.Roles
	claims["aud"] = r.Audience
	if len(r.Audience) == 1 {
		claims["aud"] = r.Audience[0]
	}
	from, to := now, now.Add(r.TTL)
	switch r.Bad {
	case BadExpired:
		from, to = now.Add(-r.TTL-time.Minute), now.Add(-time.Minute)
	case BadNotYet:
		from, to = now.Add(time.Hour), now.Add(time.Hour+r.TTL)
	case BadAudience:
		claims["aud"] = "urn:camfleet:somebody-else"
	case BadRole:
		claims["roles"] = []string{"onvif:Nobody"}
	case BadIssuer:
		claims["iss"] = "https://issuer.invalid"
	}
	claims["iat"], claims["nbf"], claims["exp"] = min(now.Unix(), from.Unix()), from.Unix(), to.Unix()
	text, err = i.compact(r, claims)
	jti, _ = claims["jti"].(string) // a request may set it to anything
	return text, jti, err
}

// check fills what the request leaves out and says what is wrong with it.
func (i *Issuer) check(r *TokenRequest) error {
	if r.Subject == "" {
		r.Subject = "camfleet"
	}
	if r.at == "" {
		r.at = i.config.URL
	}
	if r.Roles == nil {
		r.Roles = []string{"onvif:User"}
	}
	r.Roles = slices.Clone(r.Roles)
	for n, role := range r.Roles {
		if role == "Administrator" || role == "Operator" || role == "User" {
			r.Roles[n] = "onvif:" + role
		}
	}
	if r.Audience == nil {
		if i.config.Audience == "" {
			return errors.New("audience: the issuer has none of its own, so a token must name one")
		}
		r.Audience = []string{i.config.Audience}
	}
	if r.TTL == 0 {
		r.TTL = i.config.TTL
	}
	if r.TTL < time.Second || r.TTL > i.config.MaxTTL {
		return fmt.Errorf("ttl %v: want 1s to %v", r.TTL, i.config.MaxTTL)
	}
	if r.Bad != "" && !slices.Contains(Bads(), r.Bad) {
		return fmt.Errorf("bad %q: want one of %v", r.Bad, Bads())
	}
	if r.Algorithm == "" && r.KeyID == "" {
		r.Algorithm = i.config.Algorithms[0]
	}
	if max(len(r.Roles), len(r.Audience), len(r.Claims)) > maxTokenValues {
		return fmt.Errorf("more than %d roles, audiences or claims", maxTokenValues)
	}
	for _, name := range reserved() {
		if _, taken := r.Claims[name]; taken {
			return fmt.Errorf("claim %q: it is set by the issuer", name)
		}
	}
	return nil
}

// signingKey is the key that a request asks for.
func (i *Issuer) signingKey(r TokenRequest) (key, error) {
	if r.KeyID == "" {
		return i.current(r.Algorithm)
	}
	i.mu.RLock()
	defer i.mu.RUnlock()
	for _, k := range i.keys {
		if k.id == r.KeyID && (r.Algorithm == "" || r.Algorithm == k.algorithm) {
			return k, nil
		}
	}
	return key{}, fmt.Errorf("key %.64q: the issuer has none of this kid that signs with %.16q", r.KeyID, r.Algorithm)
}

// compact signs the claims: RFC 7515 7.1.
func (i *Issuer) compact(r TokenRequest, claims map[string]any) (string, error) {
	k, err := i.signingKey(r)
	if err != nil {
		return "", err
	}
	header := map[string]string{"typ": "JWT", "alg": k.algorithm, "kid": k.id}
	if r.Bad == BadAlgNone {
		header = map[string]string{"typ": "JWT", "alg": "none"}
	}
	b64 := base64.RawURLEncoding
	var parts []string
	for _, part := range []any{header, claims} {
		text, err := json.Marshal(part)
		if err != nil {
			return "", fmt.Errorf("claims: %w", err)
		}
		parts = append(parts, b64.EncodeToString(text))
	}
	input := strings.Join(parts, ".")
	var signature []byte
	if r.Bad != BadAlgNone {
		if signature, err = k.sign(input); err != nil {
			return "", fmt.Errorf("signature with key %s: %w", k.id, err)
		}
	}
	if r.Bad == BadSignature {
		signature[len(signature)/2] ^= 1
	}
	token := input + "." + b64.EncodeToString(signature)
	if len(token) > maxTokenBytes {
		return "", fmt.Errorf("the token would be longer than %d bytes", maxTokenBytes)
	}
	return token, nil
}

// rawSignature turns the ASN.1 form of a P-256 signature into that of
// RFC 7518 3.4: r and s, 32 bytes each.
func rawSignature(der []byte) ([]byte, error) {
	var r, s big.Int
	text, inner := cryptobyte.String(der), cryptobyte.String(nil)
	if !text.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1Integer(&r) || !inner.ReadASN1Integer(&s) ||
		r.BitLen() > 256 || s.BitLen() > 256 || r.Sign() < 0 || s.Sign() < 0 {
		return nil, errors.New("not an ECDSA signature of P-256")
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return raw, nil
}
