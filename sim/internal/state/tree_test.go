package state_test

import (
	"errors"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/state"
)

func TestInterfaceIsBoundToAConfigurationThatIsThere(t *testing.T) {
	t.Parallel()
	tree := state.Tree{
		Device: &device.Section{
			Identity:      device.Identity{SerialNumber: "1", UUID: "2", Manufactured: time.Unix(0, 0)},
			DiscoveryMode: device.Discoverable, Time: device.Time{Type: device.Manual},
			Network: device.Network{Interfaces: []device.Interface{{Token: "eth0", Dot1XID: "dot1x-1"}}},
		},
		Keystore: &keystore.Section{},
	}
	if err := tree.Validate(); !errors.Is(err, keystore.ErrDot1XID) {
		t.Errorf("bound to nothing: %v", err)
	}
	tree.Keystore.Dot1X = []keystore.Dot1X{{ID: "dot1x-1", Outer: keystore.Dot1XStage{Method: "EAP-MD5"}}}
	if err := tree.Validate(); err != nil {
		t.Error(err)
	}
}
