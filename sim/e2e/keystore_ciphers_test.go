package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// accepted are the cipher suites of OpenSSL that a server takes, by their
// standard names: it is offered all, then those that it has not chosen yet, and
// so on until it takes none of them.
func accepted(t testing.TB, address, version string) (names []string) {
	t.Helper()
	all := run(t, "", "openssl", "ciphers", "-stdname", "-s", version, "ALL:COMPLEMENTOFALL:@SECLEVEL=0").want(t, "openssl ciphers")
	standard, rest := map[string]string{}, []string{}
	for line := range strings.Lines(all.stdout) {
		fields := strings.Fields(line) // STANDARD - OPENSSL …
		if strings.Contains(fields[0], "_WITH_") != (version == "-tls1_3") {
			standard[fields[2]] = fields[0]
			rest = append(rest, fields[2])
		}
	}
	for len(rest) > 0 {
		offer := []string{"-cipher", strings.Join(rest, ":") + ":@SECLEVEL=0"}
		if version == "-tls1_3" {
			offer = []string{"-ciphersuites", strings.Join(rest, ":")}
		}
		r := run(t, "", "openssl", append([]string{"s_client", "-connect", address, version, "-brief"}, offer...)...)
		_, chosen, _ := strings.Cut(r.stderr, "Ciphersuite: ")
		chosen, _, _ = strings.Cut(chosen, "\n")
		i := slices.Index(rest, chosen)
		if r.code != 0 || i < 0 {
			if !strings.Contains(r.stderr, "alert handshake failure") {
				t.Errorf("%s, %s: exit code %d, %q\n%s", address, version, r.code, chosen, r.stderr)
			}
			break
		}
		names = append(names, standard[chosen])
		rest = slices.Delete(rest, i, i+1)
	}
	slices.Sort(names)
	return names
}

// TestOfferedCipherSuitesAreThoseOfAnnexE offers the servers every cipher suite
// that OpenSSL has. Annex E of Security 25.06 leaves out TLS_AES_128_GCM_SHA256,
// which RFC 8446 9.1 demands.
func TestOfferedCipherSuitesAreThoseOfAnnexE(t *testing.T) {
	t.Parallel()
	fleet := up(t, "-n", "2", "--profile", "flagship,tls-addon")
	for i, key := range []string{"ECDSA", "RSA"} {
		for door, address := range doors(fleet.Cameras[i]) {
			t.Run(key+" "+door, func(t *testing.T) {
				t.Parallel()
				prefix := "TLS_ECDHE_" + key + "_WITH_"
				want := []string{prefix + "AES_128_GCM_SHA256", prefix + "AES_256_GCM_SHA384", prefix + "CHACHA20_POLY1305_SHA256"}
				if diff := cmp.Diff(want, accepted(t, address, "-tls1_2")); diff != "" {
					t.Errorf("TLS 1.2 (-Annex E +accepted):\n%s", diff)
				}
				want = []string{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
				if diff := cmp.Diff(want, accepted(t, address, "-tls1_3")); diff != "" {
					t.Errorf("TLS 1.3 (-Annex E +accepted):\n%s", diff)
				}
			})
		}
	}
}

// TestOldTLSIsSpokenWhereTheProfileClaimsIt: with keys that a TPM holds, and
// with the old cipher suites for old clients only.
func TestOldTLSIsSpokenWhereTheProfileClaimsIt(t *testing.T) {
	t.Parallel()
	for key, profile := range map[string]string{"ECDSA": "{algorithm: ECDSA, bits: 256}", "RSA": "{algorithm: RSA, bits: 2048}"} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			file := writeFile(t, "old.yaml", "extends: flagship\ntls: {versions: [\"1.0\", \"1.1\", \"1.2\", \"1.3\"], server_key: "+profile+"}\n")
			fleet := up(t, "-n", "1", "--profile", file)
			ca := writeFile(t, "ca.pem", fleet.CA)
			for door, address := range doors(fleet.Cameras[0]) {
				for flag, version := range map[string]string{"-tls1": "TLSv1", "-tls1_1": "TLSv1.1", "-tls1_2": "TLSv1.2", "-tls1_3": "TLSv1.3"} {
					r := run(t, "", "openssl", "s_client", "-connect", address, "-CAfile", ca, "-verify_return_error", "-brief", flag, "-cipher", "ALL:@SECLEVEL=0")
					if r.code != 0 || !strings.Contains(r.stderr, "Protocol version: "+version+"\n") {
						t.Errorf("%s %s: exit code %d\n%s", door, flag, r.code, r.stderr)
					}
				}
				prefix := "TLS_ECDHE_" + key + "_WITH_AES_"
				want := []string{prefix + "128_CBC_SHA", prefix + "256_CBC_SHA"}
				if key == "RSA" {
					want = append(want, "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA")
				}
				if diff := cmp.Diff(want, accepted(t, address, "-tls1")); diff != "" {
					t.Errorf("%s, TLS 1.0 (-want +accepted):\n%s", door, diff)
				}
				want = []string{"TLS_ECDHE_" + key + "_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_" + key + "_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_" + key + "_WITH_CHACHA20_POLY1305_SHA256"}
				if diff := cmp.Diff(want, accepted(t, address, "-tls1_2")); diff != "" {
					t.Errorf("%s, TLS 1.2 (-want +accepted):\n%s", door, diff)
				}
			}
		})
	}
}
