package security_test

import (
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/state"
)

// Security 5.3.3.5: whether HTTPS is on is not asked.
func TestClientAuthenticationIsSetWhateverHTTPSDoes(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{true, false} {
		tell(t, map[string]story{"HTTPS": {
			kept: func(c *cameratest.Camera) map[string]string {
				if err := c.State.Update(func(tx *state.Tx) error {
					return tx.Device().SetProtocols([]device.Protocol{{Name: device.HTTPS, Enabled: on, Ports: []int{443}}})
				}); err != nil {
					t.Error(err)
				}
				return things(c)
			},
			steps: []step{
				{body: createPolicy("{cert}"), keep: map[string]string{"./CertPathValidationPolicyID": "p"}},
				{body: assign("Add", "{p}")},
				{body: requireCertificates("true")},
				{body: "<tas:GetClientAuthenticationRequired/>", want: map[string]string{"./clientAuthenticationRequired": "true"}},
				{body: requireCertificates("false")},
				{body: "<tas:GetClientAuthenticationRequired/>", want: map[string]string{"./clientAuthenticationRequired": "false"}},
			},
		}})
	}
}
