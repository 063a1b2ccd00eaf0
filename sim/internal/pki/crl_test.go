package pki_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/pki"
)

// crlSpec is what a CRL is made of.
type crlSpec struct {
	serials    []int64
	number     int64
	base       int64 // of a delta CRL
	from, next time.Time
	algorithm  x509.SignatureAlgorithm
	point      []byte // issuing distribution point
	extra      []pkix.Extension
	entry      []pkix.Extension
	reason     int
}

func crlOf(t testing.TB, issuer *entity, s crlSpec) []byte {
	t.Helper()
	list := x509.RevocationList{
		Number: big.NewInt(max(s.number, 1)), ThisUpdate: day().Add(-time.Hour), NextUpdate: day().Add(time.Hour),
		SignatureAlgorithm: s.algorithm, ExtraExtensions: s.extra,
	}
	if !s.from.IsZero() {
		list.ThisUpdate = s.from
	}
	if !s.next.IsZero() {
		list.NextUpdate = s.next
	}
	for _, n := range s.serials {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber: big.NewInt(n), RevocationTime: day().Add(-2 * time.Hour), ReasonCode: s.reason, ExtraExtensions: s.entry,
		})
	}
	if s.base > 0 {
		list.ExtraExtensions = append(list.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: must[[]byte](t)(asn1.Marshal(s.base))})
	}
	if s.point != nil {
		list.ExtraExtensions = append(list.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: s.point})
	}
	signer := *issuer.Certificate
	signer.KeyUsage = x509.KeyUsageCRLSign // whether the issuer may is for the reader to check
	if signer.SubjectKeyId == nil {
		signer.SubjectKeyId = []byte{1}
	}
	return must[[]byte](t)(x509.CreateRevocationList(rand.Reader, &list, &signer, issuer.key))
}

func crl(t testing.TB, issuer *entity, s crlSpec) *pki.CRL {
	t.Helper()
	return must[*pki.CRL](t)(pki.ParseCRL(crlOf(t, issuer, s), pki.CRLLimits{}))
}

// TestCRLsRevokeWhatTheySpeakOf: RFC 5280 6.3.3.
func TestCRLsRevokeWhatTheySpeakOf(t *testing.T) {
	t.Parallel()
	point := pki.Extension{OID: "2.5.29.31", Value: sequence(sequence(tlv(0xa0, tlv(0xa0, tlv(0x86, []byte("http://a/crl"))))))}
	root, middle, leaf := three(t, spec{key: keys.rsa}, spec{serial: 50}, spec{leaf: true, serial: 7})
	_, pointed := middle, issue(t, spec{cn: "pointed", issuer: middle, leaf: true, serial: 7, extensions: []pki.Extension{point}})
	stranger := issue(t, spec{cn: "middle"})
	forbidden := issue(t, spec{cn: "forbidden", issuer: root, extensions: []pki.Extension{keyUsage(certSign)}})
	below := issue(t, spec{cn: "below", issuer: forbidden, leaf: true, serial: 7})
	named := func(uri string) []byte { return sequence(tlv(0xa0, tlv(0xa0, tlv(0x86, []byte(uri))))) }
	issuerPoint := sequence(tlv(0xa0, tlv(0xa0, tlv(0xa4, middle.RawSubject))))
	unknown := pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}
	harmless := unknown
	harmless.Critical = false
	one := []int64{7}
	for name, tt := range map[string]struct {
		issuer  *entity
		spec    crlSpec
		leaf    *entity
		revoked bool
	}{
		"revoked":                         {middle, crlSpec{serials: one}, leaf, true},
		"others revoked":                  {middle, crlSpec{serials: []int64{6, 8, 50}}, leaf, false},
		"none revoked":                    {middle, crlSpec{}, leaf, false},
		"on hold":                         {middle, crlSpec{serials: one, reason: 6}, leaf, true},
		"intermediate revoked":            {root, crlSpec{serials: []int64{50}}, leaf, true},
		"intermediate revoked, SHA-1":     {root, crlSpec{serials: []int64{50}, algorithm: x509.SHA1WithRSA}, leaf, true},
		"intermediate, other's CRL":       {middle, crlSpec{serials: []int64{50}}, leaf, false},
		"CRL of another with that name":   {stranger, crlSpec{serials: one}, leaf, false},
		"CRL of tomorrow":                 {middle, crlSpec{serials: one, from: day().Add(time.Second)}, leaf, false},
		"CRL of this second":              {middle, crlSpec{serials: one, from: day()}, leaf, true},
		"CRL past its next update":        {middle, crlSpec{serials: one, next: day().Add(-time.Second)}, leaf, true},
		"the same, nothing revoked":       {middle, crlSpec{next: day().Add(-time.Second)}, leaf, false},
		"issuer may not sign CRLs":        {forbidden, crlSpec{serials: one}, below, false},
		"unknown critical extension":      {middle, crlSpec{serials: one, extra: []pkix.Extension{unknown}}, leaf, false},
		"unknown extension":               {middle, crlSpec{serials: one, extra: []pkix.Extension{harmless}}, leaf, true},
		"unknown critical entry":          {middle, crlSpec{serials: one, entry: []pkix.Extension{unknown}}, leaf, false},
		"unknown entry extension":         {middle, crlSpec{serials: one, entry: []pkix.Extension{harmless}}, leaf, true},
		"for users only, user":            {middle, crlSpec{serials: one, point: sequence([]byte{0x81, 1, 255})}, leaf, true},
		"for authorities only, user":      {middle, crlSpec{serials: one, point: sequence([]byte{0x82, 1, 255})}, leaf, false},
		"for authorities only, authority": {root, crlSpec{serials: []int64{50}, point: sequence([]byte{0x82, 1, 255})}, leaf, true},
		"for some reasons":                {middle, crlSpec{serials: one, point: sequence([]byte{0x83, 2, 6, 0x40})}, leaf, true},
		"indirect":                        {middle, crlSpec{serials: one, point: sequence([]byte{0x84, 1, 255})}, leaf, false},
		"of attribute certificates":       {middle, crlSpec{serials: one, point: sequence([]byte{0x85, 1, 255})}, leaf, false},
		"of the certificate's point":      {middle, crlSpec{serials: one, point: named("http://a/crl")}, pointed, true},
		"of another point":                {middle, crlSpec{serials: one, point: named("http://b/crl")}, pointed, false},
		"of a point, certificate of none": {middle, crlSpec{serials: one, point: named("http://a/crl")}, leaf, false},
		"of the issuer's point":           {middle, crlSpec{serials: one, point: issuerPoint}, leaf, true},
		"of all points":                   {middle, crlSpec{serials: one}, pointed, true},
		"delta alone":                     {middle, crlSpec{serials: one, number: 3, base: 2}, leaf, false},
	} {
		p := pki.PathPolicy{Anchors: certs(root), Repository: certs(middle, forbidden), CRLs: []*pki.CRL{crl(t, tt.issuer, tt.spec)}, UseDeltaCRLs: true}
		if err := validate(p, tt.leaf); (err != nil) != tt.revoked || err != nil && !pki.IsPathReason(err, pki.PathRevoked) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDeltaCRLsContinueCompleteOnes(t *testing.T) {
	t.Parallel()
	root, middle, leaf := three(t, spec{}, spec{}, spec{leaf: true, serial: 7})
	complete := crl(t, middle, crlSpec{number: 5})
	held := crl(t, middle, crlSpec{number: 5, serials: []int64{7}, reason: 6})
	adds := crl(t, middle, crlSpec{number: 6, base: 5, serials: []int64{7}})
	removes := crl(t, middle, crlSpec{number: 7, base: 4, serials: []int64{7}, reason: 8})
	for name, tt := range map[string]struct {
		crls    []*pki.CRL
		revoked [2]bool // without and with deltas
	}{
		"added":                   {[]*pki.CRL{complete, adds}, [2]bool{false, true}},
		"added, other order":      {[]*pki.CRL{adds, complete}, [2]bool{false, true}},
		"removed":                 {[]*pki.CRL{held, removes}, [2]bool{true, false}},
		"the newest delta counts": {[]*pki.CRL{held, adds, removes}, [2]bool{true, false}},
		"base too new":            {[]*pki.CRL{complete, crl(t, middle, crlSpec{number: 9, base: 6, serials: []int64{7}})}, [2]bool{false, false}},
		"delta too old":           {[]*pki.CRL{complete, crl(t, middle, crlSpec{number: 5, base: 4, serials: []int64{7}})}, [2]bool{false, false}},
		"delta silent":            {[]*pki.CRL{held, crl(t, middle, crlSpec{number: 6, base: 5})}, [2]bool{true, true}},
	} {
		for i, use := range []bool{false, true} {
			p := pki.PathPolicy{Anchors: certs(root), CRLs: tt.crls, UseDeltaCRLs: use}
			if err := validate(p, leaf, middle); (err != nil) != tt.revoked[i] {
				t.Errorf("%s, deltas %v: %v", name, use, err)
			}
		}
	}
	if !adds.Delta() || complete.Delta() || adds.Len() != 1 || !adds.Revoked(serial(7)) || adds.Revoked(serial(8)) {
		t.Error("what a CRL says of itself")
	}
	if !adds.ThisUpdate().Equal(day().Add(-time.Hour)) || !adds.NextUpdate().Equal(day().Add(time.Hour)) {
		t.Errorf("%v to %v", adds.ThisUpdate(), adds.NextUpdate())
	}
}

// TestRevokedPathsAreLeftForOthers: 18.12's 4.2.5, one good path is enough.
func TestRevokedPathsAreLeftForOthers(t *testing.T) {
	t.Parallel()
	one, two := issue(t, spec{cn: "one"}), issue(t, spec{cn: "two"})
	middle1 := issue(t, spec{cn: "middle", issuer: one, serial: 1})
	middle2 := issue(t, spec{cn: "middle", issuer: two, serial: 1, key: middle1.key})
	leaf := issue(t, spec{cn: "leaf", issuer: middle1, leaf: true})
	p := pki.PathPolicy{Anchors: certs(one, two), CRLs: []*pki.CRL{crl(t, one, crlSpec{serials: []int64{1}})}}
	if err := validate(p, leaf, middle1, middle2); err != nil {
		t.Error(err)
	}
	p.CRLs = append(p.CRLs, crl(t, two, crlSpec{serials: []int64{1}}))
	if err := validate(p, leaf, middle1, middle2); !pki.IsPathReason(err, pki.PathRevoked) {
		t.Error(err)
	}
}

// TestCRLsOfOpenSSLAreRead has OpenSSL's CA revoke a certificate.
func TestCRLsOfOpenSSLAreRead(t *testing.T) {
	t.Parallel()
	for _, digest := range []string{"sha1", "sha256"} {
		dir := t.TempDir()
		root := issue(t, spec{cn: "root", key: keys.rsa})
		good := issue(t, spec{cn: "good", issuer: root, leaf: true, serial: 10})
		gone := issue(t, spec{cn: "gone", issuer: root, leaf: true, serial: 11})
		write(t, dir, "root.pem", pemOf("CERTIFICATE", root.Raw))
		write(t, dir, "root.key", pemOf("PRIVATE KEY", pkcs8(t, keys.rsa)))
		write(t, dir, "gone.pem", pemOf("CERTIFICATE", gone.Raw))
		write(t, dir, "index.txt", nil)
		write(t, dir, "crlnumber", []byte("01\n"))
		write(t, dir, "ca.cnf", []byte("[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=crlnumber\n"))
		args := []string{"ca", "-config", "ca.cnf", "-cert", "root.pem", "-keyfile", "root.key", "-md", digest}
		tool(t, dir, "openssl", append(args, "-revoke", "gone.pem")...)
		tool(t, dir, "openssl", append(args, "-gencrl", "-crl_lastupdate", "20260601000000Z", "-crl_nextupdate", "20270601000000Z", "-out", "crl.pem")...)
		tool(t, dir, "openssl", "crl", "-in", "crl.pem", "-outform", "DER", "-out", "crl.der")
		c := must[*pki.CRL](t)(pki.ParseCRL(read(t, dir, "crl.der"), pki.CRLLimits{}))
		p := pki.PathPolicy{Anchors: certs(root), CRLs: []*pki.CRL{c}}
		if err := validate(p, good); err != nil {
			t.Errorf("%s: %v", digest, err)
		}
		if err := validate(p, gone); !pki.IsPathReason(err, pki.PathRevoked) {
			t.Errorf("%s: %v", digest, err)
		}
		if err := c.CheckSignature(good.PublicKey); err == nil {
			t.Errorf("%s: signature of another", digest)
		}
	}
}

func TestWhatIsNoCRLIsSaidToBeBad(t *testing.T) {
	t.Parallel()
	root := issue(t, spec{cn: "root"})
	good := crlOf(t, root, crlSpec{serials: []int64{1, 2}})
	for name, der := range map[string][]byte{
		"nothing": {}, "text": []byte("-----BEGIN X509 CRL-----"), "a certificate": root.Raw, "truncated": good[:len(good)-1], "more": append(good[:len(good):len(good)], 0),
		"point malformed": crlOf(t, root, crlSpec{point: []byte{5, 0}}),
	} {
		if _, err := pki.ParseCRL(der, pki.CRLLimits{}); !errors.Is(err, pki.ErrCRL) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for limit, tt := range map[string]struct{ at, above pki.CRLLimits }{
		"Bytes":   {pki.CRLLimits{Bytes: len(good)}, pki.CRLLimits{Bytes: len(good) - 1}},
		"Entries": {pki.CRLLimits{Entries: 2}, pki.CRLLimits{Entries: 1}},
	} {
		if _, err := pki.ParseCRL(good, tt.at); err != nil {
			t.Errorf("at %s: %v", limit, err)
		}
		var e *pki.LimitError
		if _, err := pki.ParseCRL(good, tt.above); !errors.As(err, &e) || e.Limit != limit {
			t.Errorf("above %s: %v", limit, err)
		}
	}
}

func FuzzCRL(f *testing.F) {
	root := issue(f, spec{cn: "root"})
	leaf := issue(f, spec{cn: "leaf", issuer: root, leaf: true, serial: 7})
	f.Add(crlOf(f, root, crlSpec{serials: []int64{7}}))
	f.Add(crlOf(f, root, crlSpec{serials: []int64{7}, base: 1, number: 2, point: sequence(tlv(0xa0, tlv(0xa0, tlv(0x86, []byte("x")))), []byte{0x81, 1, 255})}))
	f.Add(crlOf(f, root, crlSpec{point: sequence(tlv(0xa0, tlv(0xa1, nil)), []byte{0x84, 1, 255})}))
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := pki.ParseCRL(der, pki.CRLLimits{Bytes: 8192, Entries: 100})
		if err != nil {
			return
		}
		p := pki.PathPolicy{Anchors: certs(root), CRLs: []*pki.CRL{c}, UseDeltaCRLs: true}
		if err := validate(p, leaf); err != nil && c.CheckSignature(root.PublicKey) != nil {
			t.Fatal("a CRL without a good signature revokes")
		}
	})
}

// FuzzPath changes a certificate of a path.
func FuzzPath(f *testing.F) {
	root, middle, leaf := three(f, spec{}, spec{extensions: []pki.Extension{constrain([][]byte{dns("example.com")}, nil)}}, spec{leaf: true, extensions: []pki.Extension{san(dns("example.com"))}})
	f.Add(middle.Raw)
	f.Add(leaf.Raw)
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		v := pki.NewPathValidator(pki.PathPolicy{Anchors: []*x509.Certificate{root.Certificate}, Repository: []*x509.Certificate{c, middle.Certificate}})
		if path, err := v.Validate([]*x509.Certificate{c}, day()); err == nil && path[len(path)-1] != root.Certificate {
			t.Fatal("a path to nowhere")
		}
		if _, err := v.Validate([]*x509.Certificate{leaf.Certificate}, day()); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkParseCRL(b *testing.B) {
	root := issue(b, spec{cn: "root"})
	for _, n := range []int{10, 1000} {
		var serials []int64
		for i := range n {
			serials = append(serials, int64(i+1))
		}
		der := crlOf(b, root, crlSpec{serials: serials})
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := pki.ParseCRL(der, pki.CRLLimits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
