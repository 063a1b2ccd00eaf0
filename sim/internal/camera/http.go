package camera

import (
	"crypto/x509"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// servicePath is below what all services are; which one a request is for, its
// Body says.
const servicePath = "/onvif/"

// ServeHTTP is the camera's web server: SOAP services, still pictures, and the
// page for browsers. The
// body is always read, even where it is of no use: some clients send one with
// every request.
func (r *run) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, status := r.body(w, req)
	switch {
	case status != 0:
		w.Header().Set("Connection", "close")
		r.plain(w, status, strings.ToLower(http.StatusText(status)))
	case strings.HasPrefix(req.URL.Path, servicePath):
		r.serveSOAP(w, req, body)
	case strings.HasPrefix(req.URL.Path, "/snapshot/"):
		r.serveSnapshot(w, req)
	default:
		r.servePage(w, req)
	}
}

// plain answers with one line of text.
func (r *run) plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	r.send(w, status, []byte(text+"\n"))
}

// serveSOAP takes a SOAP request over HTTP (Core 5.1.2, 5.8.2).
func (r *run) serveSOAP(w http.ResponseWriter, req *http.Request, body []byte) {
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		r.plain(w, http.StatusMethodNotAllowed, "SOAP requests are posted")
		return
	}
	if !soapType(req.Header.Get("Content-Type")) {
		r.plain(w, http.StatusUnsupportedMediaType, "the content type of SOAP is application/soap+xml")
		return
	}
	reply := r.pipeline.Handle(req.Context(), &op.Request{
		Method: req.Method, URI: req.RequestURI, Path: req.URL.Path, Host: req.Host, Secure: req.TLS != nil,
		Client: clientCertificate(req), Local: localAddr(req), Peer: peerAddr(req), Header: req.Header, Body: body,
	})
	for name, values := range reply.Header {
		if name == challengeHeader {
			challenge(w, values)
			continue
		}
		w.Header()[name] = values
	}
	r.send(w, reply.Status, reply.Body)
}

// challengeHeader is what Go makes of WWW-Authenticate.
const challengeHeader = "Www-Authenticate"

// challenge puts challenges into the answer under the name that everybody else
// writes, since some clients look for those very letters.
func challenge(w http.ResponseWriter, values []string) { w.Header()["WWW-Authenticate"] = values }

// clientCertificate is what the client has proved to have; nil: none. It is only
// asked for where it is checked.
func clientCertificate(req *http.Request) *x509.Certificate {
	if req.TLS == nil || len(req.TLS.PeerCertificates) == 0 {
		return nil
	}
	return req.TLS.PeerCertificates[0]
}

// peerAddr is the client's end of the connection; the zero value, which prints
// as invalid, if that is none of TCP's.
func peerAddr(req *http.Request) netip.AddrPort {
	a, err := netip.ParseAddrPort(req.RemoteAddr)
	if err != nil {
		return netip.AddrPort{}
	}
	return a
}

// localAddr is the camera's end of the connection, likewise.
func localAddr(req *http.Request) netip.AddrPort {
	if a, ok := req.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		return a.AddrPort()
	}
	return netip.AddrPort{}
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
// is not 0 is the answer, and then nothing more is read of the connection.
func (r *run) body(w http.ResponseWriter, req *http.Request) ([]byte, int) {
	limit := int64(r.camera.config.Profile.Limits.SOAP.Bytes)
	watch := r.watch(http.NewResponseController(w).SetReadDeadline)
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, limit))
	if err == nil {
		// A pull point may hold the answer back for longer than a body may take.
		watch.end(noDeadline())
		return body, 0
	}
	watch.end(longAgo())
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, http.StatusRequestTimeout
	}
	return nil, http.StatusBadRequest
}

// send writes the answer; a client that does not take it in the time of a
// request loses its connection.
func (r *run) send(w http.ResponseWriter, status int, body []byte) {
	control := http.NewResponseController(w)
	watch := r.watch(control.SetWriteDeadline)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)   //nolint:errcheck // the client is gone
	control.Flush() //nolint:errcheck // the client is gone
	watch.end(noDeadline())
}

// serveSnapshot answers a stream's still picture, with the users of the camera
// (Core 5.9.1; class READ_MEDIA).
func (r *run) serveSnapshot(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		r.plain(w, http.StatusMethodNotAllowed, "a snapshot can only be fetched")
		return
	}
	if !r.admit(w, req) {
		return
	}
	for _, p := range r.pictures {
		if req.URL.Path == svc.SnapshotPath(p.stream.Profile.Stream) {
			r.writeStill(w, req, p)
			return
		}
	}
	r.plain(w, http.StatusNotFound, "no such picture")
}

func (r *run) writeStill(w http.ResponseWriter, req *http.Request, p *picture) {
	jpeg, err := p.Still(req.Context())
	if err != nil {
		r.camera.log.Error("no snapshot", "stream", p.stream.Profile.Stream, "error", err)
		r.plain(w, http.StatusInternalServerError, "no picture")
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Cache-Control", "no-store")
	r.send(w, http.StatusOK, jpeg)
}

// admit lets users in who may have media, and answers the others.
func (r *run) admit(w http.ResponseWriter, req *http.Request) bool {
	asked := auth.Request{
		File: true, Method: req.Method, URI: req.RequestURI, Authorization: req.Header.Values("Authorization"),
		Secure: req.TLS != nil, Client: clientCertificate(req), Peer: req.RemoteAddr, Context: req.Context(),
	}
	keeper := settled{r}
	id, err := keeper.Identify(asked)
	var refusal *auth.Refusal
	switch {
	case err == nil && r.access.snapshot(id):
		return true
	case err == nil:
		refusal = keeper.Deny(asked, id)
	case !errors.As(err, &refusal):
		r.camera.log.Error("authentication", "error", err)
		r.plain(w, http.StatusInternalServerError, "authentication is out of order")
		return false
	}
	if list := keeper.Challenges(asked, refusal); len(list) > 0 {
		challenge(w, list)
	}
	r.plain(w, refusal.Status, "not authorized")
	return false
}
