package camera_test

import (
	"slices"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/google/go-cmp/cmp"
)

// TestDefaultProfileHasEveryAbility: what a profile offers by default is what
// the keystore knows, no more and no less.
func TestDefaultProfileHasEveryAbility(t *testing.T) {
	t.Parallel()
	spec, err := camera.Spec(cameratest.Open(t, "flagship"), camera.Birth{Name: "cam", Number: 1})
	if err != nil {
		t.Fatal(err)
	}
	got, want := spec.KeystoreAbilities, keystore.Abilities{}.WithDefaults()
	for _, a := range []*keystore.Abilities{&got, &want} {
		for _, list := range []*[]string{&a.Encryption, &a.MAC, &a.Dot1XMethods, &a.SignatureAlgorithms, &a.ConfigurationTypes, &a.ClientAuthentication} {
			slices.Sort(*list)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-keystore +profile):\n%s", diff)
	}
}

func TestAbilitiesFollowFromWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	const rsaOID, ecOID = "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2"
	flagship := cameratest.Open(t, "flagship")
	for name, c := range map[string]struct {
		change func(*profiles.Profile)
		holds  func(keystore.Abilities) bool
	}{
		"no curves in 18.12": {
			func(p *profiles.Profile) { p.ONVIF.Release = "18.12" },
			func(a keystore.Abilities) bool { return a.EllipticCurves != nil && len(a.EllipticCurves) == 0 },
		},
		"without curves, no ECDSA": {
			func(p *profiles.Profile) { p.Security.EllipticCurves = []string{} },
			func(a keystore.Abilities) bool {
				return slices.Contains(a.SignatureAlgorithms, rsaOID) && !slices.Contains(a.SignatureAlgorithms, ecOID) &&
					!slices.Contains(a.ClientAuthentication, "private_key_jwt")
			},
		},
		"without lengths, no RSA": {
			func(p *profiles.Profile) { p.Security.RSAKeyLengths = []int{} },
			func(a keystore.Abilities) bool {
				return !slices.Contains(a.SignatureAlgorithms, rsaOID) && slices.Contains(a.SignatureAlgorithms, ecOID)
			},
		},
		"without requests, no certificates of others": {
			func(p *profiles.Profile) { p.ONVIF.OperationsOff = []string{"tas:CreatePKCS10CSR"} },
			func(a keystore.Abilities) bool {
				return !slices.Contains(a.ClientAuthentication, "tls_client_auth") && slices.Contains(a.ClientAuthentication, "self_signed_tls_client_auth")
			},
		},
	} {
		p := *flagship
		c.change(&p)
		spec, err := camera.Spec(&p, camera.Birth{Name: "cam", Number: 1})
		if err != nil || !c.holds(spec.KeystoreAbilities) {
			t.Errorf("%s: %+v, %v", name, spec.KeystoreAbilities, err)
		}
	}
	p := *flagship
	p.Security.SignatureAlgorithms = []string{"md5WithRSAEncryption"}
	if _, err := camera.Spec(&p, camera.Birth{Name: "cam", Number: 1}); err == nil {
		t.Error("an unknown signature algorithm")
	}
}

// TestDeviceServiceAgreesWithTheSecurityService on versions of TLS, tokens and
// add-ons, in both of its listings.
func TestDeviceServiceAgreesWithTheSecurityService(t *testing.T) {
	t.Parallel()
	for _, name := range append(profiles.Builtin(), "26.06") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := cameratest.Config{Profile: name}
			if name == "26.06" {
				config = cameratest.Config{Change: func(p *profiles.Profile) { p.ONVIF.Release = name }}
			}
			c := cameratest.New(t, config)
			p := promisedBy(t, c)
			own := c.As(t, "", "<tds:GetServiceCapabilities/>").Root.FindElement("./Capabilities/Security")
			older := c.As(t, "", "<tds:GetCapabilities/>").Root.FindElement(".//Device/Security")
			for version, attribute := range map[string]string{"1.0": "TLS1.0", "1.1": "TLS1.1", "1.2": "TLS1.2"} {
				want := map[bool]string{true: "true", false: "false"}[p.lists("TLSServerSupported", version)]
				if got := own.SelectAttrValue(attribute, "none"); got != want {
					t.Errorf("%s is %s, want %s", attribute, got, want)
				}
				if el := older.FindElement(".//" + attribute); el == nil || el.Text() != want {
					t.Errorf("GetCapabilities has another %s than %s", attribute, want)
				}
			}
			for attribute, element := range map[string]string{
				"OnboardKeyGeneration": "OnboardKeyGeneration", "AccessPolicyConfig": "AccessPolicyConfig", "X.509Token": "X.509Token",
				"SAMLToken": "SAMLToken", "KerberosToken": "KerberosToken", "RELToken": "RELToken",
			} {
				if el := older.FindElement("./" + element); el == nil || el.Text() != own.SelectAttrValue(attribute, "") {
					t.Errorf("%s differs between the listings", element)
				}
			}
			if got, want := own.SelectAttrValue("JsonWebToken", "") == "true", p.there["GetJWTConfiguration"] && p.there["SetJWTConfiguration"]; got != want {
				t.Errorf("JsonWebToken is %v, want %v", got, want)
			}
		})
	}
}
