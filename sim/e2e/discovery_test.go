package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/simtest"
	"github.com/google/go-cmp/cmp"
)

// TestEveryCameraIsFoundByAProbe probes as any client on this machine does. The
// fleets of other programs may answer as well; they are not looked at.
func TestEveryCameraIsFoundByAProbe(t *testing.T) {
	t.Parallel()
	fleet := startShowcase(t, func(c *sim.Config) { c.NoDiscovery = false })
	if notes := fleet.Info().Notes; len(notes) > 0 {
		t.Fatalf("no WS-Discovery here: %s", notes)
	}
	wanted := []string{"testdata/probe.py"}
	for _, c := range fleet.Cameras() {
		wanted = append(wanted, "urn:uuid:"+c.UUID)
	}
	r := run(t, "", "/usr/bin/python3", wanted...).want(t, "probe.py")
	seen := schematest.Collect(t)
	found := map[string]match{}
	for line := range strings.Lines(r.stdout) {
		var m match
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		seen.Add("", []byte(m.Message))
		found[m.Device] = m
	}
	for _, c := range fleet.Cameras() {
		m, ok := found["urn:uuid:"+c.UUID]
		if !ok {
			t.Errorf("%s (%s) was not found", c.Name, c.Profile)
			continue
		}
		if diff := cmp.Diff([]string{c.DeviceURL, c.DeviceURLTLS}, m.XAddrs); diff != "" {
			t.Errorf("%s is said to be elsewhere (-want +got):\n%s", c.Name, diff)
		}
		checkScopes(t, m, simtest.Of(t, fleet, c.Name))
	}
}

// match is one ProbeMatch.
type match struct {
	Device, Types, Message string
	Scopes, XAddrs         []string
}

// checkScopes compares what a camera says by WS-Discovery with what it says by
// GetScopes.
func checkScopes(t *testing.T, m match, cam *simtest.Cam) {
	t.Helper()
	var scopes []string
	for _, e := range newWeb(t, cam).call(t, `<GetScopes xmlns="http://www.onvif.org/ver10/device/wsdl"/>`).ChildElements() {
		scopes = append(scopes, text(e, "ScopeItem"))
	}
	slices.Sort(scopes)
	slices.Sort(m.Scopes)
	if diff := cmp.Diff(scopes, m.Scopes); diff != "" || len(scopes) < 3 {
		t.Errorf("%s: scopes (-GetScopes +ProbeMatch):\n%s", cam.Name, diff)
	}
	if !strings.Contains(m.Types, "NetworkVideoTransmitter") || !strings.Contains(m.Types, "Device") {
		t.Errorf("%s: types %q", cam.Name, m.Types)
	}
}
