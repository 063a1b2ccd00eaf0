package security_test

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"slices"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/pki"
)

// structure is something DER that an operation takes in.
type structure struct {
	der     []byte
	request func(content string) string
	bad     string // last name of the fault for what is no such structure
	sealed  bool   // no bit of it can change unnoticed
}

func structures(t testing.TB, m *material) map[string]structure {
	t.Helper()
	plain := func(text string) string { return pkcs8(text, "") }
	hidden := func(text string) string { return pkcs8(text, byValue("secret")) }
	file := func(text string) string { return pkcs12(text, "") }
	protected := func(text string) string { return pkcs12(text, element("Passphrase", "secret")) }
	certificate := m.certificate(m.ca, "new")
	return map[string]structure{
		"certificate":         {decode(t, certificate), func(text string) string { return upload(text, "") }, "BadCertificate", false},
		"revocation list":     {m.list, func(text string) string { return revocations(decode(t, text)) }, "BadCRL", false},
		"PKCS #8":             {m.key8("new"), plain, "BadPKCS8File", false},
		"encrypted PKCS #8":   {decode(t, m.hidden("new")), hidden, "BadPKCS8File", false},
		"PKCS #12":            {decode(t, m.file("new", certificate)), file, "BadPKCS12File", false},
		"protected PKCS #12":  {decode(t, m.protected("new", certificate)), protected, "BadPKCS12File", true},
		"PKCS #12, two chain": {decode(t, m.file("new", certificate, encode(m.ca.Certificate.Raw))), file, "BadPKCS12File", false},
	}
}

// upload is what an upload of the structure comes to; a fault must leave the
// state as it was, and what is served is undone.
func (b *bench) upload(t testing.TB, body string) string {
	t.Helper()
	before := b.State.View()
	a := b.ask(t, body, "admin", false)
	if a.Fault == "" {
		b.back(t, before)
	} else if b.State.View() != before {
		t.Errorf("%s, and the state changed", a.Fault)
	}
	return a.Fault
}

// TestDamagedStructuresAreRefused cuts structures, lets them be followed by
// more, and flips bits in them. What is cut or too long is never served; of
// what is flipped, faults that the operation does not document fail the test
// by themselves (see cameratest.New).
func TestDamagedStructuresAreRefused(t *testing.T) {
	t.Parallel()
	f, check := newFixture(t), schematest.Collect(t)
	for name, s := range structures(t, f.material) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, f, check)
			was := sections(t, b.Camera)
			if got := b.upload(t, s.request(encode(s.der))); got != "" {
				t.Fatalf("as it is: %s", got)
			}
			for n := 0; n < len(s.der); n += 7 {
				if got := b.upload(t, s.request(encode(s.der[:n]))); got != arg+"/ter:"+s.bad {
					t.Errorf("cut to %d bytes: %q", n, got)
				}
			}
			if got := b.upload(t, s.request(encode(append(bytes.Clone(s.der), 0)))); got != arg+"/ter:"+s.bad {
				t.Errorf("with one byte more: %q", got)
			}
			for i := range s.der {
				flipped := bytes.Clone(s.der)
				flipped[i] ^= 1 << (i % 8)
				if got := b.upload(t, s.request(encode(flipped))); got == "" && s.sealed {
					t.Errorf("bit %d of byte %d flipped: served", i%8, i)
				}
			}
			if now := sections(t, b.Camera); !bytes.Equal(now, was) {
				t.Errorf("the state is another:\n%s\nwas\n%s", now, was)
			}
		})
	}
}

// TestStructuresBeyondTheLimitsAreRefused: without being worked on for long.
func TestStructuresBeyondTheLimitsAreRefused(t *testing.T) {
	t.Parallel()
	f, check := newFixture(t), schematest.Collect(t)
	m, b := f.material, newBench(t, f, check)
	certificate, root := m.certificate(m.ca, "new"), encode(m.ca.Certificate.Raw)
	unknown := bytes.Replace(decode(t, certificate), []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1}, []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 0x7f}, 1)
	two := pki.PKCS12Contents{Keys: [][]byte{m.key8("new"), m.key8("newer")}, Certificates: []pki.PKCS12Certificate{{DER: decode(t, certificate)}}}
	none := pki.PKCS12Contents{Certificates: two.Certificates}
	bare := pki.PKCS12Contents{Keys: two.Keys[:1]}
	limits := keystore.Limits{}.WithDefaults()
	big := func(n int) string { return encode(bytes.Repeat([]byte{0x30}, n)) }
	for what, c := range map[string]struct{ body, fault string }{
		"key of an unknown type":         {upload(encode(unknown), ""), "UnsupportedPublicKeyAlgorithm"},
		"large certificate":              {upload(big(limits.DER+1), ""), "BadCertificate"},
		"large list":                     {revocations(decode(t, big(limits.CRL+1))), "BadCRL"},
		"large PKCS #8":                  {pkcs8(big(pki.ContainerLimits{}.WithDefaults().Bytes+1), ""), "BadPKCS8File"},
		"large PKCS #12":                 {pkcs12(big(pki.ContainerLimits{}.WithDefaults().Bytes+1), ""), "BadPKCS12File"},
		"two keys":                       {pkcs12(encode(must(two.Write(m.random))), ""), "BadPKCS12File"},
		"no key":                         {pkcs12(encode(must(none.Write(m.random))), ""), "BadPKCS12File"},
		"no certificate":                 {pkcs12(encode(must(bare.Write(m.random))), ""), "BadPKCS12File"},
		"nothing":                        {pkcs12(encode(must(pki.PKCS12Contents{}.Write(m.random))), ""), "BadPKCS12File"},
		"1,000 certificates":             {pkcs12(m.file("new", append([]string{certificate}, slices.Repeat([]string{root}, 999)...)...), ""), "BadPKCS12File"},
		"path of 11":                     {pkcs12(m.file("new", append([]string{certificate}, slices.Repeat([]string{root}, limits.PathLength)...)...), ""), "BadPKCS12File"},
		"10⁹ rounds of the MAC":          {pkcs12(slowMAC(t, m.protected("new", certificate)), element("Passphrase", "secret")), "BadPKCS12File"},
		"10⁹ rounds of the encryption":   {pkcs8(slowKey(t, m.hidden("new")), byID("{secret}")), "BadPKCS8File"},
		"passphrase of 41 characters":    {passphrase(fmt.Sprintf("%041d", 0)), "BadPassphrase"},
		"passphrase with an umlaut":      {passphrase("schlüssel"), "BadPassphrase"},
		"passphrase in another alphabet": {passphrase("пароль"), "BadPassphrase"},
	} {
		a := b.unchanged(t, func() cameratest.Answer { return b.ask(t, f.fill(c.body), "admin", false) })
		if a.Fault != arg+"/ter:"+c.fault {
			t.Errorf("%s: %q, want %s\n%.500s", what, a.Fault, c.fault, a.Body)
		}
	}
	for _, n := range []int{1, 39, 40} {
		if got := b.upload(t, passphrase(fmt.Sprintf("%0*d", n, 0))); got != "" {
			t.Errorf("passphrase of %d characters: %s", n, got)
		}
	}
}

const billion = 1_000_000_000

// slowMAC makes the MAC of a PKCS #12 file one of 10⁹ rounds.
func slowMAC(t testing.TB, text string) string {
	t.Helper()
	var pfx struct {
		Version  int
		AuthSafe asn1.RawValue
		MAC      struct {
			Digest     asn1.RawValue
			Salt       []byte
			Iterations int
		}
	}
	if _, err := asn1.Unmarshal(decode(t, text), &pfx); err != nil {
		t.Fatal(err)
	}
	pfx.MAC.Iterations = billion
	return encode(must(asn1.Marshal(pfx)))
}

// slowKey makes the key derivation of an encrypted PKCS #8 structure one of 10⁹
// rounds.
func slowKey(t testing.TB, text string) string {
	t.Helper()
	type derivation struct {
		Salt       []byte
		Iterations int
		PRF        asn1.RawValue
	}
	var info struct {
		Algorithm struct {
			OID        asn1.ObjectIdentifier
			Parameters struct {
				KDF struct {
					OID        asn1.ObjectIdentifier
					Parameters derivation
				}
				Cipher asn1.RawValue
			}
		}
		Data []byte
	}
	if _, err := asn1.Unmarshal(decode(t, text), &info); err != nil {
		t.Fatal(err)
	}
	info.Algorithm.Parameters.KDF.Parameters.Iterations = billion
	return encode(must(asn1.Marshal(info)))
}
