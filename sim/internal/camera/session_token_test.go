package camera_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/device"
)

// TestRTSPSSessionEndsTheProfilesGraceAfterItsToken: it is set up with a
// token (Security 4.4.7), which is refused once it has expired, and ended with the
// connection that carries its media.
func TestRTSPSSessionEndsTheProfilesGraceAfterItsToken(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	g := m.trusting(t, func(p *profiles.Profile) { p.Auth.JWT.SessionGrace = 7 * time.Second })
	token := m.token(t, g.Clock.Now(), map[string]any{"exp": g.Clock.Now().Add(10 * time.Second).Unix()})
	config := g.TLS()
	config.Time = g.Clock.Now
	conn, err := tls.Dial("tcp", g.Addresses[device.RTSPS], config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // it is over
	in, url := bufio.NewReader(conn), "rtsps://"+g.Addresses[device.RTSPS]+"/sub"
	for n, request := range []string{
		"DESCRIBE " + url + " RTSP/1.0\r\n",
		"SETUP " + url + "/trackID=0 RTSP/1.0\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n",
	} {
		if _, err := fmt.Fprintf(conn, "%sCSeq: %d\r\nAuthorization: Bearer %s\r\n\r\n", request, n, token); err != nil {
			t.Fatal(err)
		}
		if a := readAnswer(in); a.status != 200 {
			t.Fatalf("%s: %d", request, a.status)
		}
	}
	ended := make(chan error)
	go func() {
		_, err := io.Copy(io.Discard, in)
		ended <- err
	}()
	g.Clock.Advance(10 * time.Second)
	if a := g.ask(t, doors()[5], credentials{authorization: []string{"Bearer " + token}}); a.status != 401 {
		t.Errorf("with the expired token: %d", a.status)
	}
	select {
	case <-ended:
		t.Error("ended without grace")
	default:
	}
	g.Clock.Advance(7 * time.Second)
	<-ended
}
