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

// BenchmarkToken is a request that needs an identity, in process: with a token
// that comes again and again, with a new one each time, and beside them one that
// nobody needs to be known for.
func BenchmarkToken(b *testing.B) {
	m := newMint(b)
	c := cameratest.New(b, cameratest.Config{Issuers: m.keys()})
	now := c.Clock.Now()
	same := m.token(b, now, nil)
	for name, q := range map[string]func(*testing.B, int) cameratest.Call{
		"anonymous": func(*testing.B, int) cameratest.Call {
			return cameratest.Call{Secure: true, Body: "<tds:GetSystemDateAndTime/>"}
		},
		"same token": func(*testing.B, int) cameratest.Call {
			return cameratest.Call{Secure: true, Body: readSystem, Bearer: same}
		},
		"new token": func(b *testing.B, n int) cameratest.Call {
			b.StopTimer()
			defer b.StartTimer()
			return cameratest.Call{Secure: true, Body: readSystem, Bearer: m.token(b, now, map[string]any{"jti": strconv.Itoa(n)})}
		},
	} {
		b.Run(name, func(b *testing.B) {
			for n := 0; b.Loop(); n++ {
				if a := c.Call(b, q(b, n)); a.Fault != "" {
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
