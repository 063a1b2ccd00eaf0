// Package svc is what all ONVIF services of a camera share: the call a handler
// gets, the camera it works on and the description of a service. The handlers
// themselves are in the packages below, one a service; they meet in the
// camera's state and nowhere else.
package svc

import (
	"context"
	"log/slog"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

// Camera is what services see of the camera they belong to. It does not change
// while the camera runs; what changes is in State.
type Camera struct {
	Name    string
	Profile *profiles.Profile
	State   *state.Camera
	// Clock is the camera's own clock; SetSystemDateAndTime moves it. Base is
	// the clock it is set against.
	Clock, Base clock.Clock
	// Jobs is the clock that the jobs of State go by: the fleet's.
	Jobs clock.Clock
	Log  *slog.Logger
	TPM  TPM
	// Vault keeps private keys and secrets.
	Vault  *vault.Vault
	Binder *soap.Binder
	// Services are all services of the camera, in the order GetServices lists them.
	Services []Service
	// Table has the entries of all services: what is simulated and what is not.
	Table *op.Table[*Call]
	// Off reports whether the profile has the operation switched off.
	Off func(*op.Row) bool
	// Reboot restarts the camera once the answer is sent; it returns how long
	// the camera will be away.
	Reboot func() time.Duration
	// FactoryDefault brings back, hard or soft, what the camera left the factory with,
	// and reboots. It returns once that is stored, with how long the camera will be
	// away. Errors: ErrStopped, those of the state.
	FactoryDefault func(hard bool) (time.Duration, error)
	// SetProtocols changes where the camera listens: what is named moves, opens or
	// closes, in the state as well, or nothing happens. Requests under way are
	// answered where they came. Errors: those of device.Section.SetProtocols,
	// device.ErrPortAlreadyInUse, device.ErrPortBlocked, device.ErrEnablingTLS.
	SetProtocols func([]device.Protocol) error
	// Signing reports whether a stream is running, and is signed.
	Signing func() bool
	// KeyFrame makes the stream's next picture one where decoding can start.
	KeyFrame func(stream string)
}

// TPM tells what keys the camera's TPM can hold.
type TPM interface {
	// Holds reports whether the TPM can make and keep keys of this kind.
	Holds(keystore.Spec) bool
}

// Simulated reports whether the camera carries the operation out: it is bound
// to a handler and not switched off. "tds:GetUsers".
func (c *Camera) Simulated(id string) bool {
	e, ok := c.Table.ByID(id)
	return ok && e.Call != nil && !c.Off(e.Row)
}

// SimulatedAll reports whether the camera carries all the operations out. A
// capability that makes operations mandatory is signalled only where it does.
func (c *Camera) SimulatedAll(ids ...string) bool {
	for _, id := range ids {
		if !c.Simulated(id) {
			return false
		}
	}
	return true
}

// Service finds a service of the camera by its name, such as "media2".
func (c *Camera) Service(name string) (Service, bool) {
	for _, s := range c.Services {
		if s.Name == name {
			return s, true
		}
	}
	return Service{}, false
}

// Service is one ONVIF service of a camera.
type Service struct {
	Name      string // as in profiles: "device", "media2"
	Namespace string
	// Path is where it is offered: "/onvif/media2_service". Requests are told
	// apart by their Body, not by the path.
	Path string
	// Version is that of the service's specification a release stands for.
	Version func(release string) (major, minor int)
	// Capabilities makes the service's capabilities, as GetServices shows them
	// below its Capabilities element: a generated type.
	Capabilities func(*Call) any
	// CapabilitiesName is the element Capabilities goes into.
	CapabilitiesName soap.QName
	Entries          []op.Entry[*Call]
	// Fault turns a domain error into a fault of the row; nil: not known.
	Fault func(*op.Row, error) *soap.Fault
}

// Call is one request on its way to its handler.
type Call struct {
	context.Context
	*Camera
	Exchange *op.Exchange
}

// View is the camera's state as it is now.
func (c *Call) View() *state.Tree { return c.State.View() }

// Update changes the camera's state; on an error nothing happened.
func (c *Call) Update(f func(tx *state.Tx) error) error { return c.State.Update(f) }
