package camera_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

// ending reports whether a golden request has the camera reboot.
func ending(name string) bool {
	return strings.HasPrefix(name, "SystemReboot") || strings.HasPrefix(name, "SetSystemFactoryDefault")
}

// TestSpoiltRequestsChangeNothing: whatever is wrong with a request, the answer
// is a fault of the sender's that the operation may give, and the state stays
// as it was; what is not wrong is served.
func TestSpoiltRequestsChangeNothing(t *testing.T) {
	t.Parallel()
	files := goldenRequests(t)
	flagship := cameratest.Open(t, "flagship")
	check := schematest.Collect(t)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".request.xml")
		t.Run(filepath.Base(filepath.Dir(file))+"/"+name, func(t *testing.T) {
			t.Parallel()
			good, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := cameratest.New(t, cameratest.Config{Opened: flagship})
			bad := cameratest.Spoil(t, good)
			for _, what := range slices.Sorted(maps.Keys(bad)) {
				if ending(name) {
					c = cameratest.New(t, cameratest.Config{Opened: flagship})
				}
				before := c.State.View()
				a := c.Call(t, cameratest.Call{As: "admin", Envelope: bad[what]})
				if a.Fault != "" && c.State.View() != before {
					t.Errorf("%s: %s, and the state changed", what, a.Fault)
				}
				if a.Fault == "" && (what == "element 0 stranger" || what == "element 0 attribute") {
					t.Errorf("%s: served", what)
				}
				if a.Fault != "" && (!strings.HasPrefix(a.Fault, "env:Sender/") || a.Status != 400) && !strings.Contains(name, "NoSuchService") {
					t.Errorf("%s: %d %s", what, a.Status, a.Fault)
				}
				if a.Fault != "" {
					check.Add("", a.Body)
				}
			}
		})
	}
}
