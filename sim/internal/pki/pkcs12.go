package pki

import (
	"crypto/x509"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Passphrases open a PKCS #12 file. A nil passphrase is not given, which is
// not the same as an empty one.
type Passphrases struct {
	Integrity  *string // to check the MAC; nil: it is not checked
	Encryption *string // to decrypt keys and certificates
}

// OnePassphrase is the same passphrase for both.
func OnePassphrase(passphrase string) Passphrases {
	return Passphrases{Integrity: &passphrase, Encryption: &passphrase}
}

// PKCS12 is what a PKCS #12 file holds. The key is secret.
type PKCS12 struct {
	Key *PrivateKey
	// KeyName and KeyID are the attributes friendlyName and localKeyId of the
	// key's bag; empty if there are none.
	KeyName string
	KeyID   []byte
	// Certificates are in the order of the file, at least one.
	Certificates []PKCS12Certificate
	// Leaf is the index of the first certificate for the key; -1 if none is.
	Leaf int
	// MAC is the integrity protection; Verified says that it was checked.
	MAC      MAC
	Verified bool
	// Skipped are the object identifiers of the bags that are neither keys
	// nor certificates nor safe contents, such as CRLs and secrets.
	Skipped []string
}

// PKCS12Certificate is a certificate of a PKCS #12 file.
type PKCS12Certificate struct {
	// DER is the X.509 certificate, not looked at.
	DER  []byte
	Name string // friendlyName
	ID   []byte // localKeyId
	// Scheme is the encryption it had.
	Scheme Scheme
}

// DERs returns the certificates alone.
func (p *PKCS12) DERs() [][]byte {
	var out [][]byte
	for _, c := range p.Certificates {
		out = append(out, c.DER)
	}
	return out
}

const (
	oidData          = "1.2.840.113549.1.7.1"
	oidEncryptedData = "1.2.840.113549.1.7.6"

	oidKeyBag          = "1.2.840.113549.1.12.10.1.1"
	oidShroudedKeyBag  = "1.2.840.113549.1.12.10.1.2"
	oidCertBag         = "1.2.840.113549.1.12.10.1.3"
	oidSafeContentsBag = "1.2.840.113549.1.12.10.1.6"

	oidX509Certificate = "1.2.840.113549.1.9.22.1"
	oidFriendlyName    = "1.2.840.113549.1.9.20"
	oidLocalKeyID      = "1.2.840.113549.1.9.21"
)

// ReadPKCS12 reads a PFX (RFC 7292) in DER with password integrity and
// privacy: exactly one key, in a KeyBag or a PKCS8ShroudedKeyBag, and one or
// more certificates, encrypted or not. A passphrase for what is not encrypted
// is not used. Errors: ErrPKCS12, ErrNoMAC, ErrMAC, ErrDecrypt, ErrScheme,
// ErrKeyAlgorithm, ErrKeyMismatch, LimitError. Security 5.2.6.3.4.
//
// go-pkcs12 is not used here: it has no limits, and runs as many rounds of key
// derivation as a file asks for. The tests compare with it.
func ReadPKCS12(der []byte, p Passphrases, o ContainerOptions) (*PKCS12, error) {
	r := &pkcs12Reader{budget: newBudget(o), passphrase: p.Encryption, out: &PKCS12{Leaf: -1}}
	if err := within("Bytes", len(der), r.Limits.Bytes); err != nil {
		return nil, fmt.Errorf("PKCS #12: %w", err)
	}
	content, mac, err := readPFX(der)
	if err != nil {
		return nil, err
	}
	if err := r.integrity(mac, content, p.Integrity); err != nil {
		return nil, err
	}
	if err := r.authenticatedSafe(content); err != nil {
		return nil, err
	}
	return r.done()
}

// readPFX takes a PFX apart: the AuthenticatedSafe, and the MacData or nil.
func readPFX(der []byte) (content []byte, mac *macData, err error) {
	s, ok := readOnly(der, asn1.SEQUENCE)
	var version int64
	var safe, data, macBody cryptobyte.String
	var hasMAC bool
	if !ok || !s.ReadASN1Integer(&version) || !s.ReadASN1(&safe, asn1.SEQUENCE) ||
		!s.ReadOptionalASN1(&macBody, &hasMAC, asn1.SEQUENCE) || !s.Empty() {
		return nil, nil, fmt.Errorf("%w: not a PFX in DER", ErrPKCS12)
	}
	if version != 3 {
		return nil, nil, fmt.Errorf("%w: version %d", ErrPKCS12, version)
	}
	kind, body, err := contentInfo(safe)
	if err != nil {
		return nil, nil, err
	}
	if kind != oidData {
		return nil, nil, fmt.Errorf("%w: integrity by %s, not by a passphrase", ErrPKCS12, kind)
	}
	if !body.ReadASN1(&data, asn1.OCTET_STRING) || !body.Empty() {
		return nil, nil, fmt.Errorf("%w: malformed AuthenticatedSafe", ErrPKCS12)
	}
	if hasMAC {
		mac, err = readMAC(macBody)
	}
	return data, mac, err
}

// contentInfo reads a ContentInfo without its outer tag (RFC 5652 chapter 3).
func contentInfo(s cryptobyte.String) (kind string, body cryptobyte.String, err error) {
	if !readOID(&s, &kind) || !s.ReadASN1(&body, constructed0) || !s.Empty() {
		return "", nil, fmt.Errorf("%w: malformed ContentInfo", ErrPKCS12)
	}
	return kind, body, nil
}

// pkcs12Reader collects the bags of one file.
type pkcs12Reader struct {
	*budget
	passphrase *string
	out        *PKCS12
	keys       int
}

func (r *pkcs12Reader) integrity(mac *macData, content []byte, passphrase *string) error {
	if mac != nil {
		r.out.MAC = mac.kind
	}
	switch {
	case passphrase == nil, mac == nil && r.MissingMAC:
		return nil
	case mac == nil:
		return ErrNoMAC
	}
	if err := r.verify(mac, content, *passphrase); err != nil {
		return fmt.Errorf("PKCS #12: %w", err)
	}
	r.out.Verified = true
	return nil
}

// authenticatedSafe reads a SEQUENCE OF ContentInfo (RFC 7292 4.1).
func (r *pkcs12Reader) authenticatedSafe(der []byte) error {
	list, ok := readOnly(der, asn1.SEQUENCE)
	for ok && !list.Empty() {
		var info cryptobyte.String
		if ok = list.ReadASN1(&info, asn1.SEQUENCE); !ok {
			break
		}
		// An encrypted ContentInfo costs a key derivation, even without bags.
		if err := count(&r.bags, "Bags", r.Limits.Bags); err != nil {
			return fmt.Errorf("PKCS #12: %w", err)
		}
		contents, scheme, err := r.contents(info)
		if err != nil {
			return err
		}
		if err := r.safeContents(contents, scheme, 0); err != nil {
			return err
		}
	}
	if !ok {
		return fmt.Errorf("%w: malformed AuthenticatedSafe", ErrPKCS12)
	}
	return nil
}

// contents returns the SafeContents of a ContentInfo, decrypted.
func (r *pkcs12Reader) contents(info cryptobyte.String) ([]byte, Scheme, error) {
	kind, body, err := contentInfo(info)
	if err != nil {
		return nil, Scheme{}, err
	}
	var data, encrypted cryptobyte.String
	switch kind {
	case oidData:
		if !body.ReadASN1(&data, asn1.OCTET_STRING) || !body.Empty() {
			return nil, Scheme{}, fmt.Errorf("%w: malformed data", ErrPKCS12)
		}
		return data, Scheme{}, nil
	case oidEncryptedData:
		if !body.ReadASN1(&encrypted, asn1.SEQUENCE) || !body.Empty() {
			return nil, Scheme{}, fmt.Errorf("%w: malformed EncryptedData", ErrPKCS12)
		}
		return r.encryptedData(encrypted)
	}
	return nil, Scheme{}, fmt.Errorf("%w: privacy by %s", ErrScheme, kind)
}

// encryptedData decrypts an EncryptedData (RFC 5652 chapter 8).
func (r *pkcs12Reader) encryptedData(s cryptobyte.String) ([]byte, Scheme, error) {
	var version int64
	var info, data cryptobyte.String
	var kind string
	var a algorithm
	if !s.ReadASN1Integer(&version) || !s.ReadASN1(&info, asn1.SEQUENCE) || !s.Empty() ||
		!readOID(&info, &kind) || kind != oidData || !readAlgorithm(&info, &a) || !info.ReadASN1(&data, tag0) || !info.Empty() {
		return nil, Scheme{}, fmt.Errorf("%w: malformed EncryptedData", ErrPKCS12)
	}
	if r.passphrase == nil {
		return nil, Scheme{}, fmt.Errorf("PKCS #12: %w: none is given", ErrDecrypt)
	}
	plain, scheme, err := r.decrypt(a, data, *r.passphrase)
	if err != nil {
		return nil, scheme, named(err, "PKCS #12", ErrPKCS12)
	}
	return plain, scheme, nil
}

// done checks that there is what a file must hold.
func (r *pkcs12Reader) done() (*PKCS12, error) {
	if r.keys == 0 {
		return nil, fmt.Errorf("%w: no private key", ErrPKCS12)
	}
	if len(r.out.Certificates) == 0 {
		return nil, fmt.Errorf("%w: no certificate", ErrPKCS12)
	}
	for i, c := range r.out.Certificates {
		public, err := x509.ParsePKIXPublicKey(certificateSPKI(c.DER))
		if err == nil && samePublic(r.out.Key.Key.Public(), public) {
			r.out.Leaf = i
			break
		}
	}
	return r.out, nil
}
