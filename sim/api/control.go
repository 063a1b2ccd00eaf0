package api

import "errors"

// The errors a fleet gives the control API and the library, to be told apart
// with errors.Is. Bad values are a *[ConfigError] that names the field.
var (
	// ErrNotFound says that there is no camera, stream or profile of that name.
	ErrNotFound = errors.New("not found")
	// ErrNotReady says that the fleet or the camera is still starting.
	ErrNotReady = errors.New("not ready")
	// ErrNotAllowed says that the fleet exists but refuses this action.
	ErrNotAllowed = errors.New("not allowed")
)

// Ready is what GET /readyz answers: 200 when Ready, 503 before.
type Ready struct {
	Ready   bool `json:"ready"`
	Started int  `json:"started"` // cameras that are up
	Total   int  `json:"total"`   // cameras there will be
}

// Stats counts what a fleet did since its start. GET /v1/stats answers it and
// /metrics is made of it.
type Stats struct {
	Cameras    []CameraStats    `json:"cameras"`
	Operations []OperationStats `json:"operations"`
}

// CameraStats counts for one camera.
type CameraStats struct {
	Name     string `json:"name"`
	State    string `json:"state"`    // as in [Camera]
	Requests uint64 `json:"requests"` // SOAP requests answered
	Faults   uint64 `json:"faults"`   // of them with a fault or an HTTP error
	Viewers  int    `json:"viewers"`  // RTSP sessions that play now
	Packets  uint64 `json:"packets"`  // RTP packets sent
	Bytes    uint64 `json:"bytes"`    // RTP bytes sent, headers included
	Dropped  uint64 `json:"dropped"`  // access units slow viewers did not get
	Restarts uint64 `json:"tpm_restarts"`
}

// OperationStats counts the answers to one operation over all cameras.
type OperationStats struct {
	Operation string  `json:"operation"` // "tds:GetServices"; empty: none that is known
	Outcome   string  `json:"outcome"`   // "ok", a fault ("env:Sender/ter:NotAuthorized") or an HTTP status ("401")
	Count     uint64  `json:"count"`
	Seconds   float64 `json:"seconds"` // spent on them in all
}

// ProfileInfo is one row of `camfleet profile ls`.
type ProfileInfo struct {
	Name         string `json:"name"`
	Manufacturer string `json:"manufacturer"`
	Model        string `json:"model"`
	Description  string `json:"description"`
}

// Check is one row of `camfleet doctor`.
type Check struct {
	Name   string `json:"name"`           // what was looked at: "control port"
	State  string `json:"state"`          // ok, warn (something will not work), fail (the fleet will not start)
	Detail string `json:"detail"`         // what was found
	Hint   string `json:"hint,omitempty"` // what to do about it
}

// Version is what `camfleet version --json` prints.
type Version struct {
	Version        string   `json:"version"`  // of camfleet
	Revision       string   `json:"revision"` // commit it was built from, if known
	Go             string   `json:"go"`
	Platform       string   `json:"platform"` // "linux/amd64"
	Specifications []string `json:"specifications"`
}
