package e2e

import (
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// encoder asks for the configuration of the stream sub, signed or not.
func encoder(signed string) string {
	return `<SetVideoEncoderConfiguration xmlns="http://www.onvif.org/ver20/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema">` +
		`<Configuration token="vec-sub" GovLength="10" Profile="Main" Signed="` + signed + `"><tt:Name>sub</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding>` +
		`<tt:Resolution><tt:Width>640</tt:Width><tt:Height>360</tt:Height></tt:Resolution>` +
		`<tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit><tt:BitrateLimit>768</tt:BitrateLimit></tt:RateControl><tt:Quality>5</tt:Quality>` +
		`</Configuration></SetVideoEncoderConfiguration>`
}

// set sends a request that the device service's address takes for every service.
func (o officer) set(t testing.TB, body string) {
	t.Helper()
	resp, err := o.client.Post(o.camera.DeviceURL, "application/soap+xml; charset=utf-8", strings.NewReader(envelope(usernameTokenAt(time.Now(), "admin", "camfleet"), body))) //nolint:noctx // it has a time limit
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close() //nolint:errcheck // it was not read
	if resp.StatusCode != 200 {
		t.Fatalf("status %d", resp.StatusCode)
	}
}

// TestSignedAndItsKeySurviveAKill: a stream that is not signed any more stays so
// when the camera is killed and started again, and one that is goes on with the
// same key.
func TestSignedAndItsKeySurviveAKill(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	start := func() (*running, officer) {
		fleet := up(t, "-n", "1", "--profile", "flagship", "--state", dir)
		return fleet, newOfficer(t, fleet.Cameras[0], nil)
	}
	verify := func(fleet *running) string {
		t.Helper()
		sub := fleet.Cameras[0].Streams[1]
		return camfleet(t, "verify", "--control", fleet.control, "--for", "2s", login(sub.RTSP, "viewer", "camfleet")).stdout
	}
	certificate := regexp.MustCompile(`(?m)^  certificate .*$`)
	var key string
	fleet, o := start()
	for _, signed := range []string{"false", "true", "false"} {
		o.set(t, encoder(signed))
		fleet.end(t, syscall.SIGKILL)
		fleet, o = start()
		got := verify(fleet)
		want := map[string]string{"true": "AUTHENTIC: ", "false": "UNSIGNED: "}[signed]
		if !strings.HasPrefix(got, want) {
			t.Errorf("signed %s: want %s…\n%s", signed, want, got)
		}
		if now := certificate.FindString(got); key == "" {
			key = now
		} else if now != "" && now != key {
			t.Errorf("signed with %q, before with %q", now, key)
		}
	}
	fleet.end(t, syscall.SIGTERM)
	fleet, o = start()
	o.set(t, encoder("true"))
	if got := certificate.FindString(verify(fleet)); got != key || key == "" {
		t.Errorf("signed with %q, before with %q", got, key)
	}
}
