package auth

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// Config is what an [Authenticator] is made of.
type Config struct {
	// Realm is the protection space of all challenges; a client shows it to
	// its user.
	Realm string
	// Clock is the camera's own clock; nil: the machine's.
	Clock clock.Clock
	// Random gives nonces their key; it must never fail. nil: crypto/rand.
	Random io.Reader
	// Accounts finds the users. nil: there are none.
	Accounts Accounts
	// Role reports whether a user role of that name is defined on the camera,
	// beside those for levels. It is asked at each request with a bearer token
	// and must be quick; nil: none is.
	Role func(name string) bool
	// Failed is told of every wrong password, unless nil. It must not block.
	Failed func(Failure)
	// Limits bounds sizes, counts and times; zero fields take their defaults.
	Limits Limits
	Settings
}

// Settings is the part of a [Config] that operations such as
// SetHashingAlgorithm and SetJWTConfiguration change while a camera runs.
type Settings struct {
	// Order is the form and order of the challenges; "": [Players].
	Order Order
	// Methods are the methods that are on; nil: all of them but Basic and the
	// -sess forms of Digest, which have to be named. The bearer method needs
	// Bearer as well. RTSP and files, which have no UsernameToken, have Digest
	// MD5 where no Digest method is on.
	Methods []Method
	// Preferred are the Digest methods to challenge with, in this order; nil:
	// those of Order. Core 5.9.3.1 (SetHashingAlgorithm).
	Preferred []Method
	// Bearer says which tokens are taken; nil: none.
	Bearer *BearerConfig
	// QopRequired refuses Digest answers without qop (RFC 2069), which live555
	// and GStreamer send.
	QopRequired bool
	// Charset adds charset=UTF-8 to the Digest challenges. RFC 7616 3.3.
	Charset bool
	// UserHash offers to take the hash of the user's name for the name. RFC 7616
	// 3.4.4.
	UserHash bool
	// CreatedWindow is how far wsu:Created may be from the camera's clock, to
	// either side. Zero: 300 s. Negative: any Created will do.
	CreatedWindow time.Duration
	// NonceReuse takes a UsernameToken's nonce as often as it comes.
	NonceReuse bool
	// PasswordText takes UsernameTokens with the password in clear.
	PasswordText bool
	// CommonName takes the user from the client's certificate, where it has one,
	// and from nowhere else. Security 5.3.2 (CnMapsToUser).
	CommonName bool
	// Forbid answers 403 to users that may not, where the default is 401 to a
	// Digest user and 400 to a UsernameToken. Core says nothing about it.
	Forbid bool
	// Backoff slows down who tries passwords.
	Backoff Backoff
}

// Limits bounds what an [Authenticator] takes and keeps.
type Limits struct {
	HeaderBytes   int           // of an Authorization header; 16384
	HeaderParams  int           // parameters of an Authorization header; 32
	Nonces        int           // Digest nonces in use; 1024
	NonceLifetime time.Duration // of a Digest nonce; 5 min
	TokenField    int           // bytes of each text of a UsernameToken; 1024
	TokenNonces   int           // UsernameToken nonces remembered; 65536
	BearerBytes   int           // of a bearer token; 8192
	Suspects      int           // user names, and addresses, that wrong passwords are counted of; 1024
}

// DefaultLimits returns the limits of a [Config] that names none.
func DefaultLimits() Limits {
	return Limits{
		HeaderBytes: 16384, HeaderParams: 32,
		Nonces: 1024, NonceLifetime: 5 * time.Minute,
		TokenField: 1024, TokenNonces: 65536,
		BearerBytes: 8192, Suspects: 1024,
	}
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	for _, f := range []struct{ given, byDefault *int }{
		{&l.HeaderBytes, &d.HeaderBytes}, {&l.HeaderParams, &d.HeaderParams}, {&l.Nonces, &d.Nonces},
		{&l.TokenField, &d.TokenField}, {&l.TokenNonces, &d.TokenNonces}, {&l.BearerBytes, &d.BearerBytes},
		{&l.Suspects, &d.Suspects},
	} {
		if *f.given == 0 {
			*f.given = *f.byDefault
		}
	}
	if l.NonceLifetime == 0 {
		l.NonceLifetime = d.NonceLifetime
	}
	return l
}

// Authenticator recognises the users of one camera. Its methods may be called
// by many goroutines. It keeps no goroutine and no memory for requests that
// were refused.
type Authenticator struct {
	config   Config // but for Settings, as given to New
	settings atomic.Pointer[active]
	opaque   string
	nonces   nonces
	replays  replays
	suspects suspects
	decoy    Keys // of no password
}

// active is settings in use.
type active struct {
	Settings
	bearer *bearer // nil: off
}

// New returns an authenticator that has yet to see its first request. It
// panics if c.Random fails, as crypto/rand would.
func New(c Config) *Authenticator {
	if c.Clock == nil {
		c.Clock = clock.Real()
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	c.Limits = c.Limits.orDefault()
	a := &Authenticator{config: c}
	var opaque [4]byte
	for _, b := range [][]byte{a.nonces.key[:], opaque[:]} {
		if _, err := io.ReadFull(c.Random, b); err != nil {
			panic(fmt.Sprintf("auth: the source of randomness failed: %v", err))
		}
	}
	a.opaque = hex.EncodeToString(opaque[:])
	a.decoy = KeysOf("", "", string(a.nonces.key[:]))
	a.nonces.lifetime, a.nonces.most = c.Limits.NonceLifetime, c.Limits.Nonces
	a.replays.most = c.Limits.TokenNonces
	a.suspects.users.most, a.suspects.addresses.most = c.Limits.Suspects, c.Limits.Suspects
	a.Configure(c.Settings)
	return a
}

// Configure replaces the settings. Requests under way go on with the old ones;
// nonces handed out stay good.
func (a *Authenticator) Configure(s Settings) {
	s.Methods = slices.Clone(s.Methods)
	if s.CreatedWindow == 0 {
		s.CreatedWindow = defaultCreatedWindow
	}
	act := &active{Settings: s}
	if s.Bearer != nil && s.on(ByBearer) {
		act.bearer = newBearer(*s.Bearer)
	}
	a.settings.Store(act)
}

// on reports whether a method is switched on.
func (s *Settings) on(m Method) bool {
	if s.Methods == nil {
		return m != ByBasic && m != ByDigestMD5Sess && m != ByDigestSHA256Sess
	}
	return slices.Contains(s.Methods, m)
}

// digests reports whether Digest answers with the algorithm of m are taken.
func (s *Settings) digests(r Request, m Method) bool {
	if slices.ContainsFunc(digestMethods(), s.on) {
		return s.on(m)
	}
	return m == ByDigestMD5 && (r.RTSP || r.File)
}

// account looks a user up; where there is none it returns an empty account.
func (a *Authenticator) account(name string) (Account, bool) {
	if a.config.Accounts == nil {
		return Account{}, false
	}
	account, known := a.config.Accounts.Account(name)
	if !known {
		return Account{}, false
	}
	return account, true
}

// password looks a user's password up; "" where there is no such user.
func (a *Authenticator) password(name string) (string, bool) {
	if a.config.Accounts == nil {
		return "", false
	}
	return a.config.Accounts.Password(name)
}
