package e2e

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// tas is an operation of the Security service.
func tas(operation string, parameters ...string) string {
	return "<" + operation + ` xmlns="http://www.onvif.org/ver10/advancedsecurity/wsdl">` + strings.Join(parameters, "") + "</" + operation + ">"
}

// BenchmarkGetAllKeys reports how often a second a camera lists 16 keys, over
// connections that are kept open.
func BenchmarkGetAllKeys(b *testing.B) {
	fleet := up(b, "-n", "1", "--profile", "flagship")
	o := newOfficer(b, fleet.Cameras[0], nil)
	for len(o.ids(b, "GetAllKeys", "KeyAttribute/KeyID")) < 16 {
		o.key(b, "secp256r1")
	}
	client := keepAlive(b)
	inParallel(b, fleet, "requests", func() func() error {
		authorization := digestOf(b, fleet, "admin")
		return func() error {
			return ask(client, fleet.Cameras[0].DeviceURL, authorization(), envelope("", tas("GetAllKeys")))
		}
	})
}

// keepAlive is a client that keeps its connections.
func keepAlive(b *testing.B) *http.Client {
	b.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: workers}
	b.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// BenchmarkChange reports how often a second a camera with 16 keys changes its
// keystore, with a state directory, where each change is on the disk before it
// is confirmed, and without.
func BenchmarkChange(b *testing.B) {
	for _, c := range []struct {
		name  string
		state bool
	}{{"in memory", false}, {"with a state directory", true}} {
		b.Run(c.name, func(b *testing.B) {
			args := []string{"-n", "1", "--profile", "flagship"}
			if c.state {
				args = append(args, "--state", filepath.Join(b.TempDir(), "state"))
			}
			fleet := up(b, args...)
			o := newOfficer(b, fleet.Cameras[0], nil)
			for len(o.ids(b, "GetAllKeys", "KeyAttribute/KeyID")) < 16 {
				o.key(b, "secp256r1")
			}
			client := keepAlive(b)
			inParallel(b, fleet, "changes", func() func() error {
				authorization, on := digestOf(b, fleet, "admin"), "1.3"
				return func() error {
					if on == "1.3" {
						on = "1.2"
					} else {
						on = "1.3"
					}
					return ask(client, fleet.Cameras[0].DeviceURL, authorization(), envelope("", tas("SetEnabledTLSVersions", element("Versions", on))))
				}
			})
		})
	}
}
