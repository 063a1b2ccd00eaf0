//go:build !cgo

package host_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/tpm/host"
)

func TestProgramWithoutCgoSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := host.Start(t.Context(), host.Config{})
	if !errors.Is(err, host.ErrNoCgo) || !strings.Contains(err.Error(), "libssl-dev") || !strings.Contains(err.Error(), "CGO_ENABLED=1") {
		t.Errorf("Start: %v", err)
	}
}
