// Package control serves the control API of a fleet (product contract,
// section 6), its Prometheus metrics, its OpenAPI description, the issuer and
// the dashboard, all on one listener that is not a camera's.
//
// The routes are one table ([routes] in routes.go); the OpenAPI document and
// the answers to wrong methods are made of it. Errors all look like [api.Error].
//
// A browser on the same machine is a stranger here: requests whose Host is not
// the listener's own are refused (DNS rebinding), as are cross-origin ones.
// Beyond loopback a bearer token is asked for.
package control

import (
	"context"
	"net/http"

	"github.com/camfleet/camfleet/sim/api"
)

// Fleet is what the control API needs of a fleet. Methods are called by many
// goroutines, also before the fleet is ready. Their errors wrap
// [api.ErrNotFound], [api.ErrNotReady] or [api.ErrNotAllowed], or are an
// *[api.ConfigError] naming the field; anything else is answered with status 500.
type Fleet interface {
	// Info is the fleet as `up --json` prints it, as far as it is known by now.
	Info() api.Fleet
	// Ready reports whether all cameras are up, and how many of how many are.
	Ready() api.Ready
	// Stats counts what happened since the start.
	Stats() api.Stats
	// Camera returns one camera; false: there is none of that name.
	Camera(name string) (api.Camera, bool)
	// Snapshot is a JPEG of what a stream of a camera shows now. An empty stream
	// name is the camera's first.
	Snapshot(ctx context.Context, camera, stream string) ([]byte, error)
	// Mint makes a token, good or deliberately bad.
	Mint(api.TokenRequest) (api.Token, error)
	// Revoke withdraws a token of the provider.
	Revoke(api.Revocation) (api.Revocation, error)
	// Reboot starts a camera's reboot and returns.
	Reboot(ctx context.Context, camera string) error
	// FactoryDefault brings back what a camera left the factory with, hard or soft,
	// starts its reboot and returns.
	FactoryDefault(ctx context.Context, camera string, hard bool) error
	// CA is a certificate in PEM: without a camera the fleet's root, or with
	// signing its media-signing root; with a camera the chain of its TLS server
	// key or of its media-signing key, leaf first.
	CA(camera string, signing bool) ([]byte, error)
	// Operations lists every ONVIF operation and whether it is simulated; a
	// profile's name adds those it has switched off.
	Operations(profile string) ([]api.Operation, error)
	// Issuer is the fleet's OpenID provider. It gets whole paths ("/issuer/jwks").
	Issuer() http.Handler
	// IssuerTLS is the provider under its https name, for requests over TLS.
	IssuerTLS() http.Handler
	// Authorizations tells how a camera stands with the authorization servers
	// that it gets tokens of for itself.
	Authorizations(camera string) ([]api.Authorization, error)
	// Faults lists the faults of a camera, Fault returns one.
	Faults(camera string) ([]api.Fault, error)
	Fault(camera, id string) (api.Fault, error)
	// AddFault puts a fault into a camera, RemoveFault and ClearFaults take one or
	// all away, Reset those of all cameras but the ones of their profiles.
	AddFault(camera string, f api.Fault) (api.Fault, error)
	RemoveFault(camera, id string) (api.Fault, error)
	ClearFaults(camera string) error
	Reset() api.ResetResult
	// RotateIssuer makes new signing keys for the provider.
	RotateIssuer() (api.IssuerKeys, error)
}
