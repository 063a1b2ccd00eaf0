package auth

import (
	"crypto/md5" //nolint:gosec // RFC 7616 has it, and most cameras nothing else
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// digestAnswer is the Authorization header of a Digest answer. RFC 7616 3.4.
type digestAnswer struct {
	how                               Method
	user, realm, nonce, uri, response string
	opaque, cnonce, qop, countText    string
	count                             uint32 // 0 without qop
	hasOpaque                         bool
}

// readDigest checks the form of a Digest answer: what must be there is there
// and well formed. Its errors are answered with 400, RFC 7616 3.4.
func readDigest(p map[string]string) (digestAnswer, error) {
	for _, name := range []string{"realm", "nonce", "uri", "response"} {
		if _, has := p[name]; !has {
			return digestAnswer{}, fmt.Errorf("the Digest answer has no %s", name)
		}
	}
	d := digestAnswer{
		realm: p["realm"], nonce: p["nonce"], uri: p["uri"], response: p["response"],
		qop: p["qop"], cnonce: p["cnonce"], countText: p["nc"], opaque: p["opaque"],
	}
	_, d.hasOpaque = p["opaque"]
	if err := d.readUser(p); err != nil {
		return d, err
	}
	if err := d.readAlgorithm(p); err != nil {
		return d, err
	}
	return d, d.readCount(p)
}

func (d *digestAnswer) readUser(p map[string]string) error {
	name, plain := p["username"]
	encoded, extended := p["username*"]
	switch {
	case strings.EqualFold(p["userhash"], "true"):
		return errors.New("the Digest answer has a userhash, which is not offered")
	case plain == extended:
		return errors.New("the Digest answer wants one of username and username*")
	case plain:
		d.user = name
		return nil
	}
	charset, rest, _ := strings.Cut(encoded, "'") // RFC 8187 3.2.1
	_, text, found := strings.Cut(rest, "'")
	user, err := url.PathUnescape(text)
	if !found || err != nil || !strings.EqualFold(charset, "UTF-8") {
		return errors.New("the Digest answer's username* is not UTF-8''text")
	}
	d.user = user
	return nil
}

func (d *digestAnswer) readAlgorithm(p map[string]string) error {
	name, given := p["algorithm"]
	switch {
	case !given || strings.EqualFold(name, "MD5"):
		d.how = ByDigestMD5
	case strings.EqualFold(name, "SHA-256"):
		d.how = ByDigestSHA256
	default:
		return errors.New("the Digest answer's algorithm is not one of those offered")
	}
	return nil
}

func (d *digestAnswer) readCount(p map[string]string) error {
	if _, given := p["qop"]; !given {
		return nil // RFC 2069
	}
	if d.qop != "auth" {
		return errors.New("the Digest answer's qop is not auth")
	}
	if d.cnonce == "" {
		return errors.New("the Digest answer has qop and no cnonce")
	}
	count, err := strconv.ParseUint(d.countText, 16, 32)
	if err != nil || len(d.countText) != 8 || count == 0 {
		return errors.New("the Digest answer's nc is not 8 hexadecimal digits above 0")
	}
	d.count = uint32(count)
	return nil
}

// digest checks a Digest answer to one of our challenges.
func (a *Authenticator) digest(s *Settings, r Request, p map[string]string) (Identity, *Refusal) {
	d, err := readDigest(p)
	if err != nil {
		return Identity{}, &Refusal{Status: 400, Reason: err.Error(), How: d.how, User: d.user}
	}
	refuse := func(reason string) (Identity, *Refusal) {
		return Identity{}, &Refusal{Status: 401, Reason: reason, How: d.how, User: d.user}
	}
	switch {
	case !s.digests(r, d.how):
		return refuse("the Digest algorithm is switched off")
	case d.count == 0 && s.QopRequired:
		return refuse("the Digest answer has no qop")
	case !sameTarget(r, d.uri):
		return refuse("the Digest answer's uri is not that of the request")
	}
	// An unknown user costs the same work and gets the same answer as a wrong password.
	account, known := a.account(d.user)
	right := d.right(a.config.Realm, r.Method, account.Password)
	if !right || !known || d.realm != a.config.Realm {
		return refuse(wrongPassword)
	}
	ours := !d.hasOpaque || d.opaque == a.opaque
	if !ours || !a.nonces.use(a.config.Clock.Now(), d.nonce, d.count, d.count > 0 || r.RTSP) {
		return Identity{}, &Refusal{
			Status: 401, Reason: "the nonce is over or was used with this count", How: d.how, User: d.user, Stale: true,
		}
	}
	return Identity{User: account.Name, Level: account.Level, How: d.how}, nil
}

// right reports whether the response follows from the password. RFC 7616 3.4.1.
func (d *digestAnswer) right(realm, method, password string) bool {
	hash := hashMD5
	if d.how == ByDigestSHA256 {
		hash = hashSHA256
	}
	a1 := hash(d.user, realm, password)
	a2 := hash(method, d.uri)
	var want string
	if d.count == 0 {
		want = hash(a1, d.nonce, a2)
	} else {
		want = hash(a1, d.nonce, d.countText, d.cnonce, d.qop, a2)
	}
	return subtle.ConstantTimeCompare([]byte(strings.ToLower(d.response)), []byte(want)) == 1
}

// hashMD5 gives the hexadecimal MD5 of the parts with colons between them.
func hashMD5(parts ...string) string {
	sum := md5.Sum([]byte(strings.Join(parts, ":"))) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

func hashSHA256(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, ":")))
	return hex.EncodeToString(sum[:])
}
