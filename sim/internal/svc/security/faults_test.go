package security

import (
	"strings"
	"testing"
)

// unreachable are documented faults that cannot come about.
func unreachable() map[string]string {
	return map[string]string{
		"DeleteKey KeyDeletionFailed":                             "what fails is to store the change, and that is no fault of this operation alone",
		"DeleteCertificate CertificateDeletionFailed":             "the same",
		"DeleteCertificationPath CertificationPathDeletionFailed": "the same",
	}
}

// TestEveryDocumentedFaultComesFromARule: each fault of an operation that is
// carried out is that of some error.
func TestEveryDocumentedFaultComesFromARule(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, f := range faults() {
		for _, path := range f.Paths {
			known[path] = true
		}
	}
	for _, e := range Service().Entries {
		if e.Call == nil {
			continue
		}
		for _, f := range e.Row.Faults {
			path := f.Path()
			last := path[strings.LastIndexByte(path, ':')+1:]
			if !known[path] && unreachable()[e.Row.Name+" "+last] == "" {
				t.Errorf("%s: nothing gives %s", e.Row.ID(), path)
			}
		}
	}
}
