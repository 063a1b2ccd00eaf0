package pki

import (
	"crypto/hmac"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// MAC is the integrity protection of a PKCS #12 file, by the standards'
// names. The zero MAC is none.
type MAC struct {
	// HMAC is "hmacWithSHA256" and the like, as in the
	// PasswordBasedMACAlgorithms capability.
	HMAC string
	// PBMAC1 says that the key is derived as in RFC 9579, with PBKDF2 and PRF,
	// and not as in RFC 7292 appendix B.
	PBMAC1 bool
	PRF    string
}

// String joins the names.
func (m MAC) String() string {
	switch {
	case m == (MAC{}):
		return "none"
	case m.PBMAC1:
		return "PBMAC1 PBKDF2 " + m.PRF + " " + m.HMAC
	}
	return m.HMAC
}

const oidPBMAC1 = "1.2.840.113549.1.5.14"

// macData is MacData of RFC 7292 chapter 4.
type macData struct {
	kind   MAC
	hmac   hmacAlgorithm
	digest []byte
	salt   []byte
	rounds int64
	pbkdf2 *pbkdf2Parameters // PBMAC1
}

// readMAC reads MacData.
func readMAC(s cryptobyte.String) (*macData, error) {
	malformed := fmt.Errorf("%w: malformed MacData", ErrPKCS12)
	var info, digest, salt cryptobyte.String
	var a algorithm
	if !s.ReadASN1(&info, asn1.SEQUENCE) || !readAlgorithm(&info, &a) ||
		!info.ReadASN1(&digest, asn1.OCTET_STRING) || !info.Empty() || !s.ReadASN1(&salt, asn1.OCTET_STRING) {
		return nil, malformed
	}
	m := &macData{digest: digest, salt: salt, rounds: 1}
	if !s.Empty() && !s.ReadASN1Integer(&m.rounds) || !s.Empty() {
		return nil, malformed
	}
	if a.oid == oidPBMAC1 {
		return m, m.readPBMAC1(a)
	}
	if m.rounds < 1 {
		return nil, malformed
	}
	for _, h := range hmacs {
		if h.digest == a.oid && a.null() {
			m.hmac, m.kind = h, MAC{HMAC: h.name}
			return m, nil
		}
	}
	return nil, fmt.Errorf("%w: MAC %s", ErrScheme, a.oid)
}

// readPBMAC1 reads PBMAC1-params (RFC 8018 A.5) with the rules of RFC 9579
// chapter 4 to 6: the length of the key is given, and is at least 20 bytes. Salt
// and rounds outside of the parameters mean nothing.
func (m *macData) readPBMAC1(a algorithm) error {
	s, ok := readOnly(a.parameters, asn1.SEQUENCE)
	var kdf, scheme algorithm
	if !ok || !readAlgorithm(&s, &kdf) || !readAlgorithm(&s, &scheme) || !s.Empty() {
		return fmt.Errorf("%w: malformed PBMAC1", ErrPKCS12)
	}
	if m.hmac, ok = hmacNamed(scheme.oid); !ok || kdf.oid != oidPBKDF2 {
		return fmt.Errorf("%w: PBMAC1 of %s and %s", ErrScheme, kdf.oid, scheme.oid)
	}
	k, err := readPBKDF2(kdf.parameters)
	if err != nil {
		return named(err, "PBMAC1", ErrPKCS12)
	}
	if k.key < 20 || k.key > 64 {
		return fmt.Errorf("%w: PBMAC1 with a key of %d bytes", ErrPKCS12, k.key)
	}
	m.pbkdf2, m.salt, m.rounds = &k, k.salt, k.rounds
	m.kind = MAC{HMAC: m.hmac.name, PBMAC1: true, PRF: k.prf.name}
	return nil
}

// sums returns the MAC of content for each way to write the passphrase.
func (m *macData) sums(content []byte, passphrase string) ([][]byte, error) {
	var keys [][]byte
	if m.pbkdf2 != nil {
		key, err := pbkdf2Key(m.pbkdf2.prf.new, []byte(passphrase), m.salt, m.rounds, int(m.pbkdf2.key))
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	} else {
		for _, password := range bmpPasswords(passphrase) {
			keys = append(keys, pkcs12KDF(m.hmac.new, password, m.salt, purposeMAC, m.rounds, m.hmac.new().Size()))
		}
	}
	var out [][]byte
	for _, key := range keys {
		mac := hmac.New(m.hmac.new, key)
		mac.Write(content)
		out = append(out, mac.Sum(nil))
	}
	return out, nil
}

// verify checks the integrity of content (RFC 7292 5.1, RFC 9579).
func (b *budget) verify(m *macData, content []byte, passphrase string) error {
	if b.AllowMAC != nil && !b.AllowMAC(m.kind) {
		return fmt.Errorf("%w: MAC %v is not allowed", ErrScheme, m.kind)
	}
	if err := checkPassphrase(passphrase); err != nil {
		return err
	}
	if err := b.spend(m.rounds, len(m.salt)); err != nil {
		return err
	}
	sums, err := m.sums(content, passphrase)
	if err != nil {
		return err
	}
	for _, sum := range sums {
		if hmac.Equal(sum, m.digest) {
			return nil
		}
	}
	return ErrMAC
}
