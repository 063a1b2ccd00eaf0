package sim

import "github.com/camfleet/camfleet/sim/api"

// Faults lists the faults of a camera. Errors: api.ErrNotFound.
func (f *Fleet) Faults(camera string) ([]api.Fault, error) { return f.fleet.Faults(camera) }

// AddFault puts a fault into a camera, at once, and returns it with its ID.
// Errors: api.ErrNotFound, api.ErrNotAllowed, *api.ConfigError.
func (f *Fleet) AddFault(camera string, fault api.Fault) (api.Fault, error) {
	return f.fleet.AddFault(camera, fault)
}

// RemoveFault takes a fault out of a camera and returns it. Errors:
// api.ErrNotFound.
func (f *Fleet) RemoveFault(camera, id string) (api.Fault, error) {
	return f.fleet.RemoveFault(camera, id)
}

// Reset takes all faults out of all cameras but those of their profiles.
func (f *Fleet) Reset() api.ResetResult { return f.fleet.Reset() }
