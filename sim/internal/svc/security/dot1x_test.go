package security_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
)

func addDot1X(outer string) string {
	return element("AddDot1XConfiguration", element("Dot1XConfiguration", element("Dot1XID", "mine")+element("Alias", "pört")+outer))
}

func stage(name, method, content string) string {
	return fmt.Sprintf(`<tas:%s Method="%s">%s</tas:%s>`, name, method, content, name)
}

func password(id string) string { return element("Identity", "camera") + element("PassphraseID", id) }

// peap is the method that every device has.
func peap(passphrase string) string {
	return addDot1X(stage("Outer", "EAP-PEAP", element("Identity", "anonymous")+stage("Inner", "MSCHAPv2", password(passphrase))))
}

func bind(token, id string) string {
	return element("SetNetworkInterfaceDot1XConfiguration", element("token", token)+element("Dot1XID", id))
}

func bound(operation, token string) string {
	return element(operation+"NetworkInterfaceDot1XConfiguration", element("token", token))
}

func get(id string) string { return element("GetDot1XConfiguration", element("Dot1XID", id)) }

func remove(id string) string { return element("DeleteDot1XConfiguration", element("Dot1XID", id)) }

// thingsAndPort is the name of the network interface, too.
func thingsAndPort(c *cameratest.Camera) map[string]string {
	kept := things(c)
	kept["port"] = c.State.View().Device.Network.Interfaces[0].Token
	return kept
}

func TestDot1XConfigurationsComeGoAndAreBound(t *testing.T) {
	t.Parallel()
	tell(t, map[string]story{
		"configurations": {
			kept: things,
			change: func(p *profiles.Profile) {
				p.Limits.Keystore.Dot1XConfigurations = 3
			},
			steps: []step{
				{body: "<tas:GetAllDot1XConfigurations/>", want: map[string]string{"./Configuration": ""}},
				{body: passphrase("secret"), keep: map[string]string{"./PassphraseID": "p"}},
				{body: createPolicy("{cert}"), keep: map[string]string{"./CertPathValidationPolicyID": "v"}},
				{body: peap("{p}"), keep: map[string]string{"./Dot1XID": "d"}},
				{body: get("{d}"), want: map[string]string{
					".//Dot1XID": "{d}", ".//Alias": "pört", ".//Outer/Identity": "anonymous", ".//Inner/Identity": "camera",
				}},
				{body: get("mine"), fault: arg + "/ter:Dot1XConfigurationID"},
				{body: addDot1X(stage("Outer", "EAP-PEAP", password("nothing")+stage("Inner", "MSCHAPv2", password("{p}"))))}, // ignored: anonymous
				{body: addDot1X(stage("Outer", "EAP-PEAP", stage("Inner", "MSCHAPv2", password("nothing")))), fault: arg + "/ter:PassphraseID"},
				{body: addDot1X(stage("Outer", "EAP-TLS", element("CertificationPathID", "nothing"))), fault: arg + "/ter:CertificationPathID"},
				{body: addDot1X(`<tas:Outer Method="EAP-TLS" CertPathValidationPolicyID="nothing">` + element("CertificationPathID", "{path}") + "</tas:Outer>"),
					fault: arg + "/ter:CertPathValidationPolicyID"},
				{body: addDot1X(stage("Outer", "EAP-TLS", "")), fault: arg + "/ter:Dot1XMethod"},
				{body: addDot1X(stage("Outer", "EAP-MD5", element("Identity", "camera"))), fault: arg + "/ter:Dot1XMethod"},
				{body: addDot1X(stage("Outer", "EAP-SIM", "")), fault: arg + "/ter:Dot1XMethod"},
				{body: addDot1X(stage("Outer", "EAP-PEAP", stage("Inner", "PAP", password("{p}")))), fault: arg + "/ter:Dot1XMethodCombination"},
				{body: addDot1X(stage("Outer", "EAP-PEAP", "")), fault: arg + "/ter:Dot1XMethodCombination"},
				{body: addDot1X(deep(8)), fault: arg + "/ter:Dot1XMethodCombination"},
				{body: addDot1X(`<tas:Outer Method="EAP-TLS" CertPathValidationPolicyID="{v}">` + element("CertificationPathID", "{path}") + "</tas:Outer>")},
				{body: peap("{p}"), fault: action + "/ter:MaximumNumberOfDot1XConfigurationsReached"},
				{body: element("DeleteCertPathValidationPolicy", element("CertPathValidationPolicyID", "{v}")), fault: arg + "/ter:ReferenceExists"},
				{body: "<tas:GetAllDot1XConfigurations/>", want: map[string]string{"./Configuration/Alias": "pört pört pört"}},
			},
		},
		"bindings": {
			kept: thingsAndPort,
			steps: []step{
				{body: passphrase("secret"), keep: map[string]string{"./PassphraseID": "p"}},
				{body: peap("{p}"), keep: map[string]string{"./Dot1XID": "d"}},
				{body: peap("{p}"), keep: map[string]string{"./Dot1XID": "e"}},
				{body: bound("Get", "{port}"), want: map[string]string{"./Dot1XID": ""}},
				{body: bind("nothing", "{d}"), fault: arg + "/ter:InvalidNetworkInterface"},
				{body: bind("{port}", "nothing"), fault: arg + "/ter:Dot1XConfigurationID"},
				{body: bind("{port}", "{d}"), want: map[string]string{"./RebootNeeded": "false"}},
				{body: bound("Get", "{port}"), want: map[string]string{"./Dot1XID": "{d}"}},
				{body: bind("{port}", "nothing"), fault: arg + "/ter:Dot1XConfigurationID"},
				{body: bound("Get", "{port}"), want: map[string]string{"./Dot1XID": "{d}"}},
				{body: remove("{d}"), fault: arg + "/ter:ReferenceExists"},
				{body: bind("{port}", "{e}")},
				{body: remove("{d}")},
				{body: remove("{d}"), fault: arg + "/ter:Dot1XConfigurationID"},
				{body: bound("Get", "nothing"), fault: arg + "/ter:InvalidNetworkInterface"},
				{body: bound("Delete", "nothing"), fault: arg + "/ter:InvalidNetworkInterface"},
				{body: bound("Delete", "{port}"), want: map[string]string{"./RebootNeeded": "false"}},
				{body: bound("Delete", "{port}")}, // does nothing
				{body: bound("Get", "{port}"), want: map[string]string{"./Dot1XID": ""}},
				{body: remove("{e}")},
			},
		},
	})
}

// deep is a stage with n-1 stages inside each other.
func deep(n int) string {
	inner := strings.Repeat(`<tas:Inner Method="EAP-PEAP">`, n-1) + strings.Repeat("</tas:Inner>", n-1)
	return stage("Outer", "EAP-PEAP", inner)
}
