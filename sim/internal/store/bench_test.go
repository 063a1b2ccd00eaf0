package store_test

import (
	"crypto/x509/pkix"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/factory"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

// fullKeystore has 64 keys, each with a certificate and a blob of the size
// that a TPM makes.
func fullKeystore(b *testing.B, roots *factory.Roots) *keystore.Section {
	b.Helper()
	random := seed.New(1).Stream("bench")
	s := &keystore.Section{}
	for range 64 {
		key, err := pki.NewKey(random)
		if err != nil {
			b.Fatal(err)
		}
		blob := keystore.Blob{Public: make([]byte, 90), Private: make([]byte, 126)}
		if _, err := s.AddKey(key.Public(), blob, "bench", false, random); err != nil {
			b.Fatal(err)
		}
		der, err := roots.Device.Issue(pki.Template{Subject: pkix.Name{CommonName: "bench"}, NotBefore: time.Unix(0, 0), NotAfter: pki.Forever()}, key.Public(), random)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.AddCertificate(keystore.NewCertificate{DER: der, PrivateKeyRequired: true}, random); err != nil {
			b.Fatal(err)
		}
	}
	return s
}
