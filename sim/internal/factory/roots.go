// Package factory makes cameras: it gives each one its identity, has its keys
// made in its TPM, signs their certificates and returns the camera's first
// state.
//
//	camfleet root ── camfleet device CA ─┬─ device identity (IEEE 802.1AR)
//	                                     ├─ TLS server
//	                                     └─ TPM endorsement key
//	camfleet media signing root ───────────  media signing
//
// The authorities' keys are software keys of the fleet; the camera's three
// keys never leave its TPM. The media-signing root stands directly above the
// leaf, since the reference validator wants chains without their root.
package factory

import (
	"crypto/x509/pkix"
	"fmt"
	"io"
	"time"

	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

// Roots are the authorities of a fleet.
type Roots struct {
	Fleet   *pki.Authority // "camfleet root"
	Device  *pki.Authority // "camfleet device CA", below Fleet
	Signing *pki.Authority // "camfleet media signing root"
}

// NewRoots makes the authorities of a fleet, valid from date without an end.
// Equal sources and dates give equal bytes.
func NewRoots(source seed.Source, date time.Time) (*Roots, error) {
	source = source.Sub("roots")
	fleet := fmt.Sprintf("%x", source.Bytes("fleet number", 4))
	name := func(cn string) pki.Template {
		return pki.Template{
			Subject:   pkix.Name{Organization: []string{"camfleet"}, CommonName: cn, SerialNumber: fleet},
			NotBefore: date,
			NotAfter:  pki.Forever(),
		}
	}
	var r Roots
	var err error
	top := name("camfleet root")
	top.MaxPath = 1
	if r.Fleet, err = newRoot(top, source.Stream("fleet")); err != nil {
		return nil, err
	}
	random := source.Stream("device")
	key, err := pki.NewKey(random)
	if err != nil {
		return nil, err
	}
	if r.Device, err = r.Fleet.Authority(name("camfleet device CA"), key, random); err != nil {
		return nil, err
	}
	if r.Signing, err = newRoot(name("camfleet media signing root"), source.Stream("signing")); err != nil {
		return nil, err
	}
	return &r, nil
}

func newRoot(t pki.Template, random io.Reader) (*pki.Authority, error) {
	key, err := pki.NewKey(random)
	if err != nil {
		return nil, err
	}
	return pki.NewAuthority(t, key, random)
}

// The names of the authorities in their text form.
const (
	fleetName   = "fleet"
	deviceName  = "device"
	signingName = "signing"
)

// PEM writes the authorities as text, by name, for the state directory. It
// is a secret.
func (r *Roots) PEM() (map[string]pki.AuthorityPEM, error) {
	out := map[string]pki.AuthorityPEM{}
	for name, a := range map[string]*pki.Authority{fleetName: r.Fleet, deviceName: r.Device, signingName: r.Signing} {
		text, err := a.PEM()
		if err != nil {
			return nil, fmt.Errorf("authority %q: %w", name, err)
		}
		out[name] = text
	}
	return out, nil
}

// ParseRoots reads what PEM wrote.
func ParseRoots(text map[string]pki.AuthorityPEM) (*Roots, error) {
	var r Roots
	for name, to := range map[string]**pki.Authority{fleetName: &r.Fleet, deviceName: &r.Device, signingName: &r.Signing} {
		parsed, err := text[name].Parse()
		if err != nil {
			return nil, fmt.Errorf("authority %q: %w", name, err)
		}
		*to = parsed
	}
	return &r, nil
}

// ManufactureDate returns the day on which a new fleet's cameras are made:
// 2026-01-01 for a fixed seed, so that equal seeds give equal certificates,
// else the day before now.
func ManufactureDate(source seed.Source, now time.Time) time.Time {
	if source.Fixed() {
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -1)
}
