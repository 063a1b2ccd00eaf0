package security_test

import (
	"encoding/base64"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/state"
)

const signers = "<tas:GetAssignedMediaSigningCertificates/>"

func addSigner(id string) string {
	return on("AddMediaSigningCertificateAssignment", "CertificationPathID", id)
}

func removeSigner(id string) string {
	return on("RemoveMediaSigningCertificateAssignment", "CertificationPathID", id)
}

// sign lets the first encoder sign what it makes, and no other; or none.
func sign(t testing.TB, c *cameratest.Camera, yes bool) {
	t.Helper()
	err := c.State.Update(func(tx *state.Tx) error {
		for i := range tx.Media().Encoders {
			tx.Media().Encoders[i].Signed = yes && i == 0
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMediaSigningPathsAreAssigned(t *testing.T) { // Security 5.5
	t.Parallel()
	ca := newAuthority(t, "signing")
	root := base64.StdEncoding.EncodeToString(ca.Certificate.Raw)
	// with makes the story of a camera with a path of its own, "path", and the
	// factory's, "factory".
	with := func(release string, signs bool, steps ...step) story {
		return story{
			change: func(p *profiles.Profile) { p.ONVIF.Release = release },
			kept: func(c *cameratest.Camera) map[string]string {
				sign(t, c, signs)
				kept := things(c)
				kept["factory"] = c.State.View().Keystore.MediaSigning.Factory
				return kept
			},
			steps: append([]step{
				{body: upload(root, ""), keep: map[string]string{"./CertificateID": "r"}},
				{body: createPath("{r}"), keep: map[string]string{"./CertificationPathID": "public"}},
				{body: createPath("{leaf}"), keep: map[string]string{"./CertificationPathID": "other"}},
				{body: signers, want: map[string]string{"./CertificationPathID": "{factory}"}},
			}, steps...),
		}
	}
	listed := func(ids string) step {
		return step{body: signers, want: map[string]string{"./CertificationPathID": ids}}
	}
	old := arg + "/ter:OldCertificationPathID"
	tell(t, map[string]story{
		"assigned, replaced and removed": with("25.06", false,
			step{body: removeSigner("{path}"), fault: old}, // none of the user's yet
			step{body: removeSigner("{factory}"), fault: old},
			step{body: removeSigner("nothing"), fault: old},
			step{body: addSigner("nothing"), fault: arg + "/ter:CertificationPathID"},
			step{body: addSigner("{leaf}"), fault: arg + "/ter:CertificationPathID"}, // a certificate's
			step{body: addSigner("{public}"), fault: arg + "/ter:NoPrivateKey"},
			step{body: addSigner("{path}")}, listed("{factory} {path}"),
			step{body: addSigner("{path}")}, listed("{factory} {path}"), // does nothing
			step{body: addSigner("{factory}")}, listed("{factory} {path}"), // is there for good
			step{body: addSigner("{other}")}, listed("{factory} {other}"), // at most one
			step{body: removeSigner("{path}"), fault: old},
			step{body: dropPath("{other}"), fault: arg + "/ter:ReferenceExists"},
			step{body: dropPath("{factory}"), fault: arg + "/ter:ReferenceExists"},
			step{body: setPath("{other}", "{r}"), fault: arg + "/ter:InvalidCertificationPath"}, // no private key
			step{body: removeSigner("{factory}"), fault: old},
			step{body: removeSigner("{other}")}, listed("{factory}"),
			step{body: dropPath("{other}")},
		),
		"while media is signed, 25.06": with("25.06", true,
			step{body: addSigner("{path}")}, listed("{factory} {path}"),
			step{body: addSigner("{other}")}, listed("{factory} {other}"),
			step{body: removeSigner("{other}"), fault: arg + "/ter:ReferenceExists"},
			step{body: removeSigner("{path}"), fault: old}, listed("{factory} {other}"),
		),
		"while media is signed, 26.06": with("26.06", true,
			step{body: addSigner("{path}")}, listed("{factory} {path}"),
			step{body: removeSigner("{factory}"), fault: old},
			step{body: removeSigner("{path}")}, listed("{factory}"),
		),
	})
}

// TestMediaSigningIsOfferedAsTheProfileSays (Security 5.8.5): who has no factory
// key signs nothing, and the user's key is a choice.
func TestMediaSigningIsOfferedAsTheProfileSays(t *testing.T) {
	t.Parallel()
	opened := cameratest.Open(t, "flagship")
	for name, c := range map[string]struct {
		change              func(*profiles.Profile)
		supported, user     bool
		assigned, unassigns string // faults
	}{
		"all":         {func(*profiles.Profile) {}, true, true, "", arg + "/ter:OldCertificationPathID"},
		"no user key": {func(p *profiles.Profile) { p.Security.UserSigningKey = false }, true, false, "", noSupport},
		"no switch":   {func(p *profiles.Profile) { p.ONVIF.OperationsOff = []string{"tr2:SetVideoEncoderConfiguration"} }, true, true, "", arg + "/ter:OldCertificationPathID"},
		"no key":      {func(p *profiles.Profile) { p.Security.MediaSigning = false }, false, false, noSupport, noSupport},
		"24.06":       {func(p *profiles.Profile) { p.ONVIF.Release = "24.06" }, false, false, noSupport, noSupport},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cam := cameratest.New(t, cameratest.Config{Opened: opened, Change: c.change})
			if a := cam.As(t, "admin", signers); a.Fault != c.assigned {
				t.Errorf("the list: %q, want %q", a.Fault, c.assigned)
			}
			if a := cam.As(t, "admin", removeSigner("nothing")); a.Fault != c.unassigns {
				t.Errorf("removal: %q, want %q", a.Fault, c.unassigns)
			}
			sign(t, cam, true)
			el := cam.As(t, "", "<tas:GetServiceCapabilities/>").Root.FindElement("./Capabilities/MediaSigning")
			if (el != nil) != c.supported {
				t.Fatalf("capabilities: %v", el)
			}
			if el != nil && (el.SelectAttrValue("MediaSigningSupported", "") != "true" ||
				(el.SelectAttrValue("UserMediaSigningKeySupported", "") == "true") != c.user) {
				t.Errorf("capabilities: %v", el.Attr)
			}
		})
	}
}
