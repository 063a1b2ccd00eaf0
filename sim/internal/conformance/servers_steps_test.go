package conformance

import (
	"bytes"
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"time"
)

// protocol is an entry of GetNetworkProtocols.
type protocol struct {
	name, enabled string
	ports         []string
}

func (p protocol) body() string {
	var b strings.Builder
	for _, port := range p.ports {
		b.WriteString(tt("Port", port))
	}
	return tds("NetworkProtocols", tt("Name", p.name), tt("Enabled", p.enabled), b.String())
}

// protocols are all that GetNetworkProtocols lists.
func (s *session) protocols() map[string]protocol {
	s.Helper()
	list := map[string]protocol{}
	for _, el := range s.do("<tds:GetNetworkProtocols/>").Root.FindElements("./NetworkProtocols") {
		p := protocol{name: el.FindElement("./Name").Text(), enabled: el.FindElement("./Enabled").Text()}
		for _, port := range el.FindElements("./Port") {
			p.ports = append(p.ports, port.Text())
		}
		list[p.name] = p
	}
	return list
}

// setProtocols sends SetNetworkProtocols.
func (s *session) setProtocols(list ...protocol) {
	s.Helper()
	var b strings.Builder
	for _, p := range list {
		b.WriteString(p.body())
	}
	s.do(tds("SetNetworkProtocols", b.String()))
}

// https switches HTTPS on or off, at the port it has, and returns its address.
func (s *session) https(on bool) string {
	s.Helper()
	p := s.protocols()["HTTPS"]
	p.enabled = "false"
	if on {
		p.enabled = "true"
	}
	s.setProtocols(p)
	return net.JoinHostPort("127.0.0.1", p.ports[0])
}

func add(path string) string {
	return tas("AddServerCertificateAssignment", tas("CertificationPathID", path))
}

func replace(old, path string) string {
	return tas("ReplaceServerCertificateAssignment", tas("OldCertificationPathID", old), tas("NewCertificationPathID", path))
}

func unassign(path string) string {
	return tas("RemoveServerCertificateAssignment", tas("CertificationPathID", path))
}

// assign gives the TLS server a path, for the time of the case.
func (s *session) assign(path string) {
	s.Helper()
	s.do(add(path))
	s.finally(func() { s.withdraw(path) })
}

// swap gives the TLS server a path instead of another.
func (s *session) swap(old, path string) {
	s.Helper()
	s.do(replace(old, path))
	s.finally(func() { s.withdraw(path) })
}

// withdraw takes a path from the TLS server if it is still there.
func (s *session) withdraw(path string) {
	s.Helper()
	if slices.Contains(s.assigned(), path) {
		s.https(false)
		s.do(unassign(path))
	}
}

// free switches HTTPS off and takes all paths from the TLS server; what was
// there comes back after the case.
func (s *session) free() {
	s.Helper()
	before := s.protocols()["HTTPS"]
	paths := s.do("<tas:GetAssignedServerCertificates/>").Texts("./CertificationPathID")
	s.finally(func() {
		for _, id := range paths {
			s.do(add(id))
		}
		s.setProtocols(before)
	})
	s.https(false)
	for _, id := range paths {
		s.do(unassign(id))
	}
}

// handshake does one, without looking at the server's certificates.
func (s *session) handshake(address string, change func(*tls.Config)) (tls.ConnectionState, error) {
	s.Helper()
	d := net.Dialer{Timeout: time.Minute}
	conn, err := d.DialContext(s.Context(), "tcp", address)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()                                                            //nolint:errcheck // it is over
	config := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10} //nolint:gosec // the path is what the case looks at
	if change != nil {
		change(config)
	}
	client := tls.Client(conn, config)
	err = client.HandshakeContext(s.Context())
	return client.ConnectionState(), err
}

// shows checks that the server shows exactly the certificates of a path, to Go
// and to openssl, and proves that it has the key.
func (s *session) shows(address string, certificates ...[]byte) {
	s.Helper()
	state, err := s.handshake(address, nil)
	if err != nil {
		s.Errorf("handshake: %v", err)
		return
	}
	var got [][]byte
	for _, c := range state.PeerCertificates {
		got = append(got, c.Raw)
	}
	if !slices.EqualFunc(got, certificates, bytes.Equal) {
		s.Errorf("the server shows %d certificates, and not those of the path", len(got))
	}
	root := s.file("root.pem", toPEM(certificates[len(certificates)-1]))
	out := s.openssl("s_client", "-connect", address, "-CAfile", root, "-verify_return_error", "-brief", "-cipher", "DEFAULT:@SECLEVEL=0")
	if !strings.Contains(out, "Verification: OK") {
		s.Errorf("openssl: %s", out)
	}
}

// content is the certificates of a path, the server's first.
func (s *session) content(p served) [][]byte {
	s.Helper()
	var ders [][]byte
	for _, id := range p.certificates {
		ders = append(ders, s.bytesAt(s.do(tas("GetCertificate", tas("CertificateID", id))), "./Certificate/CertificateContent"))
	}
	return ders
}
