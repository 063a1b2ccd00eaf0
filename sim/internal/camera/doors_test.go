package camera_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/tpm"
)

// protocol is one entry of SetNetworkProtocols.
func protocol(name device.ProtocolName, on bool, port int) string {
	return fmt.Sprintf("<tds:NetworkProtocols><tt:Name>%s</tt:Name><tt:Enabled>%v</tt:Enabled><tt:Port>%d</tt:Port></tds:NetworkProtocols>", name, on, port)
}

func setProtocols(list ...string) string {
	return "<tds:SetNetworkProtocols>" + strings.Join(list, "") + "</tds:SetNetworkProtocols>"
}

// port is where a camera's listener was at first.
func port(t *testing.T, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// free is a port that nobody has.
func free(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it was never used
	return port(t, l.Addr().String())
}

// open reports whether somebody listens there.
func open(t *testing.T, n int) bool {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(n)))
	if err != nil && !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, syscall.ECONNRESET) { // going
		t.Fatal(err)
	}
	if err == nil {
		conn.Close() //nolint:errcheck // it was never used
	}
	return err == nil
}

// withTLS is a camera that listens for everything.
func withTLS(t *testing.T) *cameratest.Camera {
	t.Helper()
	host, err := tpm.StartHost(t.Context(), tpm.HostConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	})
	return cameratest.New(t, cameratest.Config{Host: host, Listen: true})
}

func TestProtocolsMoveOpenAndClose(t *testing.T) {
	t.Parallel()
	c := withTLS(t)
	client := c.Client(t)
	web, secured, stream := port(t, c.Addresses[device.HTTP]), port(t, c.Addresses[device.HTTPS]), port(t, c.Addresses[device.RTSP])
	post := func(n int, secure bool, body string) cameratest.Answer {
		t.Helper()
		client.CloseIdleConnections()
		scheme := "http"
		if secure {
			scheme = "https"
		}
		resp, b := cameratest.Do(t, client, http.MethodPost, fmt.Sprintf("%s://127.0.0.1:%d/onvif/device_service", scheme, n), "admin", []byte(cameratest.Envelope("", body)))
		a := cameratest.Read(t, resp.StatusCode, resp.Header, b)
		if a.Fault != "" {
			t.Fatalf("%s: %s", body, a.Body)
		}
		return a
	}
	version := c.State.View().Device.MetadataVersion
	next, nextStream := free(t), free(t)
	post(web, false, setProtocols(protocol(device.HTTP, true, next), protocol(device.RTSP, true, nextStream))) // answered where it came
	if open(t, web) || open(t, stream) || !open(t, next) || !open(t, nextStream) || !open(t, secured) {
		t.Error("the ports have not moved")
	}
	if v := c.State.View().Device.MetadataVersion; v != version+1 {
		t.Errorf("metadata version %d after %d: discovery is not told", v, version)
	}
	if a := post(next, false, "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>"); !strings.Contains(a.Text(".//XAddr"), strconv.Itoa(next)) {
		t.Errorf("XAddr %s", a.Text(".//XAddr"))
	}
	uri := post(next, false, `<tr2:GetStreamUri><tr2:Protocol>RTSP</tr2:Protocol><tr2:ProfileToken>Profile_main</tr2:ProfileToken></tr2:GetStreamUri>`).Text("./Uri")
	if want := fmt.Sprintf("rtsp://127.0.0.1:%d/main", nextStream); uri != want {
		t.Errorf("stream %s, want %s", uri, want)
	}
	post(next, false, setProtocols(protocol(device.HTTPS, false, secured), protocol(device.RTSP, false, nextStream)))
	if open(t, secured) || open(t, nextStream) || !open(t, next) {
		t.Error("what is off is open, or what is on is not")
	}
	if got := strings.Join(post(next, false, "<tds:GetNetworkProtocols/>").Texts(".//Enabled"), " "); got != "true false false" {
		t.Errorf("enabled: %s", got)
	}
	post(next, false, setProtocols(protocol(device.HTTPS, true, secured)))
	post(secured, true, setProtocols(protocol(device.HTTP, false, next)))
	if open(t, next) {
		t.Error("HTTP is open")
	}
	c.Reboot()
	c.Until(c.Profile.Boot.Time, func() bool { return c.Status() == camera.Running && c.State.View().Device.Boot.Boots == 2 })
	post(secured, true, getHostname)
	if open(t, next) || open(t, web) || open(t, nextStream) {
		t.Error("a reboot opens what was closed")
	}
}

// TestPortsOfOthersAreInUse leaves everything as it was.
func TestPortsOfOthersAreInUse(t *testing.T) {
	t.Parallel()
	c := withTLS(t)
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close() //nolint:errcheck // the test is over
	before, moved := c.State.View(), free(t)
	web := port(t, c.Addresses[device.HTTP])
	for name, list := range map[string][]string{
		"another program's":  {protocol(device.HTTP, true, moved), protocol(device.RTSP, true, port(t, other.Addr().String()))},
		"of RTSP":            {protocol(device.HTTP, true, port(t, c.Addresses[device.RTSP]))},
		"that is given away": {protocol(device.HTTP, true, moved), protocol(device.RTSP, true, web)},
	} {
		a := c.As(t, "admin", setProtocols(list...))
		if a.Fault != "env:Sender/ter:InvalidArgVal/ter:PortAlreadyInUse" {
			t.Errorf("%s: %q", name, a.Fault)
		}
		if c.State.View() != before || open(t, moved) || !open(t, web) {
			t.Errorf("%s: something changed", name)
		}
	}
}

// TestRequestsUnderWayAreAnswered while the listener they came by is closed.
func TestRequestsUnderWayAreAnswered(t *testing.T) {
	t.Parallel()
	c := withTLS(t)
	conn, err := net.Dial("tcp", c.Addresses[device.HTTP])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the test is over
	body := cameratest.Envelope("", getHostname)
	if _, err := fmt.Fprintf(conn, "POST /onvif/device_service HTTP/1.1\r\nHost: c\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body)); err != nil {
		t.Fatal(err)
	}
	goAhead := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
	if _, err := io.ReadFull(conn, goAhead); err != nil {
		t.Fatal(err)
	}
	idle := make([]byte, 1)
	waiting, err := net.Dial("tcp", c.Addresses[device.HTTPS])
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close() //nolint:errcheck // the test is over
	web := port(t, c.Addresses[device.HTTP])
	if a := c.As(t, "admin", setProtocols(protocol(device.HTTP, true, free(t)), protocol(device.HTTPS, false, port(t, c.Addresses[device.HTTPS])))); a.Fault != "" {
		t.Fatal(a.Fault)
	}
	if open(t, web) {
		t.Error("the old port is open")
	}
	if _, err := conn.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 12)
	if _, err := io.ReadFull(conn, b); err != nil || string(b) != "HTTP/1.1 200" {
		t.Errorf("the request under way: %q, %v", b, err)
	}
	if n, err := waiting.Read(idle); err == nil {
		t.Errorf("a connection without a request goes on: %d bytes", n)
	}
}
