//go:build cgo && linux

package tpm_test

import (
	"crypto"
	"crypto/rsa"
	"testing"
	"testing/quick"
)

// TestRSAKeysSignForOldTLS: TLS 1.0 and 1.1 sign MD5 and SHA-1 one after the
// other, without naming them (RFC 4346 7.4.3).
func TestRSAKeysSignForOldTLS(t *testing.T) {
	t.Parallel()
	key := mustKey(t, newTPM(t), rsa2048())
	public, ok := key.Public().(*rsa.PublicKey)
	if !ok {
		t.Fatalf("%T", key.Public())
	}
	err := quick.Check(func(digest [36]byte) bool {
		signature, err := key.Sign(nil, digest[:], crypto.MD5SHA1)
		return err == nil && rsa.VerifyPKCS1v15(public, crypto.MD5SHA1, digest[:], signature) == nil
	}, &quick.Config{MaxCount: 50})
	if err != nil {
		t.Error(err)
	}
}
