package camera_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
)

// TestOlderReleasesHaveFewerOperations: the Security service had 48 of them in
// 18.12; what came later is not supported and in no capability.
func TestOlderReleasesHaveFewerOperations(t *testing.T) {
	t.Parallel()
	flagship := cameratest.Open(t, "flagship")
	for release, want := range map[string]int{"18.12": 48, "20.06": 50, "24.06": 57, "25.06": 62, "26.06": 62} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			p := *flagship
			p.ONVIF.Release = release
			var off []string
			n := 0
			for _, c := range camera.Operations(&p) {
				if c.Row.Service == "security" {
					n++
					if c.Simulated && c.Off {
						off = append(off, c.Row.Name)
					}
				}
			}
			known := map[string]int{"18.12": 14, "20.06": 12, "24.06": 5}[release]
			if n-known != want || len(off) > known {
				t.Errorf("%d operations without %d, want %d; off: %q", n, known, want, off)
			}
			c := cameratest.New(t, cameratest.Config{Opened: flagship, Change: func(p *profiles.Profile) { p.ONVIF.Release = release }})
			for _, name := range []string{"GetCnMapsToUser", "GetJWTConfiguration", "GetAuthorizationServerConfigurations", "GetAssignedMediaSigningCertificates"} {
				a := c.As(t, "admin", "<tas:"+name+"/>")
				if (a.Fault == "env:Receiver/ter:ActionNotSupported") != slices.Contains(off, name) {
					t.Errorf("%s: %s", name, a.Fault)
				}
			}
			caps := string(c.As(t, "", "<tas:GetServiceCapabilities/>").Body) + string(c.As(t, "", "<tds:GetServiceCapabilities/>").Body)
			for _, later := range []string{"CnMapsToUserSupported", "SetCertPath", "AuthorizationServer", "JsonWebToken"} {
				if release == "18.12" && strings.Contains(caps, later) {
					t.Errorf("the capabilities have %s", later)
				}
			}
		})
	}
}
