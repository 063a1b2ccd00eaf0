package e2e

import (
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/simtest"
)

// TestGStreamerPlaysOverTLSWithAToken: rtspsrc has no property for headers, but
// sends the user agent as it is given.
func TestGStreamerPlaysOverTLSWithAToken(t *testing.T) {
	t.Parallel()
	cam := simtest.Camera(t)
	sub := cam.Streams[1]
	agent := func(token string) string { return "user-agent=\"e2e\r\nAuthorization: Bearer " + token + `"` }
	gstreamer(t, sub.RTSPS, "", "", sub, "protocols=tcp", "tls-validation-flags=0", agent(cam.Token("User"))).checkAll(t, 1, 1, sub)
	expired, err := cam.Fleet.Mint(api.TokenRequest{Role: "User", Bad: "expired"})
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, "", "gst-launch-1.0", "rtspsrc", "location="+sub.RTSPS, "tls-validation-flags=0", agent(expired.Token), "!", "fakesink", "num-buffers=1")
	if r.code == 0 || !strings.Contains(r.stderr, "Unauthorized") {
		t.Errorf("an expired token: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}
