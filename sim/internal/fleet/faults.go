package fleet

import (
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/fault"
)

// Faults lists the faults of a camera.
func (f *Fleet) Faults(camera string) ([]api.Fault, error) {
	m, err := f.member(camera)
	if err != nil {
		return nil, err
	}
	list := []api.Fault{}
	for _, s := range m.camera.Faults().Rules() {
		list = append(list, shownFault(s))
	}
	return list, nil
}

// Fault returns one fault of a camera.
func (f *Fleet) Fault(camera, id string) (api.Fault, error) {
	m, err := f.member(camera)
	if err != nil {
		return api.Fault{}, err
	}
	s, err := m.camera.Faults().Rule(id)
	return shownFault(s), faultError(err)
}

// AddFault puts a fault into a camera.
func (f *Fleet) AddFault(camera string, a api.Fault) (api.Fault, error) {
	m, err := f.member(camera)
	if err != nil {
		return api.Fault{}, err
	}
	s, err := m.camera.Faults().Add(fault.Rule{
		ID: a.ID, At: a.At, Do: a.Do, Stream: a.Stream, Chance: a.Chance, Every: a.Every, After: a.After, Times: a.Times, Amount: a.Amount,
	})
	return shownFault(s), faultError(err)
}

// RemoveFault takes a fault out of a camera and returns it.
func (f *Fleet) RemoveFault(camera, id string) (api.Fault, error) {
	shown, err := f.Fault(camera, id)
	if err != nil {
		return api.Fault{}, err
	}
	m, err := f.member(camera)
	if err != nil {
		return api.Fault{}, err
	}
	return shown, faultError(m.camera.Faults().Remove(id))
}

// ClearFaults takes all faults out of a camera.
func (f *Fleet) ClearFaults(camera string) error {
	m, err := f.member(camera)
	if err == nil {
		m.camera.Faults().Clear()
	}
	return err
}

// Reset takes all faults out of all cameras but those of their profiles.
func (f *Fleet) Reset() api.ResetResult {
	var r api.ResetResult
	for _, m := range f.members() {
		r.Faults += m.camera.ResetFaults()
	}
	return r
}

// shownFault is a fault as users see it.
func shownFault(s fault.Status) api.Fault {
	a := api.Fault{
		ID: s.ID, At: s.At, Do: s.Do, Stream: s.Stream, Chance: s.Chance, Every: s.Every, After: s.After, Times: s.Times, Amount: s.Amount,
		Fired: s.Fired,
	}
	if s.CRL != nil {
		a.CRL = string(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: s.CRL}))
	}
	return a
}

// faultError is an error of the faults as the control API tells it.
func faultError(err error) error {
	var wrong *fault.RuleError
	switch {
	case errors.As(err, &wrong):
		return &api.ConfigError{Field: wrong.Field, Text: wrong.Text}
	case errors.Is(err, fault.ErrNone):
		return fmt.Errorf("%w: %w", err, api.ErrNotFound)
	case errors.Is(err, fault.ErrExists), errors.Is(err, fault.ErrFull):
		return fmt.Errorf("%w: %w", err, api.ErrNotAllowed)
	}
	return err
}
