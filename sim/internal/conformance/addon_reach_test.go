package conformance

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"slices"
	"strings"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/tunnel/tunneltest"
)

// addressesAreDiscovered uses a fleet: there are the sockets of WS-Discovery.
func addressesAreDiscovered(s *session) {
	fleet, err := sim.Start(s.Context(), sim.Config{Config: api.Config{N: 1, Profiles: []string{s.camera.Profile.Name}, Control: "127.0.0.1:0"}})
	if err != nil {
		s.Fatal(err)
	}
	s.finally(func() {
		if err := fleet.Close(); err != nil {
			s.Error(err)
		}
	})
	c := fleet.Cameras()[0]
	hellos := s.listen(c.UUID)
	for _, on := range []string{"false", "true"} {
		body := tds("SetNetworkProtocols", protocol{"HTTPS", on, []string{itoa(c.Ports.HTTPS)}}.body())
		if a := s.post(c.DeviceURL, admin, "", body); a.Fault != "" {
			s.Fatalf("%s", a.Body)
		}
		out, err := exec.CommandContext(s.Context(), "/usr/bin/python3", "../../e2e/testdata/probe.py", "urn:uuid:"+c.UUID).Output()
		if err != nil {
			s.Fatal(err)
		}
		s.want("https among the addresses of the ProbeMatch", s.secureAmong(out), on)
		for text := ""; text != on; { // the camera may have said it before
			if !hellos.Scan() {
				s.Fatalf("no Hello with HTTPS %s: %v", on, hellos.Err())
			}
			text = s.secureAmong(hellos.Bytes())
		}
	}
}

// listen joins the multicast group of WS-Discovery; each line is a Hello of a device.
func (s *session) listen(uuid string) *bufio.Scanner {
	s.Helper()
	ctx, stop := context.WithCancel(s.Context())
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", "../../e2e/testdata/hello.py", "urn:uuid:"+uuid)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		stop()
		s.Fatal(err)
	}
	s.finally(func() {
		stop()
		cmd.Wait() //nolint:errcheck // it was told to end
	})
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		s.Fatalf("nobody listens: %q, %v", lines.Text(), lines.Err())
	}
	return lines
}

// secureAmong reports, as text, whether a message of WS-Discovery, as the scripts print
// it, has an https address.
func (s *session) secureAmong(line []byte) string {
	s.Helper()
	var said struct {
		XAddrs  []string
		Message string
	}
	if err := json.Unmarshal(bytes.TrimSpace(line), &said); err != nil {
		s.Fatalf("%v: %s", err, line)
	}
	s.check.Add("", []byte(said.Message))
	return fmt.Sprint(slices.ContainsFunc(said.XAddrs, func(a string) bool { return strings.HasPrefix(a, "https://") }))
}

// mediaOverTLS asks for a stream over RTSPS, and over RTSP in HTTPS where that is
// offered, under the path just assigned.
func mediaOverTLS(s *session) {
	factory := s.assigned()[0]
	p := s.certifiedPath("server")
	s.do(replace(factory, p.path))
	s.finally(func() { s.do(replace(p.path, factory)) })
	at := s.streamAt("RtspsUnicast", "rtsps")
	s.hears200(s.secured(at.Host, s.content(p)[0]), at)
	s.want("RTSPS port", at.Port(), portOf(s.camera.Addresses[device.RTSPS]))
	if s.camera.Profile.RTSP.HTTPTunnel {
		s.mediaInHTTPS(s.content(p)[0])
	}
}

// mediaInHTTPS has RTSP tunnelled: what the camera says comes in the answer to a GET
// request, what it is told goes, in base64, into a POST request (Streaming 5.1.1.4).
func (s *session) mediaInHTTPS(leaf []byte) {
	s.Helper()
	at := s.streamAt("RtspOverHttp", "https")
	s.want("HTTPS port", at.Port(), portOf(s.camera.Addresses[device.HTTPS]))
	tunnel, err := tunneltest.OverHTTP(func() (net.Conn, error) { return s.secured(at.Host, leaf), nil }, at.Path)
	if err != nil {
		s.Fatal(err)
	}
	at.Scheme = "rtsp" // inside of the tunnel
	s.hears200(tunnel, at)
}

// streamAt is where the first profile's stream is, asked over HTTPS.
func (s *session) streamAt(protocol, scheme string) *url.URL {
	s.Helper()
	profile := s.do("<tr2:GetProfiles/>").Root.FindElement("./Profiles").SelectAttrValue("token", "")
	body := element("tr2:GetStreamUri", element("tr2:Protocol", protocol), element("tr2:ProfileToken", profile))
	a := s.postBy(s.trusting(nil), "https://"+s.camera.Addresses[device.HTTPS]+devicePath, admin, []byte(cameratest.Envelope("", body)))
	at, err := url.Parse(a.Text("./Uri"))
	if err != nil || at.Scheme != scheme {
		s.Fatalf("%s: %v\n%s", protocol, err, a.Body)
	}
	return at
}

// secured opens a TLS connection that is to show a certificate.
func (s *session) secured(address string, leaf []byte) *tls.Conn {
	s.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the certificate is compared
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { conn.Close() }) //nolint:errcheck // it is over
	if shown := conn.ConnectionState().PeerCertificates[0]; !bytes.Equal(shown.Raw, leaf) {
		s.Errorf("%s shows %s", address, shown.Subject)
	}
	return conn
}

// hears200 asks an RTSP server what it can.
func (s *session) hears200(conn net.Conn, at *url.URL) {
	s.Helper()
	if _, err := fmt.Fprintf(conn, "OPTIONS %s RTSP/1.0\r\nCSeq: 1\r\n\r\n", at); err != nil {
		s.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.HasPrefix(line, "RTSP/1.0 200") {
		s.Errorf("%q, %v", line, err)
	}
}

func portOf(address string) string {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return err.Error()
	}
	return port
}
