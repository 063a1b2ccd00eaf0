package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	_ "crypto/sha512" // of ES384, ES512 and EdDSA
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// BearerConfig says which JWTs are taken. Security 4.4. There must be trusted
// issuers, keys, or both; then a token must satisfy both.
type BearerConfig struct {
	// Audiences: a token must name at least one of them. Security 4.4.2.
	Audiences []string
	// Issuers are the iss values of the trusted issuers, whose keys Source
	// finds. Empty: any issuer whose tokens verify with Keys.
	Issuers []string
	Source  KeySource
	// Keys are the public keys of the keystore that the JWT configuration
	// names (KeyID). Empty: all of Source.
	Keys []crypto.PublicKey
	// Algorithms lists the alg values taken: ES256, ES384, ES512, RS256, PS256,
	// EdDSA; any other is never taken. nil: ES256 and RS256.
	Algorithms []string
	// Types lists the typ values taken, without regard to case; "" stands for
	// none. nil: JWT, the only one that Security 4.4.1 allows.
	Types []string
	// Roles is the claim with the roles, a list or one string; "": roles.
	Roles string
	// Custom are further claims a token must have. Security 4.4.2.
	Custom []CustomClaim
	// Leeway is how far nbf, iat and exp may be off.
	Leeway time.Duration
	// Verified is how many tokens are remembered whose signature is right. Zero:
	// 64; negative: none.
	Verified int
	// Revoked reports whether an issuer's token was revoked; nil: none was.
	Revoked func(issuer, jti string) bool
}

// CustomClaim is a claim a token must have, with one of the values if there
// are any. Security 4.4.2.
type CustomClaim struct {
	Name   string
	Values []string
}

// bearer is a [BearerConfig] in use.
type bearer struct {
	BearerConfig
	parser   *jwt.Parser
	verified verified
}

// newBearer returns nil if the configuration trusts nobody: JWT authorization
// is on when there is a key or an issuer. Security 5.7.2.
func newBearer(c BearerConfig) *bearer {
	if len(c.Keys) == 0 && (len(c.Issuers) == 0 || c.Source == nil) {
		return nil
	}
	if c.Algorithms == nil {
		c.Algorithms = []string{"ES256", "RS256"}
	}
	if c.Types == nil {
		c.Types = []string{"JWT"}
	}
	if c.Roles == "" {
		c.Roles = "roles"
	}
	if c.Verified == 0 {
		c.Verified = 64
	}
	var algorithms []string
	for _, name := range c.Algorithms {
		if slices.Contains(Algorithms(), name) {
			algorithms = append(algorithms, name)
		}
	}
	c.Algorithms = algorithms
	return &bearer{BearerConfig: c, verified: verified{most: c.Verified}, parser: jwt.NewParser(
		jwt.WithStrictDecoding(), jwt.WithJSONNumber(), jwt.WithoutClaimsValidation(),
	)}
}

// Algorithms lists the JWS algorithms that can be taken. RFC 7518 3.1, 8037.
func Algorithms() []string {
	return []string{"ES256", "ES384", "ES512", "RS256", "PS256", "EdDSA"}
}

// badToken is why a token is refused: the error_description of the answer.
type badToken string

func (b badToken) Error() string { return string(b) }

// The error_descriptions of invalid_token. RFC 6750 3.1; the wording of the
// first is that of Security annex C.
const (
	tokenExpired   badToken = "The access token expired"
	tokenNotYet    badToken = "The access token is not valid yet"
	tokenTooLong   badToken = "The access token is too long"
	tokenMalformed badToken = "The access token is malformed"
	tokenType      badToken = "The type of the access token is not accepted"
	tokenCritical  badToken = "The access token has critical header parameters that are not understood"
	tokenAlgorithm badToken = "The signature algorithm of the access token is not accepted"
	tokenIssuer    badToken = "The issuer of the access token is not trusted"
	tokenKey       badToken = "The signing key of the access token is unknown"
	tokenSignature badToken = "The signature of the access token is invalid"
	tokenAudience  badToken = "The access token is for another audience"
	tokenNoTimes   badToken = "The access token lacks exp or nbf"
	tokenNoRoles   badToken = "The access token has no roles"
	tokenCustom    badToken = "The access token lacks a required claim"
	tokenRevoked   badToken = "The access token was revoked"
)

// bearerToken checks a bearer token. Security 4.4.4, RFC 6750.
func (a *Authenticator) bearerToken(s *active, r Request, c credentials) (Identity, *Refusal) {
	if !r.Secure {
		return Identity{}, &Refusal{
			Status: 401, Reason: "bearer token over an unencrypted connection", How: ByBearer,
		}
	}
	if c.token == "" {
		return Identity{}, a.malformed(s, r, c, errors.New("the Authorization header holds no bearer token"))
	}
	return a.token(r.Context, s, c.token)
}

// token checks a JWT, and says who it speaks for.
func (a *Authenticator) token(ctx context.Context, s *active, text string) (Identity, *Refusal) {
	claims, err := s.bearer.verify(ctx, text, a.config.Limits.BearerBytes)
	if err == nil {
		err = s.bearer.accept(claims, a.config.Clock.Now())
	}
	user := claims.user()
	if err != nil {
		return Identity{}, &Refusal{
			Status: 401, Reason: err.Error(), How: ByBearer, User: user, Code: "invalid_token", Description: err.Error(),
		}
	}
	level, roles := a.grants(claims)
	if level == Anonymous && roles == "" {
		return Identity{}, &Refusal{
			Status: 403, Reason: "the access token has no role that the camera knows", How: ByBearer, User: user,
			Code: "insufficient_scope", Description: "The access token grants too little",
		}
	}
	return Identity{User: user, Level: level, Roles: roles, How: ByBearer, Expires: claims.expires}, nil
}

// verify checks all of a token but its claims, and returns those. They are the
// zero claims unless the signature is right. Errors are all of type badToken.
// A token that was verified before is not verified again while its keys are the
// same.
func (b *bearer) verify(ctx context.Context, token string, most int) (claims, error) {
	if len(token) > most {
		return claims{}, tokenTooLong
	}
	if ctx == nil {
		ctx = context.Background()
	}
	key := sha256.Sum256([]byte(token))
	if known, again := b.verified.find(key); again {
		keys, err := b.candidates(ctx, known.algorithm, known.issuer, known.kid)
		if err == nil && known.by(keys) {
			return known.claims, nil
		}
	}
	of, err := b.parse(ctx, token)
	var bad badToken
	switch {
	case err == nil:
		if b.Verified > 0 {
			b.verified.add(key, of)
		}
		return of.claims, nil
	case errors.As(err, &bad):
		return claims{}, bad
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return claims{}, tokenSignature
	case errors.Is(err, jwt.ErrTokenUnverifiable):
		return claims{}, tokenAlgorithm
	}
	return claims{}, tokenMalformed
}

// parse takes a token apart and checks its signature.
func (b *bearer) parse(ctx context.Context, token string) (of signed, err error) {
	found := jwt.MapClaims{}
	_, err = b.parser.ParseWithClaims(token, found, func(t *jwt.Token) (any, error) {
		if err := b.header(t); err != nil {
			return nil, err
		}
		of.algorithm = t.Method.Alg()
		of.issuer, _ = found["iss"].(string)
		of.kid, _ = t.Header["kid"].(string)
		var err error
		of.keys, err = b.candidates(ctx, of.algorithm, of.issuer, of.kid)
		return jwt.VerificationKeySet{Keys: of.keys}, err
	})
	of.claims = b.readClaims(found)
	return of, err
}

// header checks the header of a token.
func (b *bearer) header(t *jwt.Token) error {
	typ, isText := t.Header["typ"].(string)
	if _, given := t.Header["typ"]; given && !isText || !slices.ContainsFunc(b.Types, func(have string) bool {
		return strings.EqualFold(have, typ)
	}) {
		return tokenType
	}
	if _, critical := t.Header["crit"]; critical { // RFC 7515 4.1.11
		return tokenCritical
	}
	if !slices.Contains(b.Algorithms, t.Method.Alg()) {
		return tokenAlgorithm
	}
	return nil
}

// candidates returns the keys that may have signed a token of an issuer.
func (b *bearer) candidates(ctx context.Context, algorithm, issuer, kid string) ([]jwt.VerificationKey, error) {
	if issuer == "" || len(b.Issuers) > 0 && !slices.Contains(b.Issuers, issuer) {
		return nil, tokenIssuer
	}
	all := b.Keys
	if len(b.Issuers) > 0 {
		published, err := b.Source.PublicKeys(ctx, issuer, kid)
		if err != nil {
			return nil, tokenKey
		}
		all = published
	}
	var keys []jwt.VerificationKey
	for _, key := range all {
		if fits(algorithm, key) && (len(b.Keys) == 0 || holds(b.Keys, key)) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, tokenKey
	}
	return keys, nil
}

// fits reports whether a key is one for the algorithm: no token chooses how a
// key is used. RFC 8725 3.1, RFC 7518 3.3 (at least 2048 bits).
func fits(algorithm string, key crypto.PublicKey) bool {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return algorithm == "ES256" && k.Curve == elliptic.P256() ||
			algorithm == "ES384" && k.Curve == elliptic.P384() ||
			algorithm == "ES512" && k.Curve == elliptic.P521()
	case *rsa.PublicKey:
		return (algorithm == "RS256" || algorithm == "PS256") && k.N.BitLen() >= 2048
	case ed25519.PublicKey:
		return algorithm == "EdDSA"
	}
	return false
}

// holds reports whether a key is among others.
func holds(keys []crypto.PublicKey, key crypto.PublicKey) bool {
	return slices.ContainsFunc(keys, func(have crypto.PublicKey) bool { return equal(have, key) })
}

// equal reports whether two public keys are the same.
func equal(a, b crypto.PublicKey) bool {
	k, comparable := a.(interface{ Equal(crypto.PublicKey) bool })
	return comparable && k.Equal(b)
}
