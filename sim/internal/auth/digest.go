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
	userHash                          bool // user is the hash of the name
}

// digestMethods are all forms of Digest.
func digestMethods() []Method {
	return []Method{ByDigestMD5, ByDigestSHA256, ByDigestMD5Sess, ByDigestSHA256Sess}
}

// algorithmOf is the algorithm parameter of a Digest method. RFC 7616 3.3.
func algorithmOf(m Method) string {
	switch m {
	case ByDigestSHA256:
		return "SHA-256"
	case ByDigestMD5Sess:
		return "MD5-sess"
	case ByDigestSHA256Sess:
		return "SHA-256-sess"
	}
	return "MD5"
}

// sha256 reports whether the answer is hashed with SHA-256, else with MD5.
func (d *digestAnswer) sha256() bool { return d.how == ByDigestSHA256 || d.how == ByDigestSHA256Sess }

// sess reports whether the nonces go into the key.
func (d *digestAnswer) sess() bool { return d.how == ByDigestMD5Sess || d.how == ByDigestSHA256Sess }

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
	d.userHash = strings.EqualFold(p["userhash"], "true")
	switch {
	case plain == extended:
		return errors.New("the Digest answer wants one of username and username*")
	case plain:
		d.user = name
		return nil
	case d.userHash:
		return errors.New("the Digest answer has a userhash and a username*")
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
	if !given {
		d.how = ByDigestMD5
		return nil
	}
	for _, m := range digestMethods() {
		if strings.EqualFold(name, algorithmOf(m)) {
			d.how = m
			return nil
		}
	}
	return errors.New("the Digest answer's algorithm is not one of those offered")
}

func (d *digestAnswer) readCount(p map[string]string) error {
	if _, given := p["qop"]; !given {
		if d.sess() {
			return errors.New("the Digest answer has a -sess algorithm and no qop")
		}
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
	if !a.readUserHash(s, &d) {
		return Identity{}, &Refusal{Status: 400, Reason: "the Digest answer has a userhash, which is not offered", How: d.how}
	}
	account, known := a.account(d.user)
	right := d.right(a.keys(account), r.Method)
	if reason := a.tried(s, r, d.how, d.user, right && known && d.realm == a.config.Realm); reason != "" {
		return refuse(reason)
	}
	ours := !d.hasOpaque || d.opaque == a.opaque
	if !ours || !a.nonces.use(a.config.Clock.Now(), d.nonce, d.count, d.count > 0 || r.RTSP) {
		return Identity{}, &Refusal{
			Status: 401, Reason: "the nonce is over or was used with this count", How: d.how, User: d.user, Stale: true,
		}
	}
	return account.identity(d.how), nil
}

// readUserHash puts the user's name in the place of its hash; it stays where
// nobody has it. False: hashes are not offered. RFC 7616 3.4.4.
func (a *Authenticator) readUserHash(s *Settings, d *digestAnswer) bool {
	if !d.userHash {
		return true
	}
	if !s.UserHash {
		return false
	}
	if a.config.Accounts == nil {
		return true
	}
	hashed, hash := strings.ToLower(d.user), d.hash()
	for _, name := range a.config.Accounts.Names() { // all of them, whichever it is
		if subtle.ConstantTimeCompare([]byte(hash(name, a.config.Realm)), []byte(hashed)) == 1 {
			d.user = name
		}
	}
	return true
}

// hash is the hash of the answer's algorithm.
func (d *digestAnswer) hash() func(...string) string {
	if d.sha256() {
		return hashSHA256
	}
	return hashMD5
}

// right reports whether the response follows from the password that keys are
// of. RFC 7616 3.4.1.
func (d *digestAnswer) right(keys Keys, method string) bool {
	hash, a1 := d.hash(), keys.MD5
	if d.sha256() {
		a1 = keys.SHA256
	}
	if d.sess() {
		a1 = hash(a1, d.nonce, d.cnonce)
	}
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
