package camera

import (
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/fault"
	"github.com/camfleet/camfleet/streams/sign"
)

// newFaults returns the camera's faults: those of its profile.
func newFaults(c *Camera) *fault.Set {
	var names []string
	for _, s := range c.config.Profile.Media.Streams {
		names = append(names, s.Name)
	}
	set := fault.New(fault.Config{
		Seed: c.config.Seed.Sub("fault"), Now: c.wall.Now, Authority: c.config.SigningAuthority,
		Identity: func(string) (sign.Identity, error) { return c.faultIdentity() }, Streams: names, Log: c.log,
	})
	c.addOwnFaults(set)
	return set
}

// addOwnFaults puts the faults of the profile to work. What the profile's checks
// let pass, the faults take.
func (c *Camera) addOwnFaults(set *fault.Set) {
	for _, f := range c.config.Profile.Faults {
		_, err := set.Add(fault.Rule{
			ID: f.ID, At: f.At, Do: f.Do, Stream: f.Stream, Chance: f.Chance, Every: f.Every, After: f.After, Times: f.Times, Amount: int64(f.Amount),
		})
		if err != nil {
			c.log.Error("a fault of the profile is left out", "fault", f.Do, "error", err)
		}
	}
}

// Faults are the camera's faults. They outlive a reboot.
func (c *Camera) Faults() *fault.Set { return c.faults }

// ResetFaults takes all faults away but those of the profile, and returns how
// many there were.
func (c *Camera) ResetFaults() int {
	n := len(c.faults.Rules())
	c.faults.Clear()
	c.addOwnFaults(c.faults)
	return n - len(c.faults.Rules())
}

// faultIdentity is what the camera signs its video with, for faults that sign
// nonsense.
func (c *Camera) faultIdentity() (sign.Identity, error) {
	keys := c.config.State.View().Keystore
	chain, key, err := keys.Chain(keys.MediaSigning.Signer())
	if err != nil {
		return sign.Identity{}, fmt.Errorf("media signing: %w", err)
	}
	signer, err := c.Signer(key)
	if err != nil {
		return sign.Identity{}, fmt.Errorf("media signing: %w", err)
	}
	return sign.Identity{Key: signer, Chain: chain, User: keys.MediaSigning.User != ""}, nil
}
