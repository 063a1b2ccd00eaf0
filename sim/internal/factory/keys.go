package factory

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/pki"
)

// part is one key of the camera with its certificate on the way.
type part struct {
	name  string // alias of key, certificate and path
	key   keystore.Spec
	cert  pki.Template
	from  *pki.Authority
	chain []*pki.Authority // authorities that stand in the path above the leaf
}

// keystore has the camera's keys made and certified, and fills the keystore.
func (f *Factory) keystore(spec Spec, dev *device.Section, tpm TPM) (*keystore.Section, error) {
	if !spec.OwnEK {
		if err := f.certifyEK(spec, dev, tpm); err != nil {
			return nil, fmt.Errorf("endorsement key: %w", err)
		}
	}
	s := &keystore.Section{
		Limits: spec.KeystoreLimits, Rules: spec.KeystoreRules,
		TLS: keystore.TLSServer{Supported: slices.Clone(spec.TLSVersions), Enabled: slices.Clone(spec.TLSVersions)},
		JWT: spec.JWT,
	}
	if len(s.JWT.Audiences) > 0 { // the camera's own name among them (Security 4.4.1)
		s.JWT.Audiences = append(slices.Clone(s.JWT.Audiences), dev.Identity.EndpointReference())
	}
	random := f.source.Sub(spec.Name).Sub("factory").Stream("keystore")
	var err error
	if s.DeviceIdentity, err = f.install(s, f.identity(spec, dev), tpm, random); err != nil {
		return nil, fmt.Errorf("device identity: %w", err)
	}
	id, err := f.install(s, f.tlsServer(spec, dev), tpm, random)
	if err != nil {
		return nil, fmt.Errorf("TLS server: %w", err)
	}
	s.TLS.Paths = []string{id}
	if !spec.NoSigning {
		if s.MediaSigning.Factory, err = f.install(s, f.signing(spec, dev), tpm, random); err != nil {
			return nil, fmt.Errorf("media signing: %w", err)
		}
	}
	s.Abilities = spec.KeystoreAbilities
	return s, nil
}

// install makes the key, its certificate and its path and returns the path's ID.
func (f *Factory) install(s *keystore.Section, p part, tpm TPM, random io.Reader) (string, error) {
	blob, public, err := tpm.CreateKey(p.key)
	if err != nil {
		return "", err
	}
	if _, err := s.AddKey(public, blob, p.name, false, random); err != nil {
		return "", err
	}
	der, err := p.from.Issue(p.cert, public, random)
	if err != nil {
		return "", err
	}
	leaf, err := s.AddCertificate(keystore.NewCertificate{DER: der, Alias: p.name, PrivateKeyRequired: true}, random)
	if err != nil {
		return "", err
	}
	ids := []string{leaf.ID}
	for _, a := range p.chain {
		id, err := authorityID(s, a, random)
		if err != nil {
			return "", err
		}
		ids = append(ids, id)
	}
	path, err := s.CreatePath(ids, p.name, random)
	return path.ID, err
}

// authorityID finds the certificate of an authority in the keystore, or adds it.
func authorityID(s *keystore.Section, a *pki.Authority, random io.Reader) (string, error) {
	for _, c := range s.Certificates {
		if string(c.DER) == string(a.Certificate.Raw) {
			return c.ID, nil
		}
	}
	name := a.Certificate.Subject.CommonName
	c, err := s.AddCertificate(keystore.NewCertificate{DER: a.Certificate.Raw, Alias: name, KeyAlias: name}, random)
	return c.ID, err
}

func (f *Factory) subject(dev *device.Section, cn string) pkix.Name {
	return pkix.Name{
		Organization: []string{clip(dev.Identity.Manufacturer)},
		CommonName:   clip(cn),
		SerialNumber: clip(dev.Identity.SerialNumber),
	}
}

// clip cuts an attribute to the 64 characters that X.520 allows (RFC 5280 A.1).
func clip(s string) string {
	if r := []rune(s); len(r) > 64 {
		return string(r[:64])
	}
	return s
}

// identity is an initial device identifier: the serial number in the subject,
// no end, no extended key usage (IEEE 802.1AR 8).
func (f *Factory) identity(spec Spec, dev *device.Section) part {
	return part{
		name: "device identity", key: spec.IdentityKey, from: f.roots.Device, chain: []*pki.Authority{f.roots.Device},
		cert: pki.Template{
			Subject:   f.subject(dev, spec.Model+" "+dev.Identity.SerialNumber),
			NotBefore: f.date, NotAfter: pki.Forever(),
			KeyUsage: x509.KeyUsageDigitalSignature,
		},
	}
}

func (f *Factory) tlsServer(spec Spec, dev *device.Section) part {
	usage := x509.KeyUsageDigitalSignature
	if spec.TLSKey.Algorithm == keystore.RSA {
		usage |= x509.KeyUsageKeyEncipherment
	}
	t := pki.Template{
		Subject:   f.subject(dev, spec.Hostname),
		NotBefore: f.date, NotAfter: f.date.Add(spec.TLSValidity),
		KeyUsage: usage, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{spec.Hostname},
	}
	if spec.Hostname != "localhost" {
		t.DNSNames = append(t.DNSNames, "localhost")
	}
	for _, a := range spec.Addresses {
		t.IPAddresses = append(t.IPAddresses, net.IP(a.AsSlice()))
	}
	return part{name: "TLS server", key: spec.TLSKey, from: f.roots.Device, chain: []*pki.Authority{f.roots.Device}, cert: t}
}

// signing has a path of the leaf alone: with a root in it the reference
// validator refuses the whole chain.
func (f *Factory) signing(spec Spec, dev *device.Section) part {
	return part{
		name: "media signing", key: spec.SigningKey, from: f.roots.Signing,
		cert: pki.Template{
			Subject:   f.subject(dev, spec.Model+" "+dev.Identity.SerialNumber+" media signing"),
			NotBefore: f.date, NotAfter: pki.Forever(),
			KeyUsage: x509.KeyUsageDigitalSignature,
		},
	}
}

// certifyEK writes the endorsement key's certificate to NV, where clients of a
// TPM look for it.
func (f *Factory) certifyEK(spec Spec, dev *device.Section, tpm TPM) error {
	public, err := tpm.EK()
	if err != nil {
		return err
	}
	der, err := f.roots.Device.Issue(f.ekTemplate(dev, public), public, f.source.Sub(spec.Name).Sub("factory").Stream("ek"))
	if err != nil {
		return err
	}
	return tpm.WriteNV(EKCertificateIndex, der)
}

// ekTemplate is an endorsement key certificate: key agreement only, and the
// usage tcg-kp-EKCertificate (TCG EK Credential Profile 3.2).
func (f *Factory) ekTemplate(dev *device.Section, public crypto.PublicKey) pki.Template {
	usage := x509.KeyUsageKeyAgreement
	if spec, _, err := keystore.Describe(public); err == nil && spec.Algorithm == keystore.RSA {
		usage = x509.KeyUsageKeyEncipherment
	}
	return pki.Template{
		Subject:   f.subject(dev, "TPM endorsement key "+dev.Identity.SerialNumber),
		NotBefore: f.date, NotAfter: pki.Forever(),
		KeyUsage:      usage,
		OtherKeyUsage: []pki.OID{{2, 23, 133, 8, 1}},
	}
}
