package camera_test

import (
	"strconv"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/clock"
)

// BenchmarkRequest is one request with its handler, in process.
func BenchmarkRequest(b *testing.B) {
	for name, q := range map[string]cameratest.Call{
		"GetSystemDateAndTime":      {Body: "<tds:GetSystemDateAndTime/>"},
		"GetServices":               {Body: getServices("false")},
		"GetServices/capabilities":  {Body: getServices("true")},
		"GetProfiles/digest":        {As: "viewer", Body: "<tr2:GetProfiles><tr2:Type>All</tr2:Type></tr2:GetProfiles>"},
		"SetHostname/digest/change": {As: "admin", Body: "<tds:SetHostname><tds:Name>gate-3</tds:Name></tds:SetHostname>"},
	} {
		b.Run(name, func(b *testing.B) {
			c := cameratest.New(b, cameratest.Config{})
			b.ReportAllocs()
			for b.Loop() {
				if a := c.Call(b, q); a.Fault != "" {
					b.Fatal(a.Fault)
				}
			}
		})
	}
}

// BenchmarkStill is a snapshot of a new frame each time.
func BenchmarkStill(b *testing.B) {
	c := cameratest.New(b, cameratest.Config{})
	for i, stream := range []string{"main", "sub"} {
		b.Run(strconv.Itoa(i)+"/"+stream, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.Clock.Advance(40_000_000)
				if _, err := c.Still(b.Context(), stream); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkNew makes and starts a camera, without TPM.
func BenchmarkNew(b *testing.B) {
	opened := cameratest.Open(b, "flagship")
	for b.Loop() {
		c := cameratest.New(b, cameratest.Config{Opened: opened, Clock: clock.Real()})
		c.Close()
	}
}
