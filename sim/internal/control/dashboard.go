package control

import (
	"embed"
	"net/http"
)

//go:embed web/index.html web/dashboard.js web/style.css web/icon.svg
var web embed.FS

// contentPolicy lets the dashboard load and call nothing but this listener.
const contentPolicy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (s *server) dashboardRoutes() []route {
	return []route{
		{Method: "GET", Path: "/", Summary: "The dashboard.", handle: s.file("web/index.html", "text/html; charset=utf-8")},
		{Method: "GET", Path: "/dashboard.js", Summary: "The dashboard's program.", handle: s.file("web/dashboard.js", "text/javascript; charset=utf-8")},
		{Method: "GET", Path: "/style.css", Summary: "The dashboard's looks.", handle: s.file("web/style.css", "text/css; charset=utf-8")},
		{Method: "GET", Path: "/icon.svg", Summary: "The dashboard's icon.", handle: s.file("web/icon.svg", "image/svg+xml")},
	}
}

// file serves one embedded file.
func (s *server) file(name, contentType string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		body, err := web.ReadFile(name)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Security-Policy", contentPolicy)
		w.Header().Set("Referrer-Policy", "no-referrer")
		s.send(w, r, http.StatusOK, contentType, body)
		return nil
	}
}
