package e2e

import (
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/simtest"
)

// doors are the addresses of a camera's TLS servers.
func doors(c api.Camera) map[string]string {
	host := c.Address + ":"
	return map[string]string{"HTTPS": host + strconv.Itoa(c.Ports.HTTPS), "RTSPS": host + strconv.Itoa(c.Ports.RTSPS)}
}

// handshake is OpenSSL's handshake with a server that it must be able to
// verify.
func handshake(t testing.TB, address, caFile string, flags ...string) result {
	t.Helper()
	args := []string{"s_client", "-connect", address, "-CAfile", caFile, "-verify_return_error", "-verify_ip", "127.0.0.1", "-brief"}
	return run(t, "", "openssl", append(args, flags...)...)
}

// writeFile puts a text into a file of the test's own and returns its path.
func writeFile(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenSSLVerifiesChainAndHostOfEveryServer(t *testing.T) {
	t.Parallel()
	fleet := startShowcase(t)
	ca := writeFile(t, "ca.pem", fleet.Info().CA)
	forEach(t, fleet, func(t *testing.T, _ int, cam *simtest.Cam) {
		for door, address := range doors(cam.Camera) {
			for _, name := range [][]string{nil, {"-verify_hostname", "localhost"}} {
				r := handshake(t, address, ca, name...).want(t, door)
				if !strings.Contains(r.stderr, "Verification: OK") {
					t.Errorf("%s %v: not verified:\n%s", door, name, r.stderr)
				}
			}
			if r := handshake(t, address, ca, "-verify_hostname", "somebody.else"); r.code == 0 {
				t.Errorf("%s: the certificate is for any host", door)
			}
		}
	})
}

func TestServersOfOneFleetAreNotTrustedByAnother(t *testing.T) {
	t.Parallel()
	cam := simtest.Camera(t)
	ca := writeFile(t, "ca.pem", simtest.Fleet(t).Info().CA)
	for door, address := range doors(cam.Camera) {
		if r := handshake(t, address, ca); r.code == 0 || !strings.Contains(r.stderr, "verify error") {
			t.Errorf("%s: %d\n%s", door, r.code, r.stderr)
		}
	}
}

func TestServersSpeakTheTLSVersionsOfTheirProfileOnly(t *testing.T) {
	t.Parallel()
	fleet := startShowcase(t)
	ca := writeFile(t, "ca.pem", fleet.Info().CA)
	forEach(t, fleet, func(t *testing.T, _ int, cam *simtest.Cam) {
		versions := map[string]bool{"-tls1": false, "-tls1_1": false, "-tls1_2": true, "-tls1_3": cam.Profile != "legacy-18-12"}
		spoken := map[string]string{"-tls1_2": "Protocol version: TLSv1.2", "-tls1_3": "Protocol version: TLSv1.3"}
		for door, address := range doors(cam.Camera) {
			for flag, speaks := range versions {
				r := handshake(t, address, ca, flag, "-cipher", "DEFAULT@SECLEVEL=0")
				switch {
				case speaks && (r.code != 0 || !strings.Contains(r.stderr, spoken[flag])):
					t.Errorf("%s %s: exit code %d\n%s", door, flag, r.code, r.stderr)
				case !speaks && (r.code == 0 || !strings.Contains(r.stderr, "alert protocol version")):
					t.Errorf("%s %s: exit code %d, want the alert protocol_version\n%s", door, flag, r.code, r.stderr)
				}
			}
		}
	})
}

// identity is what makes a camera the one it is, as its services show it.
type identity struct {
	serial, uuid, mac string
	certificates      map[string]string // alias to PEM
	keyIDs            map[string]string // alias of the certificate to key
	secure            map[string]bool   // alias of the key to securelyStored
	private           map[string]bool   // alias of the key to hasPrivateKey
}

// identify asks a camera for its identity.
func identify(t testing.TB, cam *simtest.Cam, seen *schematest.Collector) identity {
	t.Helper()
	return identifyBy(t, newWebSeen(t, cam, seen))
}

// identifyBy asks with a client of one's own.
func identifyBy(t testing.TB, w *web) identity {
	t.Helper()
	const tas, tds = `xmlns="http://www.onvif.org/ver10/advancedsecurity/wsdl"`, `xmlns="http://www.onvif.org/ver10/device/wsdl"`
	id := identity{certificates: map[string]string{}, keyIDs: map[string]string{}, secure: map[string]bool{}, private: map[string]bool{}}
	id.serial = text(w.call(t, getDeviceInformation), "SerialNumber")
	id.uuid = text(w.call(t, `<GetEndpointReference `+tds+`/>`), "GUID")
	id.mac = text(w.call(t, `<GetNetworkInterfaces `+tds+`/>`), "NetworkInterfaces/Info/HwAddress")
	for _, k := range w.call(t, `<GetAllKeys `+tas+`/>`).ChildElements() {
		id.secure[text(k, "Alias")] = text(k, "securelyStored") == "true"
		id.private[text(k, "Alias")] = text(k, "hasPrivateKey") == "true"
	}
	for _, c := range w.call(t, `<GetAllCertificates `+tas+`/>`).ChildElements() {
		alias := text(c, "Alias")
		one := w.call(t, `<GetCertificate `+tas+`><CertificateID>`+text(c, "CertificateID")+`</CertificateID></GetCertificate>`)
		der, err := base64.StdEncoding.DecodeString(text(one, "Certificate/CertificateContent"))
		if err != nil {
			t.Fatal(err)
		}
		id.certificates[alias] = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		id.keyIDs[alias] = text(c, "KeyID")
	}
	return id
}

// text is the text of an element below, "" where there is none.
func text(e *etree.Element, path string) string {
	found := e.FindElement(path)
	if found == nil {
		return ""
	}
	return found.Text()
}

// factoryKeys are the aliases of the keys a camera is born with.
func factoryKeys(c *simtest.Cam) []string {
	if !signs(c) {
		return []string{"device identity", "TLS server"}
	}
	return []string{"device identity", "TLS server", "media signing"}
}

// signs reports whether the camera's profile has a key that signs media.
func signs(c *simtest.Cam) bool { return c.Profile == "flagship" || c.Profile == "security-baseline" }

func TestOpenSSLVerifiesTheDeviceIdentityThatGetCertificateGives(t *testing.T) {
	t.Parallel()
	fleet := startShowcase(t)
	ca := writeFile(t, "ca.pem", fleet.Info().CA)
	forEach(t, fleet, func(t *testing.T, _ int, cam *simtest.Cam) {
		id := identify(t, cam, schematest.Collect(t))
		chain := writeFile(t, "chain.pem", id.certificates["camfleet device CA"])
		leaf := writeFile(t, "leaf.pem", id.certificates["device identity"])
		run(t, "", "openssl", "verify", "-x509_strict", "-CAfile", ca, "-untrusted", chain, leaf).want(t, "openssl verify")
		subject := run(t, "", "openssl", "x509", "-in", leaf, "-noout", "-subject", "-nameopt", "multiline").want(t, "openssl x509")
		if !strings.Contains(subject.stdout, cam.Serial) {
			t.Errorf("the serial number %s is not in\n%s", cam.Serial, subject.stdout)
		}
		if !signs(cam) {
			return
		}
		signing := writeFile(t, "signing.pem", cam.SigningCA)
		leaf = writeFile(t, "leaf.pem", id.certificates["media signing"])
		run(t, "", "openssl", "verify", "-x509_strict", "-CAfile", signing, leaf).want(t, "openssl verify")
	})
}

func TestNoTwoCamerasShareTheirIdentity(t *testing.T) {
	t.Parallel()
	owners, seen := map[string]string{}, schematest.Collect(t)
	for _, fleet := range []string{"one", "two"} {
		f := startShowcase(t)
		for _, c := range f.Cameras() {
			cam := simtest.Of(t, f, c.Name)
			id := identify(t, cam, seen)
			if id.serial != c.Serial || id.uuid != "urn:uuid:"+c.UUID {
				t.Errorf("%s %s says it is %s %s, the fleet says %s %s", fleet, c.Name, id.serial, id.uuid, c.Serial, c.UUID)
			}
			own := map[string]string{"serial number": id.serial, "UUID": id.uuid, "MAC": id.mac, "endorsement key": c.TPM.EK}
			for _, alias := range factoryKeys(cam) {
				own["certificate "+alias] = id.certificates[alias]
				own["key "+alias] = publicKey(t, id.certificates[alias])
			}
			for what, value := range own {
				if other := owners[value]; value == "" || other != "" {
					t.Errorf("%s %s: its %s is that of %q", fleet, c.Name, what, other)
				}
				owners[value] = fleet + " " + c.Name + " " + what
			}
		}
	}
}

// publicKey is the public key of a certificate, in PEM.
func publicKey(t testing.TB, certificate string) string {
	t.Helper()
	return run(t, certificate, "openssl", "x509", "-noout", "-pubkey").want(t, "openssl x509").stdout
}

func TestFactoryKeysAreSecurelyStored(t *testing.T) {
	t.Parallel()
	forEach(t, startShowcase(t), func(t *testing.T, _ int, cam *simtest.Cam) {
		id := identify(t, cam, schematest.Collect(t))
		for _, alias := range factoryKeys(cam) {
			if !id.private[alias] || !id.secure[alias] {
				t.Errorf("%s: private %v, securely stored %v", alias, id.private[alias], id.secure[alias])
			}
		}
		if id.private["camfleet device CA"] || id.secure["camfleet device CA"] {
			t.Error("the camera claims the private key of its issuer")
		}
	})
}
