package device_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/device"
)

func TestDot1XConfigurationsAreBoundToInterfaces(t *testing.T) {
	t.Parallel()
	s := &device.Section{Network: device.Network{Interfaces: []device.Interface{{Token: "eth0"}, {Token: "wlan0"}}}}
	before := s.Clone()
	for _, token := range []string{"eth1", "", strings.Repeat("x", 10000)} {
		if err := s.SetDot1X(token, "dot1x-1"); !errors.Is(err, device.ErrInterface) || len(err.Error()) > 200 {
			t.Errorf("%v", err)
		}
	}
	if err := errors.Join(s.SetDot1X("wlan0", "dot1x-1"), s.SetDot1X("eth0", "dot1x-1"), s.SetDot1X("eth0", "dot1x-2")); err != nil {
		t.Fatal(err)
	}
	if got := s.Network.Dot1XInterfaces("dot1x-1"); !slices.Equal(got, []string{"wlan0"}) {
		t.Errorf("%q", got)
	}
	if err := s.SetDot1X("eth0", ""); err != nil || s.Network.Dot1XInterfaces("dot1x-2") != nil || s.Network.Dot1XInterfaces("") != nil {
		t.Errorf("%+v, %v", s.Network.Interfaces, err)
	}
	if before.Network.Interfaces[1].Dot1XID != "" {
		t.Error("the clone has changed")
	}
}
