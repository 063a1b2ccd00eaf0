package sign

import (
	"crypto/x509"
	"fmt"
	"time"

	"github.com/camfleet/camfleet/streams"
)

// DefaultOpen is how many slices a [Verifier] keeps for which no SEI has come.
const DefaultOpen = 100_000

// maxWaiting is how many whole GOPs wait for their SEI, and how many SEIs for
// their GOP after a join, before a verdict is given without.
const maxWaiting = 16

// VerifierConfig is what a [Verifier] is made of. Codec must be given.
type VerifierConfig struct {
	Codec streams.Codec
	// Roots are the certificates that chains must lead to; none: provenance stays
	// Unknown.
	Roots []*x509.Certificate
	// Revocations are lists of revoked certificates, signed by their issuers.
	Revocations []*x509.RevocationList
	// At is when certificates have to be valid; zero: when the SEI was made.
	At time.Time
	// Open is how many slices are kept that no SEI has covered yet; 0: DefaultOpen.
	Open int
}

func (c VerifierConfig) withDefaults() (VerifierConfig, error) {
	if err := checkCodec(c.Codec); err != nil {
		return c, err
	}
	if c.Open == 0 {
		c.Open = DefaultOpen
	}
	if c.Open < 1 {
		return c, fmt.Errorf("%w: %d open slices: want at least 1", ErrConfig, c.Open)
	}
	return c, nil
}
