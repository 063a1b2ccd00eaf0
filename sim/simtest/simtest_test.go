package simtest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const getDeviceInformation = `<GetDeviceInformation xmlns="http://www.onvif.org/ver10/device/wsdl"/>`

func TestOneLineGivesACameraThatAnswers(t *testing.T) {
	t.Parallel()
	camera := simtest.Camera(t)
	status, answer := camera.SOAP(camera.Token("User"), getDeviceInformation)
	if status != http.StatusOK || !strings.Contains(string(answer), camera.Serial) {
		t.Errorf("GetDeviceInformation: %d\n%s", status, answer)
	}
	if status, _ := camera.SOAP("", getDeviceInformation); status != http.StatusUnauthorized {
		t.Errorf("without a token: %d, want 401", status)
	}
	if camera.Password("admin") == "" {
		t.Error("the administrator has no password")
	}
}

func TestFleetsOfParallelTestsDoNotMeet(t *testing.T) {
	t.Parallel()
	one, two := simtest.Fleet(t, simtest.Cameras(2)), simtest.Fleet(t, simtest.Cameras(2))
	seen := map[string]bool{}
	for _, c := range append(one.Cameras(), two.Cameras()...) {
		for _, id := range []string{c.Serial, c.UUID, c.DeviceURL, c.TPM.EK} {
			if seen[id] {
				t.Errorf("two cameras share %s", id)
			}
			seen[id] = true
		}
	}
}
