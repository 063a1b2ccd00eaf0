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
	return fault.New(fault.Config{
		Seed: c.config.Seed.Sub("fault"), Now: c.wall.Now, Authority: c.config.SigningAuthority,
		Identity: func(string) (sign.Identity, error) { return c.faultIdentity() }, Streams: names, Log: c.log,
	})
}

// Faults are the camera's faults. They outlive a reboot.
func (c *Camera) Faults() *fault.Set { return c.faults }

// ResetFaults takes all faults away and returns how many there were.
func (c *Camera) ResetFaults() int {
	n := len(c.faults.Rules())
	c.faults.Clear()
	return n
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
