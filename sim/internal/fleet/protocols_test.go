package fleet

import (
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/op"
)

// TestProtocolsThatAClientSetOutliveARestart: the port it chose, and what it
// switched off.
func TestProtocolsThatAClientSetOutliveARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	run := func(request string) api.Ports {
		f, err := launch(t, api.Config{N: 1, State: dir, Profiles: []string{"flagship"}})
		if err != nil {
			t.Fatal(err)
		}
		if request != "" {
			token := cameratest.UsernameToken("admin", cameratest.Password, "n", clock.Real().Now())
			reply, err := f.members()[0].camera.Handle(t.Context(), &op.Request{
				Method: http.MethodPost, URI: "/onvif/device_service", Header: http.Header{}, Body: []byte(cameratest.Envelope(token, request)),
			})
			if err != nil || reply.Status != http.StatusOK {
				t.Fatalf("%v, %s", err, reply.Body)
			}
		}
		ports := f.Info().Cameras[0].Ports
		for name, port := range map[string]int{"HTTP": ports.HTTP, "HTTPS": ports.HTTPS} {
			conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			conn.Close() //nolint:errcheck // it was never used
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		return ports
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	chosen := l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // it is one of TCP
	l.Close()                              //nolint:errcheck // it was never used
	entry := func(name, on string) string {
		return "<tds:NetworkProtocols><tt:Name>" + name + "</tt:Name><tt:Enabled>" + on + "</tt:Enabled><tt:Port>" + strconv.Itoa(chosen) + "</tt:Port></tds:NetworkProtocols>"
	}
	first := run("<tds:SetNetworkProtocols>" + entry("HTTP", "true") + entry("RTSP", "false") + "</tds:SetNetworkProtocols>")
	second := run("")
	if first.HTTP != chosen || second.HTTP != chosen {
		t.Errorf("HTTP at %d, then %d, want %d", first.HTTP, second.HTTP, chosen)
	}
	if first.RTSP != 0 || second.RTSP != 0 {
		t.Errorf("RTSP at %d, then %d, want none", first.RTSP, second.RTSP)
	}
}
