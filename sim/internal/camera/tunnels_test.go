package camera_test

import (
	"io"
	"net"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
)

// TestPowerOffEndsTunnels, whole and half, while they play.
func TestPowerOffEndsTunnels(t *testing.T) {
	t.Parallel()
	g := &guarded{clients: &clients{Camera: cameratest.New(t, cameratest.Config{Listen: true, Host: host(t)})}}
	var open []net.Conn
	for _, d := range tunnelDoors() {
		conn, err := g.connect(d, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // it is over
		open = append(open, conn)
	}
	alone, err := g.dial(tunnelDoors()[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	defer alone.Close() //nolint:errcheck // it is over
	if _, err := io.WriteString(alone, "POST /sub HTTP/1.0\r\nx-sessioncookie: alone\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	g.Close()
	for _, conn := range append(open, alone) {
		if rest, _ := io.ReadAll(conn); len(rest) > 0 { //nolint:errcheck // however it ends
			t.Errorf("%q", rest)
		}
	}
}

// TestTunnelsAreThoseOfTheProfile: what is switched off is no door.
func TestTunnelsAreThoseOfTheProfile(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ http, webSocket bool }{{true, true}, {true, false}, {false, true}, {false, false}} {
		c := cameratest.New(t, cameratest.Config{Listen: true, Change: func(p *profiles.Profile) {
			p.RTSP.HTTPTunnel, p.RTSP.WebSocket = tc.http, tc.webSocket
		}})
		g := &guarded{clients: &clients{Camera: c}}
		for _, d := range tunnelDoors() {
			if d.secure() {
				continue
			}
			conn, err := g.connect(d, nil)
			if err == nil {
				conn.Close() //nolint:errcheck // it is over
			}
			if want := d.through == "HTTP" && tc.http || d.through == "WebSocket" && tc.webSocket; (err == nil) != want {
				t.Errorf("%+v: %s: %v", tc, d.name, err)
			}
		}
	}
}
