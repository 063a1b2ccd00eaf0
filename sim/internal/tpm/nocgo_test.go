//go:build !cgo

package tpm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/tpm"
)

func TestProgramWithoutCgoRefusesToPretend(t *testing.T) {
	t.Parallel()
	h, err := tpm.StartHost(t.Context(), tpm.HostConfig{})
	if h != nil || !errors.Is(err, tpm.ErrNoCgo) {
		t.Fatalf("StartHost: %v", err)
	}
	for _, word := range []string{"cgo", "gcc", "libssl-dev", "apt-get install"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
	if p, err := h.Open(t.Context(), tpm.Config{}); p != nil || !errors.Is(err, tpm.ErrNoCgo) {
		t.Errorf("Open: %v", err)
	}
	p, err := h.Open(t.Context(), tpm.Config{Backend: tpm.None})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.CreateKey(tpm.KeySpec{Algorithm: tpm.ECDSA, Bits: 256}); !errors.Is(err, tpm.ErrNoTPM) {
		t.Errorf("CreateKey: %v", err)
	}
}
