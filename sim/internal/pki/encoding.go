package pki

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
)

// ErrPEM is returned for text that is not the PEM wanted.
var ErrPEM = errors.New("not the PEM block wanted")

// publicKeyBits takes the BIT STRING out of a SubjectPublicKeyInfo.
func publicKeyBits(spki []byte) ([]byte, error) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(spki, &info); err != nil {
		return nil, fmt.Errorf("subject public key: %w", err)
	}
	return info.Key.RightAlign(), nil
}

// EncodeCertificates writes certificates (DER) as PEM, one after the other.
func EncodeCertificates(ders ...[]byte) string {
	var out []byte
	for _, der := range ders {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return string(out)
}

// ParseCertificates reads the certificates of a PEM text; blocks of other
// kinds, text between the blocks and no block at all are errors.
func ParseCertificates(text string) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	rest := []byte(text)
	for len(rest) > 0 {
		block, after := pem.Decode(rest)
		if block == nil || block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("certificate %d: %w", len(out)+1, ErrPEM)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(out)+1, err)
		}
		out, rest = append(out, c), after
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no certificate: %w", ErrPEM)
	}
	return out, nil
}

// EncodeKey writes a software key as PEM (PKCS #8, not encrypted). The text
// is a secret.
func EncodeKey(key crypto.Signer) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("encode key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// ParseKey reads what EncodeKey wrote.
func ParseKey(text string) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("key: %w", ErrPEM)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("key: not PKCS #8") // the cause may quote the secret
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("key: %T cannot sign", key)
	}
	return signer, nil
}

// AuthorityPEM is an authority as text. Key is a secret.
type AuthorityPEM struct {
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
}

// PEM writes the authority as text.
func (a *Authority) PEM() (AuthorityPEM, error) {
	key, err := EncodeKey(a.Key)
	return AuthorityPEM{Certificate: EncodeCertificates(a.Certificate.Raw), Key: key}, err
}

// Parse reads what PEM wrote and checks that key and certificate belong
// together.
func (p AuthorityPEM) Parse() (*Authority, error) {
	certs, err := ParseCertificates(p.Certificate)
	if err != nil {
		return nil, err
	}
	key, err := ParseKey(p.Key)
	if err != nil {
		return nil, err
	}
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if len(certs) != 1 || !ok || !public.Equal(certs[0].PublicKey) {
		return nil, errors.New("the certificate is not for the key")
	}
	return &Authority{Certificate: certs[0], Key: key}, nil
}
