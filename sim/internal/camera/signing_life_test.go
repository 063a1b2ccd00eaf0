package camera_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/streams/sign"
)

// signs has a camera with short GOPs stream in real time.
func signs(t *testing.T, change func(*profiles.Profile)) *cameratest.Camera {
	t.Helper()
	return cameratest.New(t, cameratest.Config{Listen: true, Clock: clock.Real(), Host: host(t), Change: func(p *profiles.Profile) {
		short(p)
		if change != nil {
			change(p)
		}
	}})
}

// TestSignaturesFollowTheCamerasClock: when it is set, the stream stays
// authentic, the SEIs have the new time, and certificates are judged by it.
func TestSignaturesFollowTheCamerasClock(t *testing.T) {
	t.Parallel()
	c := signs(t, nil)
	valid := c.Roots.Signing.Certificate
	verdicts := watch(t, c)
	expectVerdicts(t, verdicts, 1, sign.Authentic)
	for _, at := range []time.Time{
		time.Date(2041, 6, 1, 12, 0, 0, 0, time.UTC), time.Date(1999, 6, 1, 12, 0, 0, 0, time.UTC), time.Date(2027, 6, 1, 12, 0, 0, 0, time.UTC),
	} {
		if a := c.As(t, "admin", setClock(at)); a.Fault != "" {
			t.Fatal(a.Fault)
		}
		jumps, after := 0, 0
		for d := range verdicts {
			if d.Authenticity != sign.Authentic {
				t.Fatalf("clock at %v: %+v", at, d)
			}
			if slices.ContainsFunc(d.Reasons, func(r sign.Reason) bool { return r.Cause == sign.TimeJumped }) {
				jumps++
			}
			if since := d.Start.Sub(at); since < 0 || since > time.Hour {
				continue // a GOP from before
			}
			want := sign.Trusted
			if d.End.Before(valid.NotBefore) || d.End.After(valid.NotAfter) {
				want = sign.Untrusted
			}
			if d.Provenance != want {
				t.Errorf("clock at %v: %s: %+v", at, d.Provenance, d.Reasons)
			}
			if after++; after == 3 {
				break
			}
		}
		if jumps == 0 || jumps > 2 {
			t.Errorf("clock at %v: %d jumps: want that the GOP in which it was set, or the next one, says so", at, jumps)
		}
	}
}

// userPath gives the camera a key with a certificate of an authority and returns
// the ID of its path.
func userPath(t *testing.T, c *cameratest.Camera, ca *pki.Authority, until time.Time) string {
	t.Helper()
	random := seed.New(uint64(until.Unix())).Stream("user path")
	key, err := pki.NewKey(random)
	if err != nil {
		t.Fatal(err)
	}
	der, err := ca.Issue(pki.Template{
		Subject: pkix.Name{CommonName: "user"}, NotBefore: cameratest.Start().AddDate(-30, 0, 0), NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature,
	}, key.Public(), random)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file, err := pki.PKCS12Contents{Keys: [][]byte{private}, Certificates: []pki.PKCS12Certificate{{DER: der}, {DER: ca.Certificate.Raw}}}.Write(random)
	if err != nil {
		t.Fatal(err)
	}
	return must(t, c, "UploadCertificateWithPrivateKeyInPKCS12", "<tas:CertWithPrivateKey>"+base64.StdEncoding.EncodeToString(file)+"</tas:CertWithPrivateKey>").
		Text("./CertificationPathID")
}

func assignment(operation, path string) string {
	return fmt.Sprintf("<tas:%[1]s><tas:CertificationPathID>%[2]s</tas:CertificationPathID></tas:%[1]s>", operation, path)
}

// TestExpiredUserPathSignsAndIsNotTrusted: nothing forbids it, and who verifies
// sees it; then the path is replaced by one that is valid.
func TestExpiredUserPathSignsAndIsNotTrusted(t *testing.T) {
	t.Parallel()
	c := signs(t, nil)
	for until, want := range map[time.Time]sign.Provenance{
		cameratest.Start().AddDate(-20, 0, 0): sign.Untrusted, pki.Forever(): sign.Trusted,
	} {
		path := userPath(t, c, c.Roots.Signing, until)
		if a := c.As(t, "admin", assignment("AddMediaSigningCertificateAssignment", path)); a.Fault != "" {
			t.Fatal(a.Fault)
		}
		d := <-watch(t, c)
		expired := slices.ContainsFunc(d.Reasons, func(r sign.Reason) bool { return r.Cause == sign.CertificateExpired })
		if d.Authenticity != sign.Authentic || d.Provenance != want || expired != (want == sign.Untrusted) {
			t.Errorf("certificate until %v: %s, %s, %+v", until, d.Authenticity, d.Provenance, d.Reasons)
		}
	}
}

// TestUserPathIsTakenAwayAsTheReleaseSays: up to 25.12 not while media is signed,
// but replaced at any time; since 26.06 both while no stream is running.
func TestUserPathIsTakenAwayAsTheReleaseSays(t *testing.T) {
	t.Parallel()
	const inUse = "env:Sender/ter:InvalidArgVal/ter:ReferenceExists"
	for release, want := range map[string]struct{ replaced, removed, idle string }{
		"25.06": {removed: inUse, idle: inUse}, "26.06": {replaced: inUse, removed: inUse},
	} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			c := signs(t, func(p *profiles.Profile) { p.ONVIF.Release = release })
			path, other := userPath(t, c, c.Roots.Signing, pki.Forever()), userPath(t, c, c.Roots.Signing, pki.Forever())
			if a := c.As(t, "admin", assignment("AddMediaSigningCertificateAssignment", path)); a.Fault != "" {
				t.Fatal(a.Fault)
			}
			verdicts, stop := watchUntil(t, c)
			expectVerdicts(t, verdicts, 2, sign.Authentic)
			if a := c.As(t, "admin", assignment("RemoveMediaSigningCertificateAssignment", path)); a.Fault != want.removed {
				t.Errorf("removed while it is played: %q, want %q", a.Fault, want.removed)
			}
			expectVerdicts(t, verdicts, 2, sign.Authentic)
			if a := c.As(t, "admin", assignment("AddMediaSigningCertificateAssignment", other)); a.Fault != want.replaced {
				t.Errorf("replaced while it is played: %q, want %q", a.Fault, want.replaced)
			}
			stop()
			for c.Media().Viewers > 0 {
				runtime.Gosched()
			}
			now := c.State.View().Keystore.MediaSigning.User
			if a := c.As(t, "admin", assignment("RemoveMediaSigningCertificateAssignment", now)); a.Fault != want.idle {
				t.Errorf("removed while nobody plays: %q, want %q", a.Fault, want.idle)
			}
			if want.idle != "" {
				return
			}
			sei := <-listen(t, c)
			if sei.Chain.User || sei.General.Counter < 2 {
				t.Errorf("signed by the user's key: %v, counter %d: want the factory's, and that it goes on", sei.Chain.User, sei.General.Counter)
			}
		})
	}
}

// TestSignedIsSwitchedWhileManyPlay: all get unsigned pictures at once and signed
// ones again, and nobody is disconnected.
func TestSignedIsSwitchedWhileManyPlay(t *testing.T) {
	t.Parallel()
	c := signs(t, nil)
	var all []<-chan sign.Verdict
	for range 20 {
		all = append(all, watch(t, c))
	}
	set := func(signed string) {
		t.Helper()
		if a := c.As(t, "admin", setEncoder("5", signed)); a.Fault != "" {
			t.Fatal(a.Fault)
		}
	}
	for _, verdicts := range all {
		expectVerdicts(t, verdicts, 2, sign.Authentic)
	}
	set("false")
	if d := <-watch(t, c); d.Authenticity != sign.Unsigned {
		t.Errorf("who begins now gets %+v", d)
	}
	for _, verdicts := range all {
		for d := range verdicts {
			if d.Authenticity == sign.Authentic {
				continue
			}
			if d.SEI >= 0 || d.Reasons[0].Cause != sign.SEIMissing {
				t.Errorf("%+v: want that a SEI is missing", d)
			}
			break
		}
	}
	set("true")
	expectVerdicts(t, watch(t, c), 2, sign.Authentic)
	if n := c.Media().Viewers; n < 20 {
		t.Errorf("%d viewers: want 20 and more", n)
	}
}

// TestRebootedCameraSignsOn with the same key, for who plays it anew.
func TestRebootedCameraSignsOn(t *testing.T) {
	t.Parallel()
	var d diary
	c := cameratest.New(t, cameratest.Config{Listen: true, Clock: clock.Real(), Host: host(t), Status: d.enter, Change: func(p *profiles.Profile) {
		short(p)
		p.Boot.Time = 0
	}})
	before := <-listen(t, c)
	if a := post(t, c, c.Client(t), "admin", reboot); a.Status != http.StatusOK {
		t.Fatal(a.Status)
	}
	for up := d.at(camera.Running, 2); !up(); {
		runtime.Gosched()
	}
	after := <-listen(t, c)
	if !bytes.Equal(before.Chain.PEM, after.Chain.PEM) || after.General.Start <= before.General.End {
		t.Errorf("%+v before, %+v after the reboot", before.General, after.General)
	}
	expectVerdicts(t, watch(t, c), 2, sign.Authentic)
}

// TestSynchronizationPointSendsTheCertificatesAgain, and begins a GOP from which
// on everything verifies. Media Signing 6.12.
func TestSynchronizationPointSendsTheCertificatesAgain(t *testing.T) {
	t.Parallel()
	c := signs(t, func(p *profiles.Profile) {
		p.Media.Signing.CertificateSEI = true
		for i := range p.Media.Streams {
			p.Media.Streams[i].GOP = 15000 // none comes by itself
		}
	})
	seis := listen(t, c)
	if sei := <-seis; !sei.Certificate {
		t.Fatalf("the first SEI is %+v", sei)
	}
	if a := c.As(t, "operator", "<tr2:SetSynchronizationPoint><tr2:ProfileToken>Profile_sub</tr2:ProfileToken></tr2:SetSynchronizationPoint>"); a.Fault != "" {
		t.Fatal(a.Fault)
	}
	if sei := <-seis; !sei.Certificate || sei.Chain == nil || sei.Crypto == nil {
		t.Errorf("%+v comes after the synchronization point: want the certificates", sei)
	}
	if sei := <-seis; sei.General == nil || sei.General.Partial || sei.Chain != nil {
		t.Errorf("%+v comes then: want that of the GOP that was ended", sei)
	}
}

// TestLongGOPsAreSignedInPartsOfFiveSeconds. Media Signing 6.2.
func TestLongGOPsAreSignedInPartsOfFiveSeconds(t *testing.T) {
	t.Parallel()
	c := signs(t, func(p *profiles.Profile) {
		for i := range p.Media.Streams {
			p.Media.Streams[i].GOP = 15000
		}
	})
	sei := <-listen(t, c)
	lasts := sign.Instant(sei.General.End).Sub(sign.Instant(sei.General.Start))
	if !sei.General.Partial || (lasts-5*time.Second).Abs() > 500*time.Millisecond {
		t.Errorf("partial %v, %v long: want a part of 5 s", sei.General.Partial, lasts)
	}
}
