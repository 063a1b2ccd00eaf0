package security_test

import (
	"encoding/base64"
	"io"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/state"
)

func addServer(id string) string {
	return on("AddServerCertificateAssignment", "CertificationPathID", id)
}

func removeServer(id string) string {
	return on("RemoveServerCertificateAssignment", "CertificationPathID", id)
}

func replaceServer(old, id string) string {
	return element("ReplaceServerCertificateAssignment", element("OldCertificationPathID", old)+element("NewCertificationPathID", id))
}

func versions(list string) string {
	return on("SetEnabledTLSVersions", "Versions", list)
}

func TestTLSServerIsGivenPathsAndVersions(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "assignments")
	root := base64.StdEncoding.EncodeToString(ca.Certificate.Raw)
	const assigned = "<tas:GetAssignedServerCertificates/>"
	tell(t, map[string]story{
		"paths": {
			kept: func(c *cameratest.Camera) map[string]string {
				edit(t, c, func(s *keystore.Section, _ io.Reader) error { s.Limits.TLSPaths = 2; return nil })
				kept := things(c)
				kept["own"] = ca.issue(t, "camera", own(t, c, kept["leaf"]))
				return kept
			},
			steps: []step{
				{body: upload("{own}", privateKeyRequired), keep: map[string]string{"./CertificateID": "l"}},
				{body: upload(root, ""), keep: map[string]string{"./CertificateID": "r"}},
				{body: createPath("{l}", "{r}"), keep: map[string]string{"./CertificationPathID": "p"}},
				{body: createPath("{l}"), keep: map[string]string{"./CertificationPathID": "q"}},
				{body: createPath("{r}"), keep: map[string]string{"./CertificationPathID": "public"}},
				{body: addServer("nothing"), fault: arg + "/ter:CertificationPathID"},
				{body: addServer("{l}"), fault: arg + "/ter:CertificationPathID"},
				{body: addServer("{public}"), fault: arg + "/ter:NoPrivateKey"},
				{body: addServer("{p}")},
				{body: addServer("{p}")}, // does nothing
				{body: assigned, want: map[string]string{"./CertificationPathID": "{path} {p}"}},
				{body: addServer("{q}"), fault: action + "/ter:MaximumNumberOfTLSCertificationPathsReached"},
				{body: replaceServer("{q}", "{p}"), fault: arg + "/ter:OldCertificationPathID"},
				{body: replaceServer("{path}", "nothing"), fault: arg + "/ter:NewCertificationPathID"},
				{body: replaceServer("{path}", "{public}"), fault: arg + "/ter:NoPrivateKey"},
				{body: replaceServer("{path}", "{q}")},
				{body: assigned, want: map[string]string{"./CertificationPathID": "{q} {p}"}},
				{body: setPath("{p}", "{r}"), fault: arg + "/ter:InvalidCertificationPath"}, // in use, and no private key
				{body: setPath("{p}", "{l}")},
				{body: dropPath("{p}"), fault: arg + "/ter:ReferenceExists"},
				{body: removeServer("{p}"), fault: arg + "/ter:ReferenceExists"}, // HTTPS is on
				{body: removeServer("{path}"), fault: arg + "/ter:OldCertificationPathID"},
				{body: dropPath("{path}")},
			},
		},
		"a server that is off": {
			kept: func(c *cameratest.Camera) map[string]string {
				err := c.State.Update(func(tx *state.Tx) error {
					return tx.Device().SetProtocols([]device.Protocol{{Name: device.HTTPS, Ports: []int{443}}})
				})
				if err != nil {
					t.Fatal(err)
				}
				return things(c)
			},
			steps: []step{
				{body: removeServer("nothing"), fault: arg + "/ter:OldCertificationPathID"},
				{body: removeServer("{path}")},
				{body: assigned, want: map[string]string{"./CertificationPathID": ""}},
				{body: removeServer("{path}"), fault: arg + "/ter:OldCertificationPathID"},
				{body: dropPath("{path}")},
			},
		},
		"versions": {steps: []step{
			{body: versions(""), fault: arg + "/ter:EmptyList"},
			{body: versions("1.2 1.0"), fault: arg + "/ter:TLSVersion"},
			{body: versions("TLS"), fault: arg + "/ter:TLSVersion"},
			{body: versions("1.3")},
			{body: "<tas:GetEnabledTLSVersions/>", want: map[string]string{"./Versions": "1.3"}},
			{body: versions("1.3 1.2 1.3")},
			{body: "<tas:GetEnabledTLSVersions/>", want: map[string]string{"./Versions": "1.2 1.3"}},
		}},
	})
}

// TestTLSServerIsOfferedWithAllItNeeds (Security Table 13).
func TestTLSServerIsOfferedWithAllItNeeds(t *testing.T) {
	t.Parallel()
	for name, off := range map[string][]string{
		"no way to certify": {"tas:CreatePKCS10CSR", "tas:CreateSelfSignedCertificate"},
		"no paths":          {"tas:CreateCertificationPath"},
		"no removal":        {"tas:RemoveServerCertificateAssignment"},
		"all":               nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cameratest.New(t, cameratest.Config{Change: func(p *profiles.Profile) { p.ONVIF.OperationsOff = off }})
			el := c.As(t, "admin", "<tas:GetServiceCapabilities/>").Root.FindElement("//TLSServerCapabilities")
			want := [3]string{}
			if off == nil {
				want = [3]string{"1.2 1.3", "4", "true"}
			}
			for i, name := range []string{"TLSServerSupported", "MaximumNumberOfTLSCertificationPaths", "EnabledVersionsSupported"} {
				if got := el.SelectAttrValue(name, ""); got != want[i] {
					t.Errorf("%s=%q, want %q", name, got, want[i])
				}
			}
		})
	}
}
