package control

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/camfleet/camfleet/sim/api"
)

// route is one operation of the control API. The table of them makes the mux,
// the answers to wrong methods and queries, and the OpenAPI document.
type route struct {
	Method  string
	Path    string
	Summary string
	Query   []query
	Body    any    // zero value of what the body holds; nil: there is none
	Status  int    // of success; 0: 200
	Answer  any    // zero value of the JSON answer; nil: Type is something else
	Type    string // media type of the answer; empty: application/json
	Errors  []int  // statuses of failures beside 400, 401, 403, 405, 421 and 500
	handle  func(http.ResponseWriter, *http.Request) error
}

// query is a query parameter of a route.
type query struct{ Name, Kind, Summary string }

// routes is the whole control API but for the issuer.
func (s *server) routes() []route {
	return slices.Concat(s.healthRoutes(), s.fleetRoutes(), s.cameraRoutes(), s.faultRoutes(), s.dashboardRoutes())
}

func (s *server) healthRoutes() []route {
	return []route{
		{Method: "GET", Path: "/healthz", Summary: "Answers while the process lives.", Answer: health{}, handle: s.getHealth},
		{Method: "GET", Path: "/readyz", Summary: "200 once all cameras are up, 503 with the progress before.",
			Answer: api.Ready{}, Errors: []int{503}, handle: s.getReady},
		{Method: "GET", Path: "/metrics", Summary: "Prometheus metrics.", Type: "text/plain", handle: s.getMetrics},
		{Method: "GET", Path: "/v1/openapi.json", Summary: "This document.", Type: "application/json", handle: s.getOpenAPI},
	}
}

func (s *server) fleetRoutes() []route {
	signing := query{"signing", "boolean", "the media-signing certificates instead of the TLS ones"}
	return []route{
		{Method: "GET", Path: "/v1/fleet", Summary: "The fleet as `camfleet up --json` prints it.", Answer: api.Fleet{}, handle: s.getFleet},
		{Method: "GET", Path: "/v1/stats", Summary: "What was counted since the start.", Answer: api.Stats{}, handle: s.getStats},
		{Method: "GET", Path: "/v1/ca", Summary: "The root certificate of the fleet.", Query: []query{signing},
			Type: pemType, Errors: []int{503}, handle: s.getCA},
		{Method: "GET", Path: "/v1/operations", Summary: "Every ONVIF operation and whether it is simulated.",
			Query:  []query{{"profile", "string", "also say what this profile has switched off"}},
			Answer: []api.Operation{}, Errors: []int{404}, handle: s.getOperations},
		{Method: "POST", Path: "/v1/tokens", Summary: "Mints a token, good or deliberately bad.",
			Body: api.TokenRequest{}, Status: http.StatusCreated, Answer: api.Token{}, Errors: []int{413, 415, 503}, handle: s.postToken},
		{Method: "POST", Path: "/v1/tokens/revoke", Summary: "Withdraws a token of the fleet's issuer, by its jti or itself.",
			Body: api.Revocation{}, Answer: api.Revocation{}, Errors: []int{413, 415}, handle: s.postRevoke},
		{Method: "POST", Path: "/v1/issuer/rotate", Summary: "Makes new signing keys for the issuer; the old ones stay published.",
			Answer: api.IssuerKeys{}, handle: s.postRotate},
	}
}

func (s *server) cameraRoutes() []route {
	return []route{
		{Method: "GET", Path: "/v1/cameras", Summary: "All cameras.", Answer: []api.Camera{}, handle: s.getCameras},
		{Method: "GET", Path: "/v1/cameras/{name}", Summary: "One camera.", Answer: api.Camera{}, Errors: []int{404}, handle: s.getCamera},
		{Method: "GET", Path: "/v1/cameras/{name}/snapshot.jpg", Summary: "What the camera shows now.",
			Query: []query{{"stream", "string", "name of the stream; default the first"}},
			Type:  "image/jpeg", Errors: []int{404, 503}, handle: s.getSnapshot},
		{Method: "GET", Path: "/v1/cameras/{name}/chain", Summary: "The certificate chain of the camera's TLS server, leaf first.",
			Query: []query{{"signing", "boolean", "the chain of the media-signing key instead"}},
			Type:  pemType, Errors: []int{404, 503}, handle: s.getChain},
		{Method: "GET", Path: "/v1/cameras/{name}/authorizations", Summary: "How the camera stands with the authorization servers it gets tokens of for itself; without secrets.",
			Answer: []api.Authorization{}, Errors: []int{404, 503}, handle: s.getAuthorizations},
		{Method: "POST", Path: "/v1/cameras/{name}/reboot", Summary: "Reboots the camera as SystemReboot does.",
			Status: http.StatusAccepted, Answer: api.Camera{}, Errors: []int{404, 409, 503}, handle: s.postReboot},
		{Method: "POST", Path: "/v1/cameras/{name}/factory-default", Summary: "Makes the camera what it left the factory as, and reboots it, as SetSystemFactoryDefault does.",
			Query:  []query{{"soft", "boolean", "keep network, clock, accounts, keys and certificates"}},
			Status: http.StatusAccepted, Answer: api.Camera{}, Errors: []int{404, 409, 503}, handle: s.postFactoryDefault},
	}
}

// byPath groups a table for dispatch.
func byPath(table []route) map[string]map[string]route {
	paths := map[string]map[string]route{}
	for _, r := range table {
		path := r.Path
		if path == "/" {
			path = "/{$}"
		}
		if paths[path] == nil {
			paths[path] = map[string]route{}
		}
		paths[path][r.Method] = r
	}
	return paths
}

// dispatch serves one path: it picks the route by method and refuses query
// parameters the route does not know.
func (s *server) dispatch(methods map[string]route) http.Handler {
	allow := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		route, ok := methods[method]
		if !ok {
			w.Header().Set("Allow", allow)
			s.fail(w, r, &problem{Status: http.StatusMethodNotAllowed, Text: r.Method + " is not offered here", Hint: "use " + allow})
			return
		}
		if err := checkQuery(route, r); err != nil {
			s.fail(w, r, err)
			return
		}
		if err := route.handle(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// checkQuery refuses parameters the route does not have. The dashboard's files
// take any, so that links can carry marks.
func checkQuery(route route, r *http.Request) error {
	if route.Answer == nil && route.Type == "" {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(r.URL.Query())) {
		if !slices.ContainsFunc(route.Query, func(q query) bool { return q.Name == name }) {
			return &problem{Status: http.StatusBadRequest, Field: name, Text: "there is no such query parameter", Hint: "/v1/openapi.json lists them"}
		}
	}
	return nil
}
