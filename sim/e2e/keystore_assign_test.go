package e2e

import (
	"bytes"
	"encoding/pem"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/pion/rtp"
)

// shown are the certificates that a server shows OpenSSL, which must be able to
// verify them by the desk's root.
func (d desk) shown(t testing.TB, address string, flags ...string) (chain [][]byte, said result) {
	t.Helper()
	host, _, _ := strings.Cut(address, ":")
	args := []string{"s_client", "-connect", address, "-CAfile", "root.pem", "-verify_return_error", "-verify_ip", host, "-showcerts"}
	said = runIn(t, d.dir, "", "openssl", append(args, flags...)...)
	for block, rest := pem.Decode([]byte(said.stdout)); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			chain = append(chain, block.Bytes)
		}
	}
	return chain, said
}

// checkShown fails the test unless both doors show OpenSSL exactly the
// certificates of these files.
func (d desk) checkShown(t testing.TB, doors map[string]string, files []string, flags ...string) {
	t.Helper()
	for door, address := range doors {
		chain, said := d.shown(t, address, flags...)
		if said.code != 0 || !strings.Contains(said.stdout, "Verify return code: 0 (ok)") || len(chain) != len(files) {
			t.Errorf("%s %v: exit code %d, %d certificates\n%s%s", door, flags, said.code, len(chain), said.stderr, tail(said.stdout))
			continue
		}
		for i, file := range files {
			block, _ := pem.Decode(d.read(t, file))
			if !bytes.Equal(chain[i], block.Bytes) {
				t.Errorf("%s %v: certificate %d is not %s", door, flags, i, file)
			}
		}
	}
}

// TestAnAuthorityCertifiesAKeyOfTheCameraAndTheServersShowIt walks the whole
// way of TLS Configuration add-on 6.1.1: key, request, certificate, path,
// assignment, handshake.
func TestAnAuthorityCertifiesAKeyOfTheCameraAndTheServersShowIt(t *testing.T) {
	t.Parallel()
	fleet, seen := up(t, "-n", "4", "--profile", strings.Join(showcase(), ",")), schematest.Collect(t)
	kinds := map[string][]string{
		"flagship": {"2048", "secp256r1", "secp384r1"}, "legacy-18-12": {"2048"}, "tls-addon": {"2048"},
		"security-baseline": {"3072", "secp384r1"},
	}
	for _, c := range fleet.Cameras {
		t.Run(c.Profile, func(t *testing.T) {
			t.Parallel()
			var authority []string
			if !slices.ContainsFunc(kinds[c.Profile], func(kind string) bool { return strings.HasPrefix(kind, "secp") }) {
				authority = []string{"rsa:2048"} // a camera without elliptic curves takes no signatures of theirs
			}
			o, d := newOfficer(t, c, seen), newDesk(t, c.Address, authority...)
			middle := o.upload(t, d, "middle.pem")
			for _, kind := range kinds[c.Profile] {
				o.serve(t, o.certify(t, d, o.key(t, kind), kind, "camera-"+kind, middle))
				d.checkShown(t, doors(c), []string{"camera-" + kind + ".pem", "middle.pem"})
			}
		})
	}
}

// TestClientsGetThePathTheyCanVerify: with a path of RSA and one of ECDSA the
// client's signature algorithms decide (RFC 8446 4.2.3, RFC 5246 7.4.2). Who is
// connected stays so (Security 5.3.3.1).
func TestClientsGetThePathTheyCanVerify(t *testing.T) {
	t.Parallel()
	fleet, seen := up(t, "-n", "1", "--profile", "flagship"), schematest.Collect(t)
	c := fleet.Cameras[0]
	o, d := newOfficer(t, c, seen), newDesk(t, c.Address)
	web, play := keptOpen(t, fleet), playing(t, fleet)
	before := web()
	play()

	middle := o.upload(t, d, "middle.pem")
	o.serve(t, o.certify(t, d, o.key(t, "secp256r1"), "secp256r1", "ecdsa", middle))
	o.must(t, "AddServerCertificateAssignment", element("CertificationPathID", o.certify(t, d, o.key(t, "2048"), "2048", "rsa", middle)))
	for name, flags := range map[string][][]string{
		"ecdsa": {
			{"-tls1_3", "-sigalgs", "ECDSA+SHA256"}, {"-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"},
			{"-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"}, {"-tls1_2", "-sigalgs", "ECDSA+SHA256"}, {"-tls1_3"},
		},
		"rsa": {
			{"-tls1_3", "-sigalgs", "RSA-PSS+SHA256"}, {"-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"},
			{"-tls1_2", "-sigalgs", "RSA+SHA256"}, {"-tls1_2", "-sigalgs", "RSA-PSS+SHA384"},
		},
	} {
		for _, f := range flags {
			d.checkShown(t, doors(c), []string{name + ".pem", "middle.pem"}, f...)
		}
	}
	if after := web(); !bytes.Equal(before, after) {
		t.Error("the HTTPS connection did not go on")
	}
	play()
}

// keptOpen returns how to ask over one HTTPS connection, again and again; the
// answer is the certificate that the connection began with.
func keptOpen(t testing.TB, fleet *running) func() []byte {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: trust(fleet)}
	t.Cleanup(transport.CloseIdleConnections)
	client, asked := &http.Client{Transport: transport, Timeout: patience}, 0
	return func() []byte {
		t.Helper()
		reused := false
		trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused }}
		req, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodPost, fleet.Cameras[0].DeviceURLTLS,
			strings.NewReader(envelope("", getSystemDateAndTime)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/soap+xml")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var body bytes.Buffer
		if _, err := body.ReadFrom(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s, %v", resp.Status, err)
		}
		if asked++; reused != (asked > 1) {
			t.Errorf("request %d: connection reused %v", asked, reused)
		}
		return resp.TLS.PeerCertificates[0].Raw
	}
}

// playing plays a stream over RTSPS and returns how to wait for more of it.
func playing(t testing.TB, fleet *running) func() {
	t.Helper()
	client := &gortsplib.Client{TLSConfig: trust(fleet), OnRequest: withToken(strings.TrimSpace(camfleet(t, "token", "--control", fleet.control).want(t, "token").stdout))}
	address := parse(t, fleet.Cameras[0].Streams[1].RTSPS)
	if err := client.Start(address.Scheme, address.Host); err != nil {
		t.Fatal(err)
	}
	var closed atomic.Bool
	t.Cleanup(func() {
		closed.Store(true)
		client.Close()
	})
	session, _, err := client.Describe(address)
	if err == nil {
		err = client.SetupAll(session.BaseURL, session.Medias)
	}
	if err != nil {
		t.Fatal(err)
	}
	packets := make(chan struct{}, 1)
	client.OnPacketRTP(session.Medias[0], session.Medias[0].Formats[0], func(*rtp.Packet) {
		select {
		case packets <- struct{}{}:
		default:
		}
	})
	if _, err := client.Play(nil); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- client.Wait() }()
	return func() {
		t.Helper()
		for range 20 {
			select {
			case <-packets:
			case err := <-ended:
				t.Fatalf("the RTSPS session has ended: %v", err)
			case <-t.Context().Done():
				t.Fatal("nothing comes any more")
			}
		}
	}
}

// TestEnabledTLSVersionsHoldOnTheWire: who offers no enabled version gets the
// alert protocol_version (Security 5.3.3.13).
func TestEnabledTLSVersionsHoldOnTheWire(t *testing.T) {
	t.Parallel()
	fleet, seen := up(t, "-n", "1", "--profile", "flagship"), schematest.Collect(t)
	c := fleet.Cameras[0]
	o, ca := newOfficer(t, c, seen), writeFile(t, "ca.pem", fleet.CA)
	web := keptOpen(t, fleet)
	web()
	for _, enabled := range []string{"1.3", "1.2", "1.2 1.3", "1.3 1.2"} {
		o.must(t, "SetEnabledTLSVersions", element("Versions", enabled))
		for flag, version := range map[string]string{"-tls1_2": "1.2", "-tls1_3": "1.3"} {
			for door, address := range doors(c) {
				r := run(t, "", "openssl", "s_client", "-connect", address, "-CAfile", ca, "-verify_return_error", "-brief", flag)
				switch speaks := strings.Contains(enabled, version); {
				case speaks && (r.code != 0 || !strings.Contains(r.stderr, "Protocol version: TLSv"+version)):
					t.Errorf("%s, %s of %q: exit code %d\n%s", door, flag, enabled, r.code, r.stderr)
				case !speaks && (r.code == 0 || !strings.Contains(r.stderr, "alert protocol version")):
					t.Errorf("%s, %s of %q: exit code %d, want the alert protocol_version\n%s", door, flag, enabled, r.code, r.stderr)
				}
			}
		}
	}
	web()
	for version, fault := range map[string]string{"": "ter:EmptyList", "1.1": "ter:TLSVersion"} {
		answer, err := o.try(t, "SetEnabledTLSVersions", element("Versions", version))
		if err != nil || !strings.HasPrefix(faultOf(answer), fault) {
			t.Errorf("%q: %v, %s; want %s", version, err, faultOf(answer), fault)
		}
	}
}
