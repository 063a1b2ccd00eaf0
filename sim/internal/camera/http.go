package camera

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// servicePath is below what all services are; which one a request is for, its
// Body says.
const servicePath = "/onvif/"

// ServeHTTP is the camera's web server: SOAP services and still pictures.
func (r *run) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Server", r.software)
	switch {
	case strings.HasPrefix(req.URL.Path, servicePath):
		r.serveSOAP(w, req)
	case strings.HasPrefix(req.URL.Path, "/snapshot/"):
		r.serveSnapshot(w, req)
	default:
		plain(w, http.StatusNotFound, "not found")
	}
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, text+"\n") //nolint:errcheck // the client is gone
}

// serveSOAP takes a SOAP request over HTTP (Core 5.1.2, 5.8.2).
func (r *run) serveSOAP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		plain(w, http.StatusMethodNotAllowed, "SOAP requests are posted")
		return
	}
	if !soapType(req.Header.Get("Content-Type")) {
		plain(w, http.StatusUnsupportedMediaType, "the content type of SOAP is application/soap+xml")
		return
	}
	body, status := r.body(w, req)
	if status != 0 {
		w.Header().Set("Connection", "close")
		plain(w, status, http.StatusText(status))
		return
	}
	peer, _ := netip.ParseAddrPort(req.RemoteAddr) //nolint:errcheck // only for the log; the zero value prints as invalid
	reply := r.pipeline.Handle(req.Context(), &op.Request{
		Method: req.Method, URI: req.RequestURI, Path: req.URL.Path, Host: req.Host,
		Secure: req.TLS != nil, Peer: peer, Header: req.Header, Body: body,
	})
	for name, values := range reply.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(reply.Body)))
	w.WriteHeader(reply.Status)
	w.Write(reply.Body) //nolint:errcheck // the client is gone
}

// soapType accepts the types of SOAP 1.2 and 1.1, and none at all.
func soapType(header string) bool {
	if header == "" {
		return true
	}
	t, _, err := mime.ParseMediaType(header)
	if err != nil {
		t, _, _ = strings.Cut(header, ";") // parameters some clients get wrong
	}
	switch strings.ToLower(strings.TrimSpace(t)) {
	case "application/soap+xml", "text/xml", "application/xml":
		return true
	}
	return false
}

// body reads the request's body, within its limit and its time; a status that
// is not 0 is the answer.
func (r *run) body(w http.ResponseWriter, req *http.Request) ([]byte, int) {
	limit := int64(r.camera.config.Profile.Limits.SOAP.Bytes)
	control := http.NewResponseController(w)
	deadline := r.camera.config.Clock.Now().Add(r.camera.config.Profile.Limits.HTTP.RequestTimeout)
	if err := control.SetReadDeadline(deadline); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, http.StatusBadRequest
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge
	case err != nil:
		return nil, http.StatusBadRequest
	}
	// A pull point may hold the answer back for longer than a body may take.
	if err := control.SetReadDeadline(noDeadline()); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, http.StatusBadRequest
	}
	return body, 0
}

// serveSnapshot answers a stream's still picture, with the users of the camera
// (Core 5.9.1; class READ_MEDIA).
func (r *run) serveSnapshot(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		plain(w, http.StatusMethodNotAllowed, "a snapshot can only be fetched")
		return
	}
	if !r.mayHaveMedia(w, req) {
		return
	}
	for _, p := range r.pictures {
		if req.URL.Path == svc.SnapshotPath(p.stream.Profile.Stream) {
			r.writeStill(w, req, p)
			return
		}
	}
	plain(w, http.StatusNotFound, "no such picture")
}

func (r *run) writeStill(w http.ResponseWriter, req *http.Request, p *picture) {
	jpeg, err := p.Still(req.Context())
	if err != nil {
		r.camera.log.Error("no snapshot", "stream", p.stream.Profile.Stream, "error", err)
		plain(w, http.StatusInternalServerError, "no picture")
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(len(jpeg)))
	if req.Method == http.MethodGet {
		w.Write(jpeg) //nolint:errcheck // the client is gone
	}
}

// mayHaveMedia lets users in who may have media, and answers the others.
func (r *run) mayHaveMedia(w http.ResponseWriter, req *http.Request) bool {
	asked := auth.Request{
		File: true, Method: req.Method, URI: req.RequestURI, Authorization: req.Header.Values("Authorization"),
		Secure: req.TLS != nil, Peer: req.RemoteAddr, Context: req.Context(),
	}
	id, err := settled{r}.Identify(asked)
	var refusal *auth.Refusal
	switch {
	case err == nil && auth.DefaultPolicy().Allows(id.Level, auth.ReadMedia):
		return true
	case err == nil:
		refusal = r.auth.Deny(asked, id)
	case !errors.As(err, &refusal):
		r.camera.log.Error("authentication", "error", err)
		plain(w, http.StatusInternalServerError, "authentication is out of order")
		return false
	}
	for _, c := range r.auth.Challenges(asked, refusal) {
		w.Header().Add("WWW-Authenticate", c)
	}
	plain(w, refusal.Status, "not authorized")
	return false
}
