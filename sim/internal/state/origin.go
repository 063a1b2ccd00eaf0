package state

import (
	"errors"
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/job"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/users"
)

// Origin is what a camera left the factory with. No client changes it; private
// keys are in it as the TPM wrapped them, passwords as the vault sealed them.
// It shares its sections with the camera's first tree.
type Origin struct {
	Device   *device.Section   `json:"device"`
	Users    *users.Section    `json:"users"`
	Keystore *keystore.Section `json:"keystore"`
	Media    *mediacfg.Section `json:"media"`
}

// NewOrigin is the origin of a camera that leaves the factory as t.
func NewOrigin(t *Tree) *Origin {
	return &Origin{Device: t.Device, Users: t.Users, Keystore: t.Keystore, Media: t.Media}
}

// Validate checks the sections for damage; all have to be there.
func (o *Origin) Validate() error {
	if o.Device == nil || o.Users == nil || o.Keystore == nil || o.Media == nil {
		return errors.New("a section is missing")
	}
	t := Tree{Device: o.Device, Users: o.Users, Keystore: o.Keystore, Media: o.Media}
	if err := t.Validate(); err != nil {
		return fmt.Errorf("as it left the factory: %w", err)
	}
	return nil
}

// Hard is what a hard factory default makes of a camera (Core 8.3.8): all
// settings, accounts, keys and certificates are those of the factory again, and
// nothing is left to be done. The counts of boots and of what discovery announced
// go on.
func (o *Origin) Hard(now *Tree) Tree {
	d := o.Device.Clone()
	d.Boot = now.Device.Boot
	d.Boot.LastClockSync = o.Device.Boot.LastClockSync
	d.MetadataVersion = now.Device.MetadataVersion + 1
	return Tree{Device: d, Users: o.Users, Keystore: o.Keystore, Media: o.Media, Jobs: &job.Section{}}
}

// Soft is what a soft factory default makes of a camera (Core 8.3.8), which has
// to be reachable where it was, by the same people: network, host name, clock,
// accounts with their policies, the whole keystore with the TLS server's paths and
// the jobs of its keys stay. Scopes, discovery and media are those of the factory.
func (o *Origin) Soft(now *Tree) Tree {
	d := now.Device.Clone()
	d.Scopes, d.DiscoveryMode = o.Device.Clone().Scopes, o.Device.DiscoveryMode
	d.MetadataVersion++
	return Tree{Device: d, Media: o.Media}
}
