package pki_test

import (
	"crypto/rand"
	"errors"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/pki"
)

// der is an element written as text: an object identifier in dots.
func oidDER(t testing.TB, dotted string) []byte {
	t.Helper()
	s, err := pki.Name{{{Type: dotted, Value: "x"}}}.DER()
	if err != nil {
		t.Fatal(err)
	}
	return s[6 : len(s)-3] // SEQUENCE, SET, SEQUENCE … UTF8String of one letter
}

func number(n byte) []byte { return []byte{2, 1, n} }

func octets(n int) []byte { return tlv(4, make([]byte, n)) }

// TestMalformedPBES2IsBadAndUnknownPBES2Unsupported builds parameters that our
// own writer would not.
func TestMalformedPBES2IsBadAndUnknownPBES2Unsupported(t *testing.T) {
	t.Parallel()
	oid := func(s string) []byte { return oidDER(t, s) }
	cbc := sequence(oid("2.16.840.1.101.3.4.1.2"), octets(16))
	kdf := func(parts ...[]byte) []byte { return sequence(oid("1.2.840.113549.1.5.12"), sequence(parts...)) }
	scrypt := func(parts ...[]byte) []byte {
		return sequence(oid("1.3.6.1.4.1.11591.4.11"), sequence(append([][]byte{octets(8)}, parts...)...))
	}
	sha256 := sequence(oid("1.2.840.113549.2.9"), []byte{5, 0})
	for name, tt := range map[string]struct {
		parameters []byte
		want       error
	}{
		"good":                       {sequence(kdf(octets(8), number(1), sha256), cbc), pki.ErrDecrypt},
		"good, length of the key":    {sequence(kdf(octets(8), number(1), number(16), sha256), cbc), pki.ErrDecrypt},
		"good, no salt":              {sequence(kdf(octets(0), number(1)), cbc), pki.ErrDecrypt},
		"good scrypt":                {sequence(scrypt(number(2), number(1), number(1)), cbc), pki.ErrDecrypt},
		"good scrypt with length":    {sequence(scrypt(number(2), number(1), number(1), number(16)), cbc), pki.ErrDecrypt},
		"nothing":                    {nil, pki.ErrPKCS8},
		"null":                       {[]byte{5, 0}, pki.ErrPKCS8},
		"no cipher":                  {sequence(kdf(octets(8), number(1))), pki.ErrPKCS8},
		"more after the cipher":      {sequence(kdf(octets(8), number(1)), cbc, cbc), pki.ErrPKCS8},
		"short IV":                   {sequence(kdf(octets(8), number(1)), sequence(oid("2.16.840.1.101.3.4.1.2"), octets(8))), pki.ErrPKCS8},
		"no IV":                      {sequence(kdf(octets(8), number(1)), sequence(oid("2.16.840.1.101.3.4.1.2"))), pki.ErrPKCS8},
		"no rounds":                  {sequence(kdf(octets(8)), cbc), pki.ErrPKCS8},
		"no round at all":            {sequence(kdf(octets(8), number(0)), cbc), pki.ErrPKCS8},
		"key of the wrong length":    {sequence(kdf(octets(8), number(1), number(32)), cbc), pki.ErrPKCS8},
		"key of no length":           {sequence(kdf(octets(8), number(1), number(0)), cbc), pki.ErrPKCS8},
		"more after the PRF":         {sequence(kdf(octets(8), number(1), sha256, sha256), cbc), pki.ErrPKCS8},
		"PBKDF2 of nothing":          {sequence(sequence(oid("1.2.840.113549.1.5.12")), cbc), pki.ErrPKCS8},
		"salt from elsewhere":        {sequence(kdf(sequence(oid("1.2.3")), number(1)), cbc), pki.ErrScheme},
		"unknown PRF":                {sequence(kdf(octets(8), number(1), sequence(oid("1.2.3"))), cbc), pki.ErrScheme},
		"unknown cipher":             {sequence(kdf(octets(8), number(1)), sequence(oid("1.2.3"), octets(16))), pki.ErrScheme},
		"unknown key derivation":     {sequence(sequence(oid("1.2.3")), cbc), pki.ErrScheme},
		"scrypt, N no power of two":  {sequence(scrypt(number(3), number(1), number(1)), cbc), pki.ErrPKCS8},
		"scrypt, N of one":           {sequence(scrypt(number(1), number(1), number(1)), cbc), pki.ErrPKCS8},
		"scrypt, r of zero":          {sequence(scrypt(number(2), number(0), number(1)), cbc), pki.ErrPKCS8},
		"scrypt, p missing":          {sequence(scrypt(number(2), number(1)), cbc), pki.ErrPKCS8},
		"scrypt, wrong length":       {sequence(scrypt(number(2), number(1), number(1), number(15)), cbc), pki.ErrPKCS8},
		"scrypt, more than there is": {sequence(scrypt([]byte{2, 8, 0x40, 0, 0, 0, 0, 0, 0, 0}, []byte{2, 8, 0x40, 0, 0, 0, 0, 0, 0, 0}, number(1)), cbc), nil},
	} {
		der := sequence(sequence(oid("1.2.840.113549.1.5.13"), tt.parameters), octets(32))
		_, err := pki.DecryptPKCS8(der, "x", pki.ContainerOptions{})
		var limit *pki.LimitError
		if tt.want == nil && (!errors.As(err, &limit) || limit.Limit != "Scrypt") || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

// TestPKCS12OfOtherKindsIsUnsupportedOrBad: MACs and contents that our own
// writer would not write.
func TestPKCS12OfOtherKindsIsUnsupportedOrBad(t *testing.T) {
	t.Parallel()
	oid := func(s string) []byte { return oidDER(t, s) }
	data := oid("1.2.840.113549.1.7.1")
	content := func(kind, body []byte) []byte { return sequence(kind, tlv(0xa0, body)) }
	file := func(mac []byte, infos ...[]byte) []byte {
		return sequence(number(3), content(data, tlv(4, sequence(infos...))), mac)
	}
	mac := func(algorithm []byte) []byte {
		return sequence(sequence(algorithm, octets(32)), octets(8), number(1))
	}
	hmac := sequence(oid("1.2.840.113549.2.9"))
	pbmac1 := func(key ...[]byte) []byte {
		kdf := append([][]byte{octets(8), number(1)}, key...)
		return sequence(oid("1.2.840.113549.1.5.14"), sequence(sequence(oid("1.2.840.113549.1.5.12"), sequence(kdf...)), hmac))
	}
	for name, tt := range map[string]struct {
		der  []byte
		want error
	}{
		"unknown digest":               {file(mac(sequence(oid("1.2.3")))), pki.ErrScheme},
		"MD5":                          {file(mac(sequence(oid("1.2.840.113549.2.5"), []byte{5, 0}))), pki.ErrScheme},
		"digest with parameters":       {file(mac(sequence(oid("2.16.840.1.101.3.4.2.1"), number(1)))), pki.ErrScheme},
		"MAC of no rounds":             {file(sequence(sequence(sequence(oid("2.16.840.1.101.3.4.2.1")), octets(32)), octets(8), number(0))), pki.ErrPKCS12},
		"MAC without salt":             {file(sequence(sequence(sequence(oid("2.16.840.1.101.3.4.2.1")), octets(32)))), pki.ErrPKCS12},
		"PBMAC1":                       {file(mac(pbmac1(number(32)))), pki.ErrMAC},
		"PBMAC1, key of 20 bytes":      {file(mac(pbmac1(number(20)))), pki.ErrMAC},
		"PBMAC1, key of 19 bytes":      {file(mac(pbmac1(number(19)))), pki.ErrPKCS12},
		"PBMAC1, key of 65 bytes":      {file(mac(pbmac1(number(65)))), pki.ErrPKCS12},
		"PBMAC1, no length of the key": {file(mac(pbmac1())), pki.ErrPKCS12},
		"PBMAC1, nothing":              {file(mac(sequence(oid("1.2.840.113549.1.5.14")))), pki.ErrPKCS12},
		"PBMAC1 of scrypt":             {file(mac(sequence(oid("1.2.840.113549.1.5.14"), sequence(sequence(oid("1.3.6.1.4.1.11591.4.11")), hmac)))), pki.ErrScheme},
	} {
		if _, err := pki.ReadPKCS12(tt.der, pki.OnePassphrase("x"), pki.ContainerOptions{}); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	encrypted := content(oid("1.2.840.113549.1.7.6"), sequence(number(0)))
	for name, tt := range map[string]struct {
		der  []byte
		want error
	}{
		"enveloped data":           {file(nil, content(oid("1.2.840.113549.1.7.3"), sequence())), pki.ErrScheme},
		"encrypted data, cut":      {file(nil, encrypted), pki.ErrPKCS12},
		"data that is no octets":   {file(nil, content(data, sequence())), pki.ErrPKCS12},
		"contents that are no DER": {file(nil, content(data, octets(3))), pki.ErrPKCS12},
		"a bag that is no bag":     {file(nil, content(data, tlv(4, sequence(sequence(number(1)))))), pki.ErrPKCS12},
		"a name that is no BMP": {file(nil, content(data, tlv(4, sequence(sequence(oid("1.2.840.113549.1.12.10.1.1"), tlv(0xa0, sequence()),
			tlv(0x31, sequence(oid("1.2.840.113549.1.9.20"), tlv(0x31, tlv(30, []byte{0}))))))))), pki.ErrPKCS12},
		"a certificate bag of nothing": {file(nil, content(data, tlv(4, sequence(sequence(oid("1.2.840.113549.1.12.10.1.3"), tlv(0xa0, sequence())))))), pki.ErrPKCS12},
	} {
		if _, err := pki.ReadPKCS12(tt.der, pki.Passphrases{}, pki.ContainerOptions{}); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestDryRandomSourcesAreNoticedByEveryWriter(t *testing.T) {
	t.Parallel()
	c := contents(t, keys.p256)
	c.KeyEncryption = &pki.Encryption{Scheme: pki.AES256(), Passphrase: "x"}
	c.MAC = pki.MAC{HMAC: "hmacWithSHA256"}
	for n := range 48 { // salt and IV of the key, salt of the MAC
		if der, err := c.Write(&limited{n}); err == nil {
			t.Errorf("%d random bytes were enough for %d", n, len(der))
		}
	}
	if _, err := c.Write(&limited{48}); err != nil {
		t.Error(err)
	}
	c.MAC = pki.MAC{HMAC: "none"}
	if _, err := c.Write(rand.Reader); !errors.Is(err, pki.ErrScheme) {
		t.Errorf("unknown MAC: %v", err)
	}
}

// limited is a random source of so many bytes.
type limited struct{ n int }

func (l *limited) Read(b []byte) (int, error) {
	if len(b) > l.n {
		return 0, errors.New("dry")
	}
	l.n -= len(b)
	return len(b), nil
}
