package pki_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/pki"
	"pgregory.net/rapid"
)

// entity is a certificate with its key.
type entity struct {
	*x509.Certificate
	key crypto.Signer
}

// spec is what an entity is made of; the zero value of most is usual.
type spec struct {
	cn         string
	issuer     *entity // nil: self-signed
	key        crypto.Signer
	algorithm  string
	from, to   time.Time
	version    int
	serial     int64
	leaf       bool // no basicConstraints
	extensions []pki.Extension
}

func ext(oid string, critical bool, value any) pki.Extension {
	return extWith(oid, critical, value, "")
}

func extWith(oid string, critical bool, value any, params string) pki.Extension {
	der, err := asn1.MarshalWithParams(value, params)
	if err != nil {
		panic(err)
	}
	return pki.Extension{OID: oid, Critical: critical, Value: der}
}

func keyUsage(bits byte) pki.Extension {
	return pki.Extension{OID: "2.5.29.15", Critical: true, Value: []byte{3, 2, 0, bits}}
}

const certSign, crlSign, digitalSignature = 4, 2, 0x80

func ca(pathLen int) pki.Extension {
	return ext("2.5.29.19", true, struct {
		CA   bool
		Path int `asn1:"optional,default:-1"`
	}{true, pathLen})
}

func eku(oids ...asn1.ObjectIdentifier) pki.Extension { return ext("2.5.29.37", false, oids) }

func clientAuth() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 2} }
func serverAuth() asn1.ObjectIdentifier { return asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 1} }

// san makes subjectAltName of elements (tag and text).
func san(names ...[]byte) pki.Extension {
	return pki.Extension{OID: "2.5.29.17", Value: sequence(names...)}
}

func dns(name string) []byte { return tlv(0x82, []byte(name)) }

// constrain makes nameConstraints of permitted and excluded bases.
func constrain(permitted, excluded [][]byte) pki.Extension {
	var body []byte
	for i, list := range [][][]byte{permitted, excluded} {
		var trees []byte
		for _, base := range list {
			trees = append(trees, sequence(base)...)
		}
		if trees != nil {
			body = append(body, tlv(0xa0+byte(i), trees)...)
		}
	}
	return pki.Extension{OID: "2.5.29.30", Critical: true, Value: sequence(body)}
}

func issue(t testing.TB, s spec) *entity {
	t.Helper()
	if s.key == nil {
		s.key = must[*ecdsa.PrivateKey](t)(pki.NewKey(rand.Reader))
	}
	c := pki.Certificate{
		Version: s.version, Subject: pki.Name{{{Type: "O", Value: "Test"}}, {{Type: "CN", Value: s.cn}}},
		NotBefore: day().AddDate(-1, 0, 0), NotAfter: day().AddDate(1, 0, 0), Extensions: s.extensions,
	}
	if !s.from.IsZero() {
		c.NotBefore = s.from
	}
	if !s.to.IsZero() {
		c.NotAfter = s.to
	}
	if s.serial > 0 {
		c.SerialNumber = serial(s.serial)
	}
	explicit := false
	for _, e := range s.extensions {
		explicit = explicit || e.OID == "2.5.29.19"
	}
	if !s.leaf && !explicit && s.version != 1 {
		c.Extensions = append([]pki.Extension{ca(-1)}, c.Extensions...)
	}
	signer := s.key
	if s.issuer != nil {
		signer = s.issuer.key
	}
	algorithm := "ecdsa-with-SHA256"
	if _, ok := signer.Public().(*ecdsa.PublicKey); !ok {
		algorithm = "sha256WithRSAEncryption"
	}
	if s.algorithm != "" {
		algorithm = s.algorithm
	}
	var der []byte
	var err error
	if s.issuer == nil {
		der, err = c.SelfSign(s.key, algorithmNamed(t, algorithm), rand.Reader)
	} else {
		der, err = c.SignedBy(s.issuer.Certificate, s.key.Public(), signer, algorithmNamed(t, algorithm), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &entity{parseCert(t, der), s.key}
}

func certs(list ...*entity) []*x509.Certificate {
	var out []*x509.Certificate
	for _, e := range list {
		out = append(out, e.Certificate)
	}
	return out
}

// three is a root, an intermediate and a leaf.
func three(t testing.TB, root, middle, leaf spec) (r, m, l *entity) {
	t.Helper()
	root.cn, middle.cn, leaf.cn = "root", "middle", "leaf"
	r = issue(t, root)
	middle.issuer = r
	m = issue(t, middle)
	leaf.issuer = m
	return r, m, issue(t, leaf)
}

func validate(p pki.PathPolicy, presented ...*entity) error {
	_, err := pki.NewPathValidator(p).Validate(certs(presented...), day())
	return err
}

// opensslSays has OpenSSL verify the leaf through the intermediate.
func opensslSays(t testing.TB, root, middle, leaf *entity, args ...string) bool {
	t.Helper()
	dir := t.TempDir()
	for name, e := range map[string]*entity{"root": root, "middle": middle, "leaf": leaf} {
		write(t, dir, name, pemOf("CERTIFICATE", e.Raw))
	}
	args = append([]string{"verify", "-auth_level", "0", "-attime", fmt.Sprint(day().Unix()), "-CAfile", "root", "-untrusted", "middle"}, args...)
	cmd := exec.Command("openssl", append(args, "leaf")...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v %s", err, out)
	}
	t.Logf("openssl: %s", strings.TrimSpace(string(out)))
	return err == nil
}

// TestPathsAreValidOrSayWhyNot is the table of RFC 5280 6.1; OpenSSL is asked
// the same, and answers the same except where said.
func TestPathsAreValidOrSayWhyNot(t *testing.T) {
	t.Parallel()
	before, after := day().Add(-time.Second), day().Add(time.Second)
	policy := func(oids ...string) pki.Extension {
		var body []byte
		for _, oid := range oids {
			body = append(body, sequence(must[[]byte](t)(asn1.Marshal(parseOID(oid))))...)
		}
		return pki.Extension{OID: "2.5.29.32", Value: sequence(body)}
	}
	require := pki.Extension{OID: "2.5.29.36", Critical: true, Value: sequence([]byte{0x80, 1, 0})}
	noMapping := pki.Extension{OID: "2.5.29.36", Critical: true, Value: sequence([]byte{0x80, 1, 0, 0x81, 1, 0})}
	mapping := func(from, to string) pki.Extension {
		pair := append(must[[]byte](t)(asn1.Marshal(parseOID(from))), must[[]byte](t)(asn1.Marshal(parseOID(to)))...)
		return pki.Extension{OID: "2.5.29.33", Critical: true, Value: sequence(sequence(pair))}
	}
	noAny := pki.Extension{OID: "2.5.29.54", Critical: true, Value: []byte{2, 1, 0}}
	directory := func(o string) []byte {
		return tlv(0xa4, must[[]byte](t)(pki.Name{{{Type: "O", Value: o}}}.DER()))
	}
	x := func(list ...pki.Extension) []pki.Extension { return list }
	const any = "2.5.29.32.0"
	for name, tt := range map[string]struct {
		root, middle, leaf spec
		want               pki.PathReason
		opensslDiffers     bool
	}{
		"usual":                       {},
		"RSA":                         {root: spec{key: keys.rsa}},
		"SHA-1 with RSA":              {root: spec{key: keys.rsa, algorithm: "sha1WithRSAEncryption"}, middle: spec{algorithm: "sha1WithRSAEncryption"}},
		"ECDSA with SHA-1":            {leaf: spec{algorithm: "ecdsa-with-SHA1"}},
		"leaf ends now":               {leaf: spec{to: day()}, opensslDiffers: true},
		"leaf begins now":             {leaf: spec{from: day()}},
		"leaf expired":                {leaf: spec{to: before}, want: pki.PathExpired},
		"leaf not yet valid":          {leaf: spec{from: after}, want: pki.PathNotYetValid},
		"intermediate expired":        {middle: spec{to: before}, want: pki.PathExpired},
		"root expired":                {root: spec{to: before}, want: pki.PathExpired},
		"root not yet valid":          {root: spec{from: after}, want: pki.PathNotYetValid},
		"intermediate of version 1":   {middle: spec{version: 1}, want: pki.PathNotCA},
		"root of version 1":           {root: spec{version: 1}, want: pki.PathNotCA, opensslDiffers: true},
		"intermediate is no CA":       {middle: spec{leaf: true}, want: pki.PathNotCA},
		"root is no CA":               {root: spec{leaf: true}, want: pki.PathNotCA, opensslDiffers: true}, // trusted all the same
		"intermediate must not sign":  {middle: spec{extensions: x(keyUsage(crlSign))}, want: pki.PathKeyUsage},
		"intermediate may sign":       {middle: spec{extensions: x(keyUsage(certSign))}},
		"root may not sign":           {root: spec{extensions: x(keyUsage(digitalSignature))}, want: pki.PathKeyUsage},
		"path length 0 at the root":   {root: spec{extensions: x(ca(0))}, want: pki.PathLength},
		"path length 1 at the root":   {root: spec{extensions: x(ca(1))}},
		"path length 0 below it":      {middle: spec{extensions: x(ca(0))}},
		"leaf is a CA":                {leaf: spec{extensions: x(ca(-1))}},
		"unknown critical extension":  {leaf: spec{extensions: x(pki.Extension{OID: "1.2.3", Critical: true, Value: []byte{5, 0}})}, want: pki.PathCritical},
		"unknown extension":           {leaf: spec{extensions: x(pki.Extension{OID: "1.2.3", Value: []byte{5, 0}})}},
		"critical above the leaf":     {middle: spec{extensions: x(pki.Extension{OID: "1.2.3", Critical: true, Value: []byte{5, 0}})}, want: pki.PathCritical},
		"host permitted":              {root: spec{extensions: x(constrain([][]byte{dns("example.com")}, nil))}, leaf: spec{extensions: x(san(dns("CAM.Example.com")))}},
		"host equals":                 {middle: spec{extensions: x(constrain([][]byte{dns("example.com")}, nil))}, leaf: spec{extensions: x(san(dns("example.com")))}},
		"host not permitted":          {root: spec{extensions: x(constrain([][]byte{dns("example.com")}, nil))}, leaf: spec{extensions: x(san(dns("badexample.com")))}, want: pki.PathNames},
		"host excluded":               {middle: spec{extensions: x(constrain(nil, [][]byte{dns("example.com")}))}, leaf: spec{extensions: x(san(dns("x.example.com")))}, want: pki.PathNames},
		"one of two hosts":            {root: spec{extensions: x(constrain([][]byte{dns("example.com")}, nil))}, leaf: spec{extensions: x(san(dns("a.example.com"), dns("b.example.net")))}, want: pki.PathNames},
		"permitted twice, apart":      {root: spec{extensions: x(constrain([][]byte{dns("example.com")}, nil))}, middle: spec{extensions: x(constrain([][]byte{dns("example.net")}, nil))}, leaf: spec{extensions: x(san(dns("a.example.com")))}, want: pki.PathNames},
		"constraint of the leaf":      {leaf: spec{extensions: x(san(dns("x")), constrain([][]byte{dns("example.com")}, nil))}},
		"directory permitted":         {root: spec{extensions: x(constrain([][]byte{directory("TEST")}, nil))}},
		"directory not permitted":     {root: spec{extensions: x(constrain([][]byte{directory("Other")}, nil))}, want: pki.PathNames},
		"directory excluded":          {middle: spec{extensions: x(constrain(nil, [][]byte{directory("Test")}))}, want: pki.PathNames},
		"mail permitted":              {root: spec{extensions: x(constrain([][]byte{tlv(0x81, []byte("example.com"))}, nil))}, leaf: spec{extensions: x(san(tlv(0x81, []byte("a@Example.com"))))}},
		"mail on another host":        {root: spec{extensions: x(constrain([][]byte{tlv(0x81, []byte("example.com"))}, nil))}, leaf: spec{extensions: x(san(tlv(0x81, []byte("a@x.example.com"))))}, want: pki.PathNames},
		"mail below a domain":         {root: spec{extensions: x(constrain([][]byte{tlv(0x81, []byte(".example.com"))}, nil))}, leaf: spec{extensions: x(san(tlv(0x81, []byte("a@x.example.com"))))}},
		"one mailbox":                 {root: spec{extensions: x(constrain([][]byte{tlv(0x81, []byte("b@example.com"))}, nil))}, leaf: spec{extensions: x(san(tlv(0x81, []byte("a@example.com"))))}, want: pki.PathNames},
		"URI permitted":               {root: spec{extensions: x(constrain([][]byte{tlv(0x86, []byte(".example.com"))}, nil))}, leaf: spec{extensions: x(san(tlv(0x86, []byte("https://cam.example.com:8443/x"))))}},
		"URI not permitted":           {root: spec{extensions: x(constrain([][]byte{tlv(0x86, []byte("example.com"))}, nil))}, leaf: spec{extensions: x(san(tlv(0x86, []byte("https://cam.example.com/"))))}, want: pki.PathNames},
		"URI without host":            {root: spec{extensions: x(constrain([][]byte{tlv(0x86, []byte("example.com"))}, nil))}, leaf: spec{extensions: x(san(tlv(0x86, []byte("urn:uuid:1"))))}, want: pki.PathNames},
		"address permitted":           {root: spec{extensions: x(constrain([][]byte{tlv(0x87, []byte{10, 0, 0, 0, 255, 0, 0, 0})}, nil))}, leaf: spec{extensions: x(san(tlv(0x87, []byte{10, 1, 2, 3})))}},
		"address excluded":            {root: spec{extensions: x(constrain(nil, [][]byte{tlv(0x87, []byte{10, 0, 0, 0, 255, 0, 0, 0})}))}, leaf: spec{extensions: x(san(tlv(0x87, []byte{10, 1, 2, 3})))}, want: pki.PathNames},
		"unknown kind constrained":    {root: spec{extensions: x(constrain([][]byte{tlv(0x88, []byte{0x2a, 3})}, nil))}, leaf: spec{extensions: x(san(tlv(0x88, []byte{0x2a, 3})))}, want: pki.PathNames},
		"unknown kind elsewhere":      {root: spec{extensions: x(constrain([][]byte{tlv(0x88, []byte{0x2a, 3})}, nil))}, leaf: spec{extensions: x(san(dns("x")))}},
		"no policy":                   {middle: spec{extensions: x(policy("1.2.3"))}},
		"policy required, there":      {middle: spec{extensions: x(require, policy("1.2.3"))}, leaf: spec{extensions: x(policy("1.2.3"))}},
		"policy required, missing":    {middle: spec{extensions: x(require, policy("1.2.3"))}, want: pki.PathPolicies},
		"policy required, another":    {middle: spec{extensions: x(require, policy("1.2.3"))}, leaf: spec{extensions: x(policy("1.2.4"))}, want: pki.PathPolicies},
		"policy required, any above":  {middle: spec{extensions: x(require, policy(any))}, leaf: spec{extensions: x(policy("1.2.4"))}},
		"policy required, any below":  {middle: spec{extensions: x(require, policy("1.2.3"))}, leaf: spec{extensions: x(policy(any))}},
		"policy mapped":               {middle: spec{extensions: x(require, policy("1.2.3"), mapping("1.2.3", "1.2.4"))}, leaf: spec{extensions: x(policy("1.2.4"))}},
		"policy mapped away":          {middle: spec{extensions: x(require, policy("1.2.3"), mapping("1.2.3", "1.2.4"))}, leaf: spec{extensions: x(policy("1.2.3"))}, want: pki.PathPolicies},
		"any mapped":                  {middle: spec{extensions: x(require, policy(any), mapping("1.2.3", "1.2.4"))}, leaf: spec{extensions: x(policy("1.2.4"))}},
		"mapping of any":              {middle: spec{extensions: x(policy(any), mapping(any, "1.2.4"))}, want: pki.PathPolicies},
		"mapping inhibited below":     {middle: spec{extensions: x(noMapping, policy("1.2.3"), mapping("1.2.3", "1.2.4"))}, leaf: spec{extensions: x(policy("1.2.4"))}},
		"any inhibited":               {middle: spec{extensions: x(require, noAny, policy("1.2.3"))}, leaf: spec{extensions: x(policy(any))}, want: pki.PathPolicies},
		"policy required by the leaf": {leaf: spec{extensions: x(require)}, want: pki.PathPolicies},
		"leaf for servers, not asked": {leaf: spec{extensions: x(eku(serverAuth()))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.leaf.leaf = true
			root, middle, leaf := three(t, tt.root, tt.middle, tt.leaf)
			err := validate(pki.PathPolicy{Anchors: certs(root), Repository: certs(middle)}, leaf)
			var e *pki.PathError
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (!errors.As(err, &e) || e.Reason != tt.want):
				t.Errorf("%v, want %q", err, tt.want)
			}
			if ok := opensslSays(t, root, middle, leaf, "-policy_check", "-policy", any); ok != (tt.want == "") && !tt.opensslDiffers {
				t.Errorf("OpenSSL says %v", ok)
			}
		})
	}
}

// TestNamesAreInsideOfSubtrees: RFC 5280 4.2.1.10, what the table above leaves.
func TestNamesAreInsideOfSubtrees(t *testing.T) {
	t.Parallel()
	mail := func(s string) []byte { return tlv(0x81, []byte(s)) }
	uri := func(s string) []byte { return tlv(0x86, []byte(s)) }
	ip := func(b ...byte) []byte { return tlv(0x87, b) }
	v6 := append([]byte{0x20, 1, 0xd, 0xb8}, make([]byte, 12)...)
	mask := append([]byte{255, 255, 255, 255}, make([]byte, 12)...)
	for name, tt := range map[string]struct {
		base, name          []byte
		permitted, excluded bool // whether the leaf is valid with that constraint
	}{
		"host below, with a dot":         {dns(".b"), dns("a.b"), true, false},
		"wildcard stands for a host":     {dns("a.b"), dns("*.b"), false, false},
		"wildcard below":                 {dns("b"), dns("*.b"), true, false},
		"wildcard elsewhere":             {dns("c"), dns("*.b"), false, true},
		"every host":                     {dns(""), dns("a.b"), true, false},
		"another kind":                   {dns("b"), mail("a@b"), true, true},
		"mailbox":                        {mail("a@B"), mail("a@b"), true, false},
		"mailbox, another case":          {mail("A@b"), mail("a@b"), false, true},
		"mail without host":              {mail("b"), mail("a"), false, false},
		"IPv6":                           {ip(append(v6[:16:16], mask...)...), ip(v6...), true, false},
		"IPv6 and IPv4":                  {ip(append(v6[:16:16], mask...)...), ip(1, 2, 3, 4), false, true},
		"URI with an address for a host": {uri("b"), uri("https://10.0.0.1/"), false, false},
		"URI of that host":               {uri("a.b"), uri("https://A.B/"), true, false},
	} {
		for _, exclude := range []bool{false, true} {
			e, want := constrain([][]byte{tt.base}, nil), tt.permitted
			if exclude {
				e, want = constrain(nil, [][]byte{tt.base}), tt.excluded
			}
			root, middle, leaf := three(t, spec{extensions: []pki.Extension{e}}, spec{}, spec{leaf: true, extensions: []pki.Extension{san(tt.name)}})
			if err := validate(pki.PathPolicy{Anchors: certs(root)}, leaf, middle); (err == nil) != want || err != nil && !pki.IsPathReason(err, pki.PathNames) {
				t.Errorf("%s, excluded %v: %v", name, exclude, err)
			}
		}
	}
}

func TestPathErrorsNameTheCertificate(t *testing.T) {
	t.Parallel()
	root, middle, leaf := three(t, spec{}, spec{to: day().Add(-time.Hour)}, spec{leaf: true})
	err := validate(pki.PathPolicy{Anchors: certs(root)}, leaf, middle)
	if err == nil || err.Error() != `certificate 1 of the path, "CN=middle,O=Test": expired` {
		t.Error(err)
	}
	_, _, other := three(t, spec{}, spec{}, spec{leaf: true})
	err = validate(pki.PathPolicy{Anchors: certs(root)}, other, middle)
	if !errors.Is(err, pki.ErrSignature) || err.Error() != `certificate 0 of the path, "CN=leaf,O=Test": wrong signature: ecdsa-with-SHA256: wrong signature` {
		t.Error(err)
	}
}

func parseOID(text string) (out asn1.ObjectIdentifier) {
	for part := range strings.SplitSeq(text, ".") {
		n := 0
		fmt.Sscan(part, &n)
		out = append(out, n)
	}
	return out
}

func TestClientAuthIsDemandedOfTheLeafOnly(t *testing.T) {
	t.Parallel()
	anyUsage := asn1.ObjectIdentifier{2, 5, 29, 37, 0}
	for name, tt := range map[string]struct {
		extensions []pki.Extension
		ok         bool
	}{
		"none":   {nil, false},
		"client": {[]pki.Extension{eku(clientAuth())}, true},
		"both":   {[]pki.Extension{eku(serverAuth(), clientAuth())}, true},
		"server": {[]pki.Extension{eku(serverAuth())}, false},
		"any":    {[]pki.Extension{eku(anyUsage)}, false},
	} {
		root, middle, leaf := three(t, spec{}, spec{extensions: []pki.Extension{eku(serverAuth())}}, spec{leaf: true, extensions: tt.extensions})
		p := pki.PathPolicy{Anchors: certs(root), RequireClientAuth: true}
		if err := validate(p, leaf, middle); (err == nil) != tt.ok || err != nil && !pki.IsPathReason(err, pki.PathExtKeyUsage) {
			t.Errorf("%s: %v", name, err)
		}
		p.RequireClientAuth = false
		if err := validate(p, leaf, middle); err != nil {
			t.Errorf("%s, not demanded: %v", name, err)
		}
	}
}

func TestPathsAreFoundThroughWhatIsThere(t *testing.T) {
	t.Parallel()
	root, middle, leaf := three(t, spec{}, spec{}, spec{leaf: true})
	otherRoot, otherMiddle, otherLeaf := three(t, spec{}, spec{}, spec{leaf: true})
	stranger := issue(t, spec{cn: "stranger"})
	alone := issue(t, spec{cn: "alone", leaf: true})
	oldRoot := issue(t, spec{cn: "root", key: root.key, to: day().Add(-time.Hour)})
	for name, tt := range map[string]struct {
		presented, anchors, repository []*entity
		want                           pki.PathReason
		length                         int
	}{
		"all presented":               {[]*entity{leaf, middle, root}, []*entity{root}, nil, "", 3},
		"in disorder":                 {[]*entity{leaf, root, middle}, []*entity{root}, nil, "", 3},
		"with strangers":              {[]*entity{leaf, stranger, middle, alone}, []*entity{stranger, root}, nil, "", 3},
		"from the repository":         {[]*entity{leaf}, []*entity{root}, []*entity{stranger, otherMiddle, middle}, "", 3},
		"intermediate is the anchor":  {[]*entity{leaf, middle, root}, []*entity{middle}, nil, "", 2},
		"leaf is the anchor":          {[]*entity{leaf}, []*entity{leaf}, nil, "", 1},
		"self-signed leaf":            {[]*entity{alone}, []*entity{alone}, nil, "", 1},
		"self-signed, not trusted":    {[]*entity{alone}, []*entity{root}, nil, pki.PathUnknownIssuer, 0},
		"no anchor":                   {[]*entity{leaf, middle, root}, nil, nil, pki.PathUnknownIssuer, 0},
		"intermediate missing":        {[]*entity{leaf}, []*entity{root}, nil, pki.PathUnknownIssuer, 0},
		"another with the same names": {[]*entity{otherLeaf}, []*entity{root}, []*entity{middle}, pki.PathSignature, 0},
		"both, the right one second":  {[]*entity{leaf}, []*entity{otherRoot, root}, []*entity{otherMiddle, middle}, "", 3},
		"old and new root":            {[]*entity{leaf, middle}, []*entity{oldRoot, root}, nil, "", 3},
		"leaf twice":                  {[]*entity{leaf, leaf, middle}, []*entity{root}, nil, "", 3},
		"nothing":                     {nil, []*entity{root}, nil, pki.PathEmpty, 0},
	} {
		v := pki.NewPathValidator(pki.PathPolicy{Anchors: certs(tt.anchors...), Repository: certs(tt.repository...)})
		path, err := v.Validate(certs(tt.presented...), day())
		if len(path) != tt.length || tt.want != "" && !pki.IsPathReason(err, tt.want) {
			t.Errorf("%s: %d certificates, %v", name, len(path), err)
		}
	}
	if pki.IsPathReason(nil, pki.PathEmpty) {
		t.Error("no error has a reason")
	}
}

// TestNamesChainWhateverTheirEncoding: RFC 5280 7.1.
func TestNamesChainWhateverTheirEncoding(t *testing.T) {
	t.Parallel()
	root := issue(t, spec{cn: "The  Root"})
	relabelled := *root.Certificate
	relabelled.RawSubject = must[[]byte](t)(pki.Name{{{Type: "O", Value: "#130454657374"}}, {{Type: "CN", Value: "the root"}}}.DER())
	leaf := issue(t, spec{cn: "leaf", issuer: &entity{&relabelled, root.key}, leaf: true})
	if err := validate(pki.PathPolicy{Anchors: certs(root)}, leaf); err != nil {
		t.Error(err)
	}
}

func TestPathLimits(t *testing.T) {
	t.Parallel()
	root := issue(t, spec{cn: "0"})
	list := []*entity{root}
	for i := 1; i < 10; i++ {
		list = append([]*entity{issue(t, spec{cn: fmt.Sprint(i), issuer: list[0]})}, list...)
	}
	p := pki.PathPolicy{Anchors: certs(root), Limits: pki.PathLimits{Certificates: 10, Signatures: 9}}
	if err := validate(p, list...); err != nil {
		t.Errorf("at the limits: %v", err)
	}
	for _, l := range []pki.PathLimits{{Certificates: 9}, {Signatures: 8}} {
		p.Limits = l
		if err := validate(p, list...); !pki.IsPathReason(err, pki.PathTooComplex) {
			t.Errorf("%+v: %v", l, err)
		}
	}
	var names [][]byte
	for i := range 20 {
		names = append(names, dns(fmt.Sprintf("h%d.example.com", i)))
	}
	root, middle, leaf := three(t, spec{extensions: []pki.Extension{constrain([][]byte{dns("example.com")}, nil)}}, spec{}, spec{leaf: true, extensions: []pki.Extension{san(names...)}})
	for limit, ok := range map[int]bool{20: true, 19: false} {
		p := pki.PathPolicy{Anchors: certs(root), Limits: pki.PathLimits{Names: limit}}
		if err := validate(p, leaf, middle); (err == nil) != ok || err != nil && !pki.IsPathReason(err, pki.PathNames) {
			t.Errorf("%d comparisons: %v", limit, err)
		}
	}
}

// TestManyEqualIssuersEndSomewhere: every certificate is issued under the name
// of every other, the work is bounded all the same.
func TestManyEqualIssuersEndSomewhere(t *testing.T) {
	t.Parallel()
	key := must[*ecdsa.PrivateKey](t)(pki.NewKey(rand.Reader))
	var list []*entity
	for range 30 {
		list = append(list, issue(t, spec{cn: "same", key: key}))
	}
	anchor := issue(t, spec{cn: "anchor"})
	if err := validate(pki.PathPolicy{Anchors: certs(anchor), Repository: certs(list...)}, list[0]); !pki.IsPathReason(err, pki.PathTooComplex) {
		t.Error(err)
	}
}

// TestPathsAreValidWhereGoSaysSo compares with crypto/x509 on random chains.
func TestPathsAreValidWhereGoSaysSo(t *testing.T) {
	t.Parallel()
	var pool []crypto.Signer
	for range 5 {
		pool = append(pool, must[*ecdsa.PrivateKey](t)(pki.NewKey(rand.Reader)))
	}
	rapid.Check(t, func(r *rapid.T) {
		depth := rapid.IntRange(2, 5).Draw(r, "depth")
		var list []*entity
		for i := range depth {
			s := spec{cn: fmt.Sprint(i), key: pool[i], leaf: true}
			if i > 0 {
				s.issuer = list[len(list)-1]
			}
			if rapid.IntRange(0, 9).Draw(r, "expired") == 0 {
				s.to = day().Add(-time.Hour)
			}
			if i < depth-1 && rapid.IntRange(0, 9).Draw(r, "no CA") > 0 {
				s.extensions = append(s.extensions, ca(rapid.IntRange(-1, 3).Draw(r, "path length")))
				if i > 0 && rapid.Bool().Draw(r, "constrained") {
					base := rapid.SampledFrom([]string{"a.b", "b", "c"}).Draw(r, "base")
					if rapid.Bool().Draw(r, "excluded") {
						s.extensions = append(s.extensions, constrain(nil, [][]byte{dns(base)}))
					} else {
						s.extensions = append(s.extensions, constrain([][]byte{dns(base)}, nil))
					}
				}
			}
			if usage := rapid.SampledFrom([]byte{0, 0, certSign, certSign | crlSign, digitalSignature}).Draw(r, "usage"); usage != 0 {
				s.extensions = append(s.extensions, keyUsage(usage))
			}
			if i == depth-1 {
				s.extensions = append(s.extensions, san(dns(rapid.SampledFrom([]string{"x.a.b", "a.b", "b", "x.c"}).Draw(r, "host"))))
			}
			list = append(list, issue(t, s))
		}
		leaf := list[depth-1]
		roots, middle := x509.NewCertPool(), x509.NewCertPool()
		roots.AddCert(list[0].Certificate)
		for _, e := range list[1 : depth-1] {
			middle.AddCert(e.Certificate)
		}
		_, want := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: middle, CurrentTime: day(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
		got := validate(pki.PathPolicy{Anchors: certs(list[0]), Repository: certs(list[1 : depth-1]...)}, leaf)
		if (want == nil) != (got == nil) {
			r.Fatalf("crypto/x509: %v; here: %v", want, got)
		}
	})
}

func BenchmarkValidatePath(b *testing.B) {
	for name, root := range map[string]spec{"P-256": {}, "RSA-2048": {key: keys.rsa}} {
		top, middle, leaf := three(b, root, spec{}, spec{leaf: true})
		crl := must[*pki.CRL](b)(pki.ParseCRL(crlOf(b, middle, crlSpec{serials: []int64{1, 2, 3}}), pki.CRLLimits{}))
		v := pki.NewPathValidator(pki.PathPolicy{Anchors: certs(top), CRLs: []*pki.CRL{crl}})
		presented := certs(leaf, middle)
		b.Run(filepath.Base(name), func(b *testing.B) {
			for b.Loop() {
				if _, err := v.Validate(presented, day()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
