package e2e

import (
	"slices"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/simtest"
)

// TestZeepLivesAWholeLifeInTheSecurityService: Debian's python3-zeep calls every
// operation of the official WSDL, the writing ones too, with keys and
// certificates of Python's cryptography.
func TestZeepLivesAWholeLifeInTheSecurityService(t *testing.T) {
	t.Parallel()
	cam := simtest.Camera(t, simtest.Profile("flagship"))
	through := tape(t, cam)
	var report struct {
		Called   map[string]int
		Known    []string
		Failures map[string]string
	}
	speak(t, map[string]any{
		"wsdl": schematest.Dir(t), "url": through.String(), "user": "admin", "password": cam.Password("admin"),
	}, &report, "/usr/bin/python3", "testdata/zeep_security.py")
	for part, why := range report.Failures {
		t.Errorf("%s: %s", part, why)
	}
	if len(report.Known) != 62 {
		t.Errorf("the WSDL has %d operations, want 62: %q", len(report.Known), report.Known)
	}
	for _, name := range report.Known {
		if report.Called[name] == 0 {
			t.Errorf("%s was not called", name)
		}
	}
	for name := range report.Called {
		if !slices.Contains(report.Known, name) {
			t.Errorf("%s is no operation of the WSDL", name)
		}
	}
}
