package conformance

import (
	"slices"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
)

// What cases of the Security Configuration Service need.
func rsaKeys() need { return capability("tas/KeystoreCapabilities/RSAKeyPairGeneration") }
func selfSigning() need {
	return capability("tas/KeystoreCapabilities/SelfSignedCertificateCreationWithRSA")
}
func requests() need {
	return capability("tas/KeystoreCapabilities/PKCS10ExternalCertificationWithRSA")
}
func pkcs8() need { return capability("tas/KeystoreCapabilities/PKCS8RSAKeyPairUpload") }
func pkcs12() need {
	return capability("tas/KeystoreCapabilities/PKCS12CertificateWithRSAPrivateKeyUpload")
}
func tlsServer() need   { return capability("tas/TLSServerCapabilities/TLSServerSupported") }
func clientAuth() need  { return capability("tas/TLSServerCapabilities/TLSClientAuthSupported") }
func passphrases() need { return capability("tas/KeystoreCapabilities/MaximumNumberOfPassphrases") }
func crls() need        { return capability("tas/KeystoreCapabilities/MaximumNumberOfCRLs") }
func policies() need {
	return capability("tas/KeystoreCapabilities/MaximumNumberOfCertificationPathValidationPolicies")
}
func keyEvents() need { return topic("tns1:Advancedsecurity/Keystore/KeyStatus") }

// network is the part of network configuration that moves HTTPS: the official
// tool asks for all of it (NetworkConfigNotSupported).
func network() need {
	return need{"SetNetworkProtocols HTTPS", func(f *features) bool {
		return f.protocols["HTTPS"] && f.simulated["tds:SetNetworkProtocols"]
	}}
}

func keyCases() []testCase {
	return []testCase{
		{"ADVANCED_SECURITY-1-1-1", "RSA keys of every length, status polled", []need{rsaKeys()}, keysOfEveryLength},
		{"ADVANCED_SECURITY-1-1-2", "RSA keys of every length, status by event", []need{rsaKeys(), keyEvents()}, keysOfEveryLengthByEvent},
		{"ADVANCED_SECURITY-1-1-3", "private key of a new RSA key", []need{rsaKeys()}, keyHasPrivateKey},
		{"ADVANCED_SECURITY-1-1-4", "new RSA key in the list", []need{rsaKeys()}, keyIsListed},
		{"ADVANCED_SECURITY-1-1-5", "deleted RSA key not in the list", []need{rsaKeys()}, keyIsDeleted},
	}
}

func keysOfEveryLength(s *session) {
	for _, bits := range s.lengths() {
		id, estimate := s.begin(createRSA(bits))
		if status := s.settled(id, estimate); status != "ok" {
			s.Errorf("%d bits: status %s", bits, status)
		}
		s.remove("Key", id)
	}
}

func keysOfEveryLengthByEvent(s *session) {
	for _, bits := range s.lengths() {
		s.keyByEvent(createRSA(bits))
	}
}

// keyByEvent has a key made and waits for the event that it is ok; the events
// on the way are those of Security 5.9.1.
func (s *session) keyByEvent(body string) {
	s.Helper()
	events := s.subscribe("tns1:Advancedsecurity/Keystore/KeyStatus")
	id, estimate := s.begin(body)
	s.due(id, estimate)
	var seen []string
	for !slices.Contains(seen, "generating>ok") {
		a := events.pull("PT60S", 1)
		if n := len(a.Texts("./NotificationMessage")); n != 1 {
			s.Fatalf("%d messages before the key is ok\n%s", n, a.Body)
		}
		if item(a, "Source", "KeyID") != id {
			continue // of what another case has left behind
		}
		seen = append(seen, item(a, "Data", "OldStatus")+">"+item(a, "Data", "NewStatus"))
	}
	if want := []string{">generating", "generating>ok"}; !slices.Equal(seen, want) {
		s.Errorf("events %q, want %q", seen, want)
	}
	events.end()
	s.want("status", s.do(tas("GetKeyStatus", tas("KeyID", id))).Text("./KeyStatus"), "ok")
	s.remove("Key", id)
}

// item is a SimpleItem of a message, "" if there is none.
func item(a cameratest.Answer, group, name string) string {
	el := a.Root.FindElement("./NotificationMessage/Message/Message/" + group + "/SimpleItem[@Name='" + name + "']")
	if el == nil {
		return ""
	}
	return el.SelectAttrValue("Value", "")
}

// attribute is what GetAllKeys says of a key.
func (s *session) attribute(id, name string) string {
	s.Helper()
	a := s.do("<tas:GetAllKeys/>")
	for _, el := range a.Root.FindElements("./KeyAttribute") {
		if el.FindElement("./KeyID").Text() != id {
			continue
		}
		if found := el.FindElement("./" + name); found != nil {
			return found.Text()
		}
		return ""
	}
	s.Fatalf("key %s is not in the list", id)
	return ""
}

func keyHasPrivateKey(s *session) {
	s.want("hasPrivateKey", s.attribute(s.rsa(), "hasPrivateKey"), "true")
}

func keyIsListed(s *session) {
	before := s.allKeys()
	id := s.rsa()
	s.grown(before, s.allKeys(), id)
}

func keyIsDeleted(s *session) {
	before := s.allKeys()
	id := s.rsa()
	s.remove("Key", id)
	s.grown(before, s.allKeys())
}
