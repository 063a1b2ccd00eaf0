package factory

import (
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/users"
)

// EKCertificateIndex is the NV index of the ECC endorsement key's certificate
// (TCG EK Credential Profile 2.2.1.4).
const EKCertificateIndex = 0x01c0000a

// TPM is what the factory asks of a camera's TPM; [FromTPM] makes one.
type TPM interface {
	// CreateKey makes a key that stays in the TPM.
	CreateKey(keystore.Spec) (keystore.Blob, crypto.PublicKey, error)
	// EK returns the public half of the ECC endorsement key.
	EK() (crypto.PublicKey, error)
	// WriteNV writes data to an index, defining it if need be.
	WriteNV(index uint32, data []byte) error
}

// Factory makes the cameras of one fleet. It may be used by many goroutines.
type Factory struct {
	roots  *Roots
	source seed.Source
	date   time.Time
}

// New returns a factory that signs with roots, draws from the fleet's source
// and dates everything with date (see [ManufactureDate]).
func New(roots *Roots, source seed.Source, date time.Time) *Factory {
	return &Factory{roots: roots, source: source, date: date.UTC()}
}

// Make makes a camera: keys in its TPM, certificates, and the first state.
// Equal fleets, names and numbers give equal identities, and equal keys as
// far as the TPM makes equal ones.
func (f *Factory) Make(spec Spec, tpm TPM) (state.Tree, error) {
	if tpm == nil {
		return state.Tree{}, errors.New("a camera needs a TPM")
	}
	spec, err := spec.withDefaults()
	if err != nil {
		return state.Tree{}, err
	}
	dev := f.device(spec)
	keys, err := f.keystore(spec, dev, tpm)
	if err != nil {
		return state.Tree{}, fmt.Errorf("camera %q: %w", spec.Name, err)
	}
	tree := state.Tree{
		Device:   dev,
		Keystore: keys,
		Users:    &users.Section{Users: slices.Clone(spec.Users), Limits: spec.UserLimits},
		Media:    spec.Media.Clone(),
	}
	if err := tree.Validate(); err != nil {
		return state.Tree{}, fmt.Errorf("camera %q: %w", spec.Name, err)
	}
	tree.Origin = state.NewOrigin(&tree)
	return tree, nil
}

// device fills in the device section.
func (f *Factory) device(spec Spec) *device.Section {
	source := f.source.Sub(spec.Name).Sub("factory")
	mac := spec.MAC
	or(&mac, f.mac(spec))
	serial := spec.SerialNumber
	or(&serial, spec.SerialPrefix+strings.ToUpper(strings.ReplaceAll(mac, ":", "")))
	uuid := spec.UUID
	or(&uuid, source.Stream("uuid").UUID())
	iface := spec.Interface
	or(&iface.Token, "eth0")
	or(&iface.Name, iface.Token)
	or(&iface.MAC, mac)
	or(&iface.MTU, 1500)
	return &device.Section{
		Identity: device.Identity{
			Manufacturer: spec.Manufacturer, Model: spec.Model, FirmwareVersion: spec.FirmwareVersion,
			SerialNumber: serial, HardwareID: spec.HardwareID, UUID: uuid, Manufactured: f.date,
		},
		Hostname:        device.Hostname{Name: spec.Hostname},
		Scopes:          slices.Clone(spec.Scopes),
		MetadataVersion: 1,
		DiscoveryMode:   spec.Discovery,
		Network: device.Network{
			Interfaces: []device.Interface{iface},
			Protocols:  slices.Clone(spec.Protocols),
			DNS:        spec.DNS, NTP: spec.NTP, Gateway: slices.Clone(spec.Gateway),
		},
		Time:   spec.Time,
		Limits: spec.DeviceLimits,
	}
}

// mac makes the hardware address. Its lower half is the camera's number on
// top of a start that differs from fleet to fleet.
func (f *Factory) mac(spec Spec) string {
	r := f.source.Sub("factory").Bytes("mac", 6)
	oui := spec.OUI
	if oui == [3]byte{} {
		oui = [3]byte{r[0]&^3 | 2, r[1], r[2]} // locally administered, one station
	}
	start := uint32(r[3])<<16 | uint32(r[4])<<8 | uint32(r[5])
	low := (start + uint32(spec.Number)) & maxNumber //nolint:gosec // Number is below 2²⁴
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", oui[0], oui[1], oui[2], byte(low>>16), byte(low>>8), byte(low))
}
