package factory

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/users"
)

// Spec says what camera to make. Only Name, Number and Model are needed.
type Spec struct {
	// Name is the camera's name in the fleet, as in "cam-0001". Its random
	// numbers hang on it.
	Name string
	// Number is the camera's number in the fleet, from 1, below 2²⁴. It makes
	// MAC address and serial number unique.
	Number int

	Manufacturer    string // default "camfleet"
	Model           string
	FirmwareVersion string // default "1.0.0"
	HardwareID      string // default: the model
	SerialPrefix    string // begins the default serial number
	SerialNumber    string // default: SerialPrefix and the MAC address without colons
	UUID            string // default: random
	// MAC is the hardware address; default: made of OUI and Number.
	MAC string
	// OUI is the vendor part of the MAC address; zero: a locally administered
	// one of the fleet.
	OUI [3]byte

	Hostname  string         // default: the name
	Scopes    []device.Scope // all of them, in order
	Interface device.Interface
	Gateway   []netip.Addr
	DNS       device.DNS
	NTP       device.NTP
	Protocols []device.Protocol
	Time      device.Time          // zero type: Manual, UTC
	Discovery device.DiscoveryMode // default: Discoverable

	// Addresses are what clients reach the camera by; with Hostname and
	// localhost they stand in the TLS server certificate.
	Addresses []netip.Addr
	// TLSVersions are those the camera supports; all start enabled. Default:
	// 1.2 and 1.3.
	TLSVersions []string
	// TLSValidity is how long the TLS server certificate is valid from
	// manufacture; default: 10 years of 365 days.
	TLSValidity time.Duration
	// Keys of the camera; default: ECDSA P-256, which a TPM makes in no time.
	IdentityKey, TLSKey, SigningKey keystore.Spec
	// OwnEK leaves the TPM's endorsement key and its certificate alone, as a
	// TPM of the machine, which has a manufacturer of its own, demands.
	OwnEK bool
	// NoSigning makes a camera without media-signing key.
	NoSigning bool

	Users []users.User
	Media mediacfg.Section
	JWT   keystore.JWT

	DeviceLimits   device.Limits
	UserLimits     users.Limits
	KeystoreLimits keystore.Limits
	KeystoreRules  keystore.Rules
	// KeystoreAbilities count once the camera has left the factory.
	KeystoreAbilities keystore.Abilities
}

// maxNumber keeps numbers apart in the lower half of a MAC address.
const maxNumber = 1<<24 - 1

func (s Spec) withDefaults() (Spec, error) {
	if s.Name == "" || s.Model == "" {
		return s, fmt.Errorf("camera %q: a name and a model are needed", s.Name)
	}
	if s.Number < 1 || s.Number > maxNumber {
		return s, fmt.Errorf("camera %q: number %d, want 1 to %d", s.Name, s.Number, maxNumber)
	}
	p256 := keystore.Spec{Algorithm: keystore.ECDSA, Bits: 256}
	or(&s.Manufacturer, "camfleet")
	or(&s.FirmwareVersion, "1.0.0")
	or(&s.HardwareID, s.Model)
	or(&s.Hostname, s.Name)
	or(&s.Discovery, device.Discoverable)
	or(&s.Time.Type, device.Manual)
	or(&s.TLSValidity, 10*365*24*time.Hour)
	or(&s.IdentityKey, p256)
	or(&s.TLSKey, p256)
	or(&s.SigningKey, p256)
	if len(s.TLSVersions) == 0 {
		s.TLSVersions = []string{"1.2", "1.3"}
	}
	return s, nil
}

func or[T comparable](field *T, def T) {
	var zero T
	if *field == zero {
		*field = def
	}
}
