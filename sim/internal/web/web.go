// Package web is a camera's own page: what it is called, and, for people who
// signed in at an authorization server that the camera is a client of, what it
// sees (Security 25.06 4.6.2). It knows cameras by an interface, and nothing of
// SOAP.
//
// Signing in needs TLS. A session lives in the camera's memory; the browser has
// a cookie with a random name for it, and the token stays here. It is judged
// again at every request, so a session ends with its token's time, with its
// revocation, and with its issuer's trust.
package web

import (
	"context"
	"embed"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/oauth"
)

//go:embed page.html
var files embed.FS

// Server is an authorization server that people can sign in at.
type Server struct {
	Token string // of its configuration
	URI   string
}

// Camera is what the page needs of its camera.
type Camera interface {
	// Names are the camera's manufacturer, model and serial number.
	Names() (manufacturer, model, serial string)
	// Servers are those that people can sign in at.
	Servers() []Server
	// Client is the camera as client of one of them.
	Client(token string) (*oauth.Client, error)
	// Identify judges a bearer token; Media says whether its holder may see.
	Identify(auth.Request) (auth.Identity, error)
	Media(auth.Identity) bool
	// Streams are the names of the streams; Still is a JPEG of one.
	Streams() []string
	Still(ctx context.Context, stream string) ([]byte, error)
}

// Limits bounds what browsers can cost. A zero field is its default.
type Limits struct {
	Sessions int           // people signed in at the same time; 64
	SignIns  int           // sign-ins under way; 64
	Session  time.Duration // a session at most; 8 h
	SignIn   time.Duration // a sign-in at most; 10 min
}

func (l Limits) withDefaults() Limits {
	if l.Sessions == 0 {
		l.Sessions = 64
	}
	if l.SignIns == 0 {
		l.SignIns = 64
	}
	if l.Session == 0 {
		l.Session = 8 * time.Hour
	}
	if l.SignIn == 0 {
		l.SignIn = 10 * time.Minute
	}
	return l
}

// Config is what a [Site] is made of.
type Config struct {
	Camera Camera
	Clock  clock.Clock // the fleet's, which never jumps
	Random io.Reader
	Log    *slog.Logger
	Limits Limits
}

// Site is the page of one camera. It keeps nothing running.
type Site struct {
	config   Config
	mux      *http.ServeMux
	sessions store[session]
	signIns  store[signIn]
}

// The paths of the page.
const (
	root        = "/"
	pathSignIn  = "/signin"
	pathBack    = "/signin/callback" // the redirect_uri, below https and the camera's host
	pathSignOut = "/signout"
	pathPicture = "/picture/"
)

// New returns a camera's page.
func New(c Config) *Site {
	c.Limits = c.Limits.withDefaults()
	s := &Site{config: c, mux: http.NewServeMux()}
	s.sessions = store[session]{limit: c.Limits.Sessions, clock: c.Clock, random: c.Random}
	s.signIns = store[signIn]{limit: c.Limits.SignIns, clock: c.Clock, random: c.Random}
	s.mux.HandleFunc("GET "+root+"{$}", s.getPage)
	s.mux.HandleFunc("GET "+pathSignIn, s.getSignIn)
	s.mux.HandleFunc("GET "+pathBack, s.getBack)
	s.mux.HandleFunc("POST "+pathSignOut, s.postSignOut)
	s.mux.HandleFunc("GET "+pathPicture+"{stream}", s.getPicture)
	return s
}

// ServeHTTP answers browsers.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	s.mux.ServeHTTP(w, r)
}

// view is what the page shows.
type view struct {
	Manufacturer, Model, Serial string
	Secure                      bool
	Servers                     []Server
	User, Level                 string   // "": nobody
	Streams                     []string // that the user may see
	Problem                     string
}

func (s *Site) getPage(w http.ResponseWriter, r *http.Request) {
	v := view{}
	if id, _, ok := s.user(r); ok {
		v.User, v.Level = id.User, auth.LevelName(id.Level, id.Roles)
		if s.config.Camera.Media(id) {
			v.Streams = s.config.Camera.Streams()
		}
	}
	s.page(w, r, http.StatusOK, v)
}

// page writes the page.
func (s *Site) page(w http.ResponseWriter, r *http.Request, status int, v view) {
	v.Manufacturer, v.Model, v.Serial = s.config.Camera.Names()
	v.Secure, v.Servers = r.TLS != nil, s.config.Camera.Servers()
	t, err := template.ParseFS(files, "page.html")
	if err != nil {
		http.Error(w, "the page is broken", http.StatusInternalServerError)
		return
	}
	var text strings.Builder
	if err := t.Execute(&text, v); err != nil {
		s.config.Log.Error("the camera's page", "error", err)
		http.Error(w, "the page is broken", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, text.String()) //nolint:errcheck // a browser that has gone needs no answer
}

// getPicture answers a stream's picture to who is signed in.
func (s *Site) getPicture(w http.ResponseWriter, r *http.Request) {
	id, _, ok := s.user(r)
	if !ok || !s.config.Camera.Media(id) {
		http.Error(w, "sign in first", http.StatusForbidden)
		return
	}
	name, is := strings.CutSuffix(r.PathValue("stream"), ".jpg")
	for _, stream := range s.config.Camera.Streams() {
		if !is || stream != name {
			continue
		}
		picture, err := s.config.Camera.Still(r.Context(), stream)
		if err != nil {
			s.config.Log.Error("no picture for the page", "stream", stream, "error", err)
			http.Error(w, "no picture", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "image/jpeg")
		w.Write(picture) //nolint:errcheck // a browser that has gone needs no answer
		return
	}
	http.NotFound(w, r)
}
