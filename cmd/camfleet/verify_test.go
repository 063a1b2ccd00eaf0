package main

import (
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/google/go-cmp/cmp"
)

// aVerification is a recording of which a frame of the fourth GOP was lost.
func aVerification() api.Verification {
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	v := api.Verification{
		Source: "a.mp4", Format: "mp4", Codec: "h264", Authenticity: "missing", Provenance: "untrusted",
		Start: start, End: start.Add(5 * time.Second), Frames: 130, Open: 6, Counts: map[string]int{"authentic": 4, "missing": 1},
		Certificates: []api.VerifiedCertificate{{Subject: "CN=NLA1", NotBefore: start, NotAfter: start.AddDate(20, 0, 0)}},
	}
	expired := api.VerifiedReason{Cause: "certificate expired", Frame: -1, Slice: -1, Certificate: "CN=NLA1", Text: "valid to 2020"}
	for i := range 5 {
		v.GOPs = append(v.GOPs, api.VerifiedGOP{
			Authenticity: "authentic", Provenance: "untrusted", Counter: uint32(i + 1), First: i * 25, Last: i*25 + 24, SEI: i*25 + 26,
			Start: start.Add(time.Duration(i) * time.Second), Expected: 25, Found: 25, Reasons: []api.VerifiedReason{expired},
		})
	}
	v.GOPs[3].Authenticity, v.GOPs[3].Found, v.GOPs[3].Last = "missing", 24, 98
	v.GOPs[3].Reasons = append(v.GOPs[3].Reasons, api.VerifiedReason{Cause: "slice missing", Frame: -1, Slice: 7, Hash: "0123456789abcdef", Text: "entry 7 of the list is not there"})
	return v
}

func TestVerifyPrintsVerdictAndTimeline(t *testing.T) {
	t.Parallel()
	lib := &fakeLibrary{verification: aVerification()}
	got := try(t, lib, nil, "verify", "a.mp4")
	want := `AUTHENTIC WITH MISSING FRAMES: a.mp4 (mp4, h264), 130 frames, 4 of 5 GOPs authentic, SIGNER NOT TRUSTED, 2026-11-21T12:00:00.000Z to 2026-11-21T12:00:05.000Z
  certificate CN=NLA1, valid 2026-11-21 to 2046-11-21
  #1    frames 0-24     2026-11-21T12:00:00.000Z  authentic, not trusted
                                                    certificate expired: valid to 2020, certificate CN=NLA1
  #2-3  frames 25-74    2026-11-21T12:00:01.000Z  authentic, not trusted
  #4    frames 75-98    2026-11-21T12:00:03.000Z  missing (24 of 25 slices), not trusted
                                                    slice missing: entry 7 of the list is not there, hash 0123456789ab
  #5    frames 100-124  2026-11-21T12:00:04.000Z  authentic, not trusted
  -     frames 124-129                            open: no signature covers them yet
`
	if diff := cmp.Diff(result{1, want, ""}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got = try(t, lib, nil, "verify", "--json", "a.mp4")
	var v api.Verification
	if err := json.Unmarshal([]byte(got.stdout), &v); err != nil || got.code != 1 {
		t.Fatalf("%v: %+v", err, got)
	}
	if diff := cmp.Diff(aVerification(), v); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestVerifySucceedsOnlyIfAllIsAuthentic(t *testing.T) {
	t.Parallel()
	v := aVerification()
	v.Authentic = true
	if got := try(t, &fakeLibrary{verification: v}, nil, "verify", "a.mp4"); got.code != 0 {
		t.Errorf("%+v", got)
	}
	unsigned := api.Verification{Source: "b.mkv", Format: "matroska", Codec: "h265", Authenticity: "unsigned", Provenance: "unknown", Frames: 3, Open: 3}
	want := "UNSIGNED: b.mkv (matroska, h265), 3 frames\n  -  frames 0-2    open: no signature covers them yet\n"
	unsigned.Skipped, unsigned.Open, unsigned.Uncovered = 1, 2, 7
	partly := "UNSIGNED: b.mkv (matroska, h265), 3 frames\n  7 slices are of kinds that signing leaves out: nothing is said of them\n" +
		"  -  frames 0-0    skipped: they come before the first GOP\n  -  frames 1-2    open: no signature covers them yet\n"
	if got := try(t, &fakeLibrary{verification: unsigned}, nil, "verify", "b.mkv"); got.stdout != partly {
		t.Errorf("%q, want %q", got.stdout, partly)
	}
	unsigned.Skipped, unsigned.Open, unsigned.Uncovered = 0, 3, 0
	got := try(t, &fakeLibrary{verification: unsigned}, nil, "verify", "b.mkv")
	if diff := cmp.Diff(result{1, want, ""}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestVerifySaysWhatIsWrongWithItsFlags(t *testing.T) {
	t.Parallel()
	text := filepath.Join(t.TempDir(), "a.txt")
	write(t, text, "no certificate")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{}, 2, "FILE|URL"},
		{[]string{"http://127.0.0.1/"}, 2, "http"},
		{[]string{"rtsp://u:hunter2%@h/"}, 2, "escapes"},
		{[]string{"--for", "-1s", "rtsp://h/"}, 2, "--for"},
		{[]string{"--at", "noon", "a"}, 2, "--at"},
		{[]string{"--root", text, "a"}, 2, "no certificate"},
		{[]string{"--root", text + "x", "a"}, 1, "--root"},
		{[]string{"--tls-root", text, "a"}, 2, "--tls-root"},
		{[]string{"--crl", text, "a"}, 2, "--crl"},
	} {
		got := try(t, &fakeLibrary{}, nil, append([]string{"verify"}, c.args...)...)
		if got.code != c.code || !strings.Contains(got.stderr, c.says) || strings.Contains(got.stderr, "hunter2") || got.stdout != "" {
			t.Errorf("%q: %+v", c.args, got)
		}
	}
}

func TestVerifyTakesTheRootsOfTheFleetWhoseStreamItIs(t *testing.T) {
	t.Parallel()
	root, signing := testCertificate(t, "root"), testCertificate(t, "signing")
	fleet := aFleet(2)
	fleet.CA, fleet.Cameras[1].SigningCA = string(root), string(signing)
	c := newControlAPI(t, map[string]any{"GET /v1/fleet": fleet})
	lib := &fakeLibrary{}
	for _, address := range []string{"rtsps://admin:x@127.0.0.1:20023/main", "rtsp://127.0.0.1:554/main", "file.mp4"} {
		try(t, lib, nil, "verify", "--control", c.URL, "--token", "T", "--udp", "--for", "3s", address)
	}
	mine, other, file := lib.verified[0], lib.verified[1], lib.verified[2]
	if len(mine.Roots) != 1 || mine.Roots[0].Subject.CommonName != "signing" || mine.TLS.RootCAs == nil {
		t.Errorf("%+v", mine)
	}
	if mine.Token != "T" || !mine.UDP || mine.For != 3*time.Second || mine.TLS.InsecureSkipVerify {
		t.Errorf("%+v", mine)
	}
	if other.Roots != nil || other.TLS.RootCAs != nil || file.Roots != nil {
		t.Errorf("%+v, %+v", other, file)
	}
	path := filepath.Join(t.TempDir(), "root.pem")
	write(t, path, string(root))
	try(t, lib, nil, "verify", "--root", path, "--tls-root", path, "--insecure", "rtsps://h/")
	if v := lib.verified[3]; len(v.Roots) != 1 || v.TLS.RootCAs == nil || !v.TLS.InsecureSkipVerify {
		t.Errorf("%+v", v)
	}
}

// testCertificate is a self-signed certificate as PEM.
func testCertificate(t *testing.T, name string) []byte {
	t.Helper()
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: selfSigned(t, name)})
}

// selfSigned is a self-signed certificate as DER.
func selfSigned(t *testing.T, name string) []byte {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
