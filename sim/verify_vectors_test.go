package sim_test

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/camfleet/camfleet/sim"
)

// TestVectorsGetTheVerdictsTheyState judges the files of ../shared as camfleet
// verify does, through their containers. The certificate of the older ones was
// valid in June 2025.
func TestVectorsGetTheVerdictsTheyState(t *testing.T) {
	t.Parallel()
	const vectors = "../../shared/vectors/media-signing"
	root := func(name string) []*x509.Certificate {
		b, err := os.ReadFile(filepath.Join(vectors, name))
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(b)
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return []*x509.Certificate{c}
	}
	type verdict struct {
		Authentic    bool
		Authenticity string
		Counts       map[string]int
		Open         int
	}
	june := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	authentic := func(n, open int) verdict { return verdict{true, "authentic", map[string]int{"authentic": n}, open} }
	for name, c := range map[string]struct {
		root string
		at   time.Time
		want verdict
	}{
		"test_signed_h264.mp4":            {"ca.pem", june, authentic(4, 8)},
		"test_signed_h265.mp4":            {"ca.pem", june, authentic(4, 54)},
		"sample_escaped_h264.h264":        {"ca.pem", june, authentic(5, 0)},
		"sample_escaped_h265.h265":        {"ca.pem", june, authentic(5, 0)},
		"tampered_flip_h264.mp4":          {"ca.pem", june, verdict{false, "not authentic", map[string]int{"authentic": 3, "not authentic": 1}, 8}},
		"tampered_swap_h265.mp4":          {"ca.pem", june, verdict{false, "not authentic", map[string]int{"authentic": 3, "not authentic": 1}, 54}},
		"v2_h264.h264":                    {"v2_root.pem", time.Time{}, authentic(6, 25)},
		"v2_h265.h265":                    {"v2_root.pem", time.Time{}, authentic(6, 25)},
		"v2_h264_3slices_partial.h264":    {"v2_root.pem", time.Time{}, authentic(20, 5)},
		"v2_h265_certsei_lowbitrate.h265": {"v2_root.pem", time.Time{}, authentic(6, 25)},
		"tampered_drop_v2.h264":           {"v2_root.pem", time.Time{}, verdict{false, "missing", map[string]int{"authentic": 5, "missing": 1}, 25}},
	} {
		v, err := sim.Verify(t.Context(), sim.VerifyConfig{Source: filepath.Join(vectors, name), Roots: root(c.root), At: c.at})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := verdict{v.Authentic, v.Authenticity, v.Counts, v.Open}
		if diff := cmp.Diff(c.want, got); diff != "" || v.Provenance != "trusted" {
			t.Errorf("%s, %s (-want +got):\n%s", name, v.Provenance, diff)
		}
	}
}
