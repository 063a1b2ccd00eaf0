package discovery

import (
	"cmp"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// messages renders one of each kind.
func messages() map[string][]byte {
	t := target(1)
	t.MetadataVersion = 3
	t.Scopes = append(t.Scopes, "urn:x?a=1&b=<2>")
	odd := t
	odd.Types = []QName{{"urn:x", "Special"}, DeviceType(), {"urn:y?a='1'&b=2", "Odd"}}
	h := header{id: "urn:uuid:11111111-2222-4333-8444-555555555555", to: anonymous, instance: 1767323045, number: 4}
	relating := h
	relating.relates = "urn:uuid:99999999-2222-4333-8444-555555555555"
	xaddrs := t.XAddrs(link())
	return map[string][]byte{
		"Hello":          hello(h, &t, xaddrs),
		"Hello-types":    hello(h, &odd, xaddrs),
		"Bye":            bye(h, &t),
		"ProbeMatches":   match(relating, "Probe", &t, xaddrs),
		"ResolveMatches": match(relating, "Resolve", &t, xaddrs),
		"Fault":          ruleFault(relating),
	}
}

func TestEveryMessageIsAsRecordedAndSchemaValid(t *testing.T) {
	t.Parallel()
	for name, got := range messages() {
		file := filepath.Join("testdata", name+".xml")
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s: run with -update if this is meant (-want +got):\n%s", name, diff)
		}
	}
	onvif := cmp.Or(os.Getenv("ONVIF_DIR"), "../../../../shared/onvif")
	validator := filepath.Join(onvif, "validate.py")
	if _, err := os.Stat(validator); err != nil {
		t.Fatalf("the ONVIF files are needed (ONVIF_DIR names another place): %v", err)
	}
	if out, err := exec.Command("python3", validator, "-q", "testdata").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
