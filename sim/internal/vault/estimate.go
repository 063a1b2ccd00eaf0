package vault

import (
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/keystore"
)

// Estimates is how long it takes to make keys on this machine: the mean of
// those made, the latest counting most. It may be shared.
type Estimates struct {
	mu   sync.Mutex
	mean map[keystore.Spec]time.Duration
}

// NewEstimates starts with what a slow machine takes for RSA keys.
func NewEstimates() *Estimates {
	rsa := func(bits int) keystore.Spec { return keystore.Spec{Algorithm: keystore.RSA, Bits: bits} }
	return &Estimates{mean: map[keystore.Spec]time.Duration{
		rsa(2048): time.Second, rsa(3072): 4 * time.Second, rsa(4096): 12 * time.Second,
	}}
}

// Of is the estimate for a kind of key, on the safe side: three times the
// mean, which hardly an RSA key exceeds.
func (e *Estimates) Of(s keystore.Spec) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return 3 * e.mean[s]
}

func (e *Estimates) add(s keystore.Spec, took time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	mean, known := e.mean[s]
	if !known {
		mean = took
	}
	e.mean[s] = mean + (took-mean)/4
}

// Estimate is how long making a key is expected to take (EstimatedCreationTime
// of Security 5.2.6.2.1).
func (v *Vault) Estimate(s keystore.Spec) time.Duration { return v.config.Estimates.Of(s) }
