package fault

import (
	"crypto/ecdsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"time"

	"github.com/camfleet/camfleet/sim/internal/pki"
)

// needs says what is wrong with the certificate that an action signs with.
type needs int

const (
	nothing    needs = iota // it has none
	expired                 // not valid any more
	revoked                 // on a revocation list
	foreign                 // of a root that nobody knows
	incomplete              // the certificate between leaf and root is left out
	other                   // good, but another camera's
)

// material is the key of a rule and its certificates.
type material struct {
	key   *ecdsa.PrivateKey
	chain [][]byte // DER, leaf first
	crl   []byte   // DER; nil: none
}

// year is long enough for certificates that are to be valid, or not.
const year = 365 * 24 * time.Hour

// newMaterial makes what a rule signs with; nil for rules that need none.
func newMaterial(r *rule) (*material, error) {
	need := actions()[r.Do].needs
	if need == nothing {
		return nil, nil
	}
	random := r.set.config.Seed.Stream("fault/" + r.ID + "/key")
	now := r.set.config.Now()
	name := func(cn string) pki.Template {
		return pki.Template{
			Subject: pkix.Name{Organization: []string{"camfleet fault"}, CommonName: cn}, NotBefore: now.Add(-10 * year), NotAfter: now.Add(10 * year),
		}
	}
	issuer := r.set.config.Authority
	if issuer == nil || need == foreign {
		key, err := pki.NewKey(random)
		if err != nil {
			return nil, err
		}
		if issuer, err = pki.NewAuthority(name("foreign media signing root"), key, random); err != nil {
			return nil, err
		}
	}
	if need == incomplete {
		key, err := pki.NewKey(random)
		if err != nil {
			return nil, err
		}
		if issuer, err = issuer.Authority(name("media signing CA that is left out"), key, random); err != nil {
			return nil, err
		}
	}
	leaf := name(map[needs]string{
		expired: "camera with an expired certificate", revoked: "camera with a revoked certificate",
		foreign: "camera of a foreign root", incomplete: "camera with an incomplete chain", other: "another camera",
	}[need])
	leaf.KeyUsage = x509.KeyUsageDigitalSignature
	if need == expired {
		leaf.NotAfter = now.Add(-year)
	}
	m := &material{}
	var err error
	if m.key, err = pki.NewKey(random); err != nil {
		return nil, err
	}
	der, err := issuer.Issue(leaf, m.key.Public(), random)
	if err != nil {
		return nil, err
	}
	m.chain = [][]byte{der}
	if need == revoked {
		m.crl, err = revoke(issuer, der, now)
	}
	return m, err
}

// revoke makes a revocation list that names a certificate.
func revoke(issuer *pki.Authority, der []byte, now time.Time) ([]byte, error) {
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return x509.CreateRevocationList(nil, &x509.RevocationList{
		Number: big.NewInt(1), ThisUpdate: now.Add(-year), NextUpdate: now.Add(year),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: leaf.SerialNumber, RevocationTime: now.Add(-year)}},
	}, issuer.Certificate, issuer.Key)
}
