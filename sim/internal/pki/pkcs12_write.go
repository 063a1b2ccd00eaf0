package pki

import (
	"fmt"
	"io"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// PKCS12Contents is a PKCS #12 file to be written, for fixtures and tests: it
// may hold any number of keys and certificates.
type PKCS12Contents struct {
	// Keys are OneAsymmetricKeys; KeyEncryption makes them shrouded bags.
	Keys          [][]byte
	KeyName       string
	KeyID         []byte
	KeyEncryption *Encryption
	// Certificates are X.509 certificates, in the order of the file.
	Certificates          []PKCS12Certificate
	CertificateEncryption *Encryption
	// MAC is the integrity protection, none if zero, with its passphrase and
	// rounds (2,048 if zero).
	MAC           MAC
	MACPassphrase string
	MACIterations int
}

// Write writes the PFX (RFC 7292): first the certificates, then the keys. The
// random source gives salts and IVs.
func (c PKCS12Contents) Write(random io.Reader) ([]byte, error) {
	certificates, err := c.certificateBags()
	if err != nil {
		return nil, err
	}
	keys, err := c.keyBags(random)
	if err != nil {
		return nil, err
	}
	var safe cryptobyte.Builder
	safe.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if len(c.Certificates) > 0 {
			addContents(b, certificates, c.CertificateEncryption, random)
		}
		if len(c.Keys) > 0 {
			addContents(b, keys, nil, random)
		}
	})
	content, err := safe.Bytes()
	if err != nil {
		return nil, fmt.Errorf("PKCS #12: %w", err)
	}
	mac, err := c.macData(content, random)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(3)
		addData(b, content)
		b.AddBytes(mac)
	})
	return b.Bytes()
}

// addData writes a ContentInfo of type data.
func addData(b *cryptobyte.Builder, content []byte) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, oidData)
		b.AddASN1(constructed0, func(b *cryptobyte.Builder) { b.AddASN1OctetString(content) })
	})
}

// addContents writes a SafeContents as a ContentInfo, encrypted or not.
func addContents(b *cryptobyte.Builder, safe []byte, e *Encryption, random io.Reader) {
	if e == nil {
		addData(b, safe)
		return
	}
	identifier, data, err := e.encrypt(safe, random)
	if err != nil {
		b.SetError(err)
		return
	}
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, oidEncryptedData)
		b.AddASN1(constructed0, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(0)
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					addOID(b, oidData)
					b.AddBytes(identifier)
					b.AddASN1(tag0, func(b *cryptobyte.Builder) { b.AddBytes(data) })
				})
			})
		})
	})
}

func (c PKCS12Contents) certificateBags() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, cert := range c.Certificates {
			addBag(b, oidCertBag, cert.Name, cert.ID, func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					addOID(b, oidX509Certificate)
					b.AddASN1(constructed0, func(b *cryptobyte.Builder) { b.AddASN1OctetString(cert.DER) })
				})
			})
		}
	})
	return b.Bytes()
}

func (c PKCS12Contents) keyBags(random io.Reader) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, key := range c.Keys {
			kind := oidKeyBag
			if c.KeyEncryption != nil {
				var err error
				if key, err = EncryptPKCS8(key, *c.KeyEncryption, random); err != nil {
					b.SetError(err)
					return
				}
				kind = oidShroudedKeyBag
			}
			addBag(b, kind, c.KeyName, c.KeyID, func(b *cryptobyte.Builder) { b.AddBytes(key) })
		}
	})
	return b.Bytes()
}

// addBag writes a SafeBag with its attributes.
func addBag(b *cryptobyte.Builder, kind, name string, id []byte, value func(*cryptobyte.Builder)) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, kind)
		b.AddASN1(constructed0, value)
		if name == "" && id == nil {
			return
		}
		b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) {
			if name != "" {
				addBagAttribute(b, oidFriendlyName, bmpString, bmp(name))
			}
			if id != nil {
				addBagAttribute(b, oidLocalKeyID, asn1.OCTET_STRING, id)
			}
		})
	})
}

func addBagAttribute(b *cryptobyte.Builder, kind string, tag asn1.Tag, body []byte) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, kind)
		b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) {
			b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes(body) })
		})
	})
}

func bmp(text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = append(out, byte(unit>>8), byte(unit))
	}
	return out
}

// macData writes MacData for the content; nothing if there is no MAC.
func (c PKCS12Contents) macData(content []byte, random io.Reader) ([]byte, error) {
	if c.MAC == (MAC{}) {
		return nil, nil
	}
	salt := make([]byte, 16)
	if _, err := io.ReadFull(random, salt); err != nil {
		return nil, fmt.Errorf("salt: %w", err)
	}
	rounds := c.MACIterations
	if rounds == 0 {
		rounds = 2048
	}
	h, ok := hmacNamed(c.MAC.HMAC)
	if !ok {
		return nil, fmt.Errorf("%w: %v", ErrScheme, c.MAC)
	}
	identifier := func(b *cryptobyte.Builder) { addAlgorithm(b, h.digest, addNull) }
	m := &macData{hmac: h, salt: salt, rounds: int64(rounds)}
	if c.MAC.PBMAC1 {
		prf, ok := hmacNamed(c.MAC.PRF)
		if !ok {
			return nil, fmt.Errorf("%w: %v", ErrScheme, c.MAC)
		}
		m.pbkdf2 = &pbkdf2Parameters{salt: salt, rounds: int64(rounds), key: int64(h.new().Size()), prf: prf}
		identifier = pbmac1Identifier(m.pbkdf2, h)
	}
	sums, err := m.sums(content, c.MACPassphrase)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			identifier(b)
			b.AddASN1OctetString(sums[0])
		})
		b.AddASN1OctetString(salt)
		if rounds != 1 {
			b.AddASN1Int64(int64(rounds))
		}
	})
	return b.Bytes()
}

func pbmac1Identifier(k *pbkdf2Parameters, h hmacAlgorithm) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		addAlgorithm(b, oidPBMAC1, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				pbkdf2Identifier(k.salt, int(k.rounds), int(k.key), k.prf.oid)(b)
				addAlgorithm(b, h.oid, addNull)
			})
		})
	}
}
