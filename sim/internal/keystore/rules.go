package keystore

import (
	"fmt"
	"strconv"
	"strings"
)

// Rules are the rules that differ between the releases of the Security
// specification. The zero value is release 25.06; [RulesOf] makes the others.
type Rules struct {
	// CertificateCopies allows the same certificate under several IDs (5.2.3
	// of 18.12 to 24.06); later a second upload is [ErrDuplicate].
	CertificateCopies bool `json:"certificateCopies,omitempty"`
	// KeyCopies allows the same key pair under several IDs (from 25.12).
	KeyCopies bool `json:"keyCopies,omitempty"`
	// CountPrivateKeys lets only private keys count against Limits.Keys (from
	// 26.06).
	CountPrivateKeys bool `json:"countPrivateKeys,omitempty"`
	// NoDot1XPolicies says that stages of 802.1X have no validation policy
	// (before 25.06): one that is given is an attribute nobody knows.
	NoDot1XPolicies bool `json:"noDot1xPolicies,omitempty"`
	// SigningPlayed lets the user's signing path be replaced and go unless a
	// stream is running that is signed with it (from 26.06). Before, it does not go
	// while media is being signed, but may be replaced.
	SigningPlayed bool `json:"signingPlayed,omitempty"`
}

// RulesOf returns the rules of a release, such as "18.12".
func RulesOf(release string) (Rules, error) {
	r, err := parseRelease(release)
	if err != nil {
		return Rules{}, err
	}
	return Rules{
		CertificateCopies: r < 2412,
		KeyCopies:         r >= 2512,
		CountPrivateKeys:  r >= 2606,
		NoDot1XPolicies:   r < 2506,
		SigningPlayed:     r >= 2606,
	}, nil
}

// parseRelease reads "25.06" as 2506.
func parseRelease(text string) (int, error) {
	year, month, ok := strings.Cut(text, ".")
	y, errYear := strconv.ParseUint(year, 10, 8)
	m, errMonth := strconv.ParseUint(month, 10, 8)
	if !ok || errYear != nil || errMonth != nil || y > 99 || m < 1 || m > 12 {
		return 0, fmt.Errorf("release %.16q: want year and month as in 25.06", text)
	}
	return int(y*100 + m), nil //nolint:gosec // both are small
}
