package issuer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Limits of withdrawn tokens.
const (
	maxRevoked   = 65536
	maxRevokedID = 256 // bytes of jti
)

// ErrRevoked is the error of [Issuer.Revoke] when too many tokens are
// withdrawn already.
var ErrRevoked = errors.New("too many tokens are withdrawn")

// Revoke withdraws the token with the identifier jti: cameras of this process
// take it no more. It is remembered for as long as a token may live.
func (i *Issuer) Revoke(jti string) error {
	if jti == "" || len(jti) > maxRevokedID {
		return fmt.Errorf("jti of %d bytes: want 1 to %d", len(jti), maxRevokedID)
	}
	if err := i.revoke(jti); err != nil {
		return err
	}
	return i.changed()
}

// Revocations returns what was withdrawn, for [Config].Revocations of a later
// start.
func (i *Issuer) Revocations() ([]byte, error) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	text, err := json.Marshal(i.revoked)
	if err != nil {
		return nil, fmt.Errorf("withdrawn tokens: %w", err)
	}
	return text, nil
}

// restoreRevoked reads what Revocations returned.
func (i *Issuer) restoreRevoked(text []byte) error {
	if text == nil {
		return nil
	}
	var revoked map[string]time.Time
	if err := json.Unmarshal(text, &revoked); err != nil {
		return fmt.Errorf("withdrawn tokens: %w", err)
	}
	if len(revoked) > maxRevoked {
		return fmt.Errorf("%w: %d, at most %d", ErrRevoked, len(revoked), maxRevoked)
	}
	if revoked != nil {
		i.revoked = revoked
	}
	return nil
}

func (i *Issuer) revoke(jti string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.config.Clock.Now()
	if _, again := i.revoked[jti]; !again && len(i.revoked) >= maxRevoked {
		for id, until := range i.revoked {
			if !now.Before(until) {
				delete(i.revoked, id)
			}
		}
		if len(i.revoked) >= maxRevoked {
			return fmt.Errorf("%w: %d", ErrRevoked, maxRevoked)
		}
	}
	// A token may be minted to live from an hour ahead.
	i.revoked[jti] = now.Add(i.config.MaxTTL + 2*time.Hour)
	return nil
}

// Revoked reports whether a token of the issuer was withdrawn.
func (i *Issuer) Revoked(issuer, jti string) bool {
	if !slices.Contains(i.names(), issuer) {
		return false
	}
	i.mu.RLock()
	defer i.mu.RUnlock()
	until, known := i.revoked[jti]
	return known && i.config.Clock.Now().Before(until)
}

// withdraw revokes a token that the issuer has just given.
func (i *Issuer) withdraw(jti string) {
	// When too many are withdrawn the token stays good for its short life.
	i.Revoke(jti) //nolint:errcheck // see above
}
