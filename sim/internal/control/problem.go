package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/camfleet/camfleet/sim/api"
)

// problem is a failed request on its way to an [api.Error].
type problem struct {
	Status int
	Text   string
	Field  string
	Hint   string
}

// Error is the text without field and hint.
func (p *problem) Error() string { return p.Text }

// problemOf finds the status and the words for an error of the fleet.
func problemOf(err error) *problem {
	var p *problem
	var bad *api.ConfigError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &bad):
		return &problem{Status: http.StatusBadRequest, Text: bad.Text, Field: bad.Field, Hint: bad.Hint}
	case errors.Is(err, api.ErrNotFound):
		return &problem{Status: http.StatusNotFound, Text: err.Error()}
	case errors.Is(err, api.ErrNotReady):
		return &problem{Status: http.StatusServiceUnavailable, Text: err.Error(), Hint: "wait until /readyz answers 200"}
	case errors.Is(err, api.ErrNotAllowed):
		return &problem{Status: http.StatusConflict, Text: err.Error()}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &problem{Status: http.StatusServiceUnavailable, Text: "the answer took too long"}
	}
	return &problem{Status: http.StatusInternalServerError, Text: err.Error(), Hint: "the log of camfleet says more"}
}

// fail answers with an error.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if p.Status == http.StatusInternalServerError {
		s.Log.Error("control request failed", "request", r.Method+" "+r.URL.Path, "error", err)
	}
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	s.write(w, r, p.Status, api.Error{Error: p.Text, Field: p.Field, Hint: p.Hint})
}

// write answers with a JSON value, one line.
func (s *server) write(w http.ResponseWriter, r *http.Request, status int, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // URLs are to be read by people
	if err := e.Encode(v); err != nil {
		s.Log.Error("control answer cannot be written", "request", r.Method+" "+r.URL.Path, "error", err)
		http.Error(w, `{"error":"the answer cannot be written as JSON"}`, http.StatusInternalServerError)
		return
	}
	s.send(w, r, status, "application/json", b.Bytes())
}

// send answers with bytes.
func (s *server) send(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if _, err := w.Write(body); err != nil {
		s.Log.Debug("control answer not delivered", "request", r.Method+" "+r.URL.Path, "peer", r.RemoteAddr, "error", err)
	}
}

// quote puts what a client sent into an error, cut and without control characters.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strconv.Quote(s)
}
