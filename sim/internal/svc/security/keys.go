package security

import (
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// getKeyStatus answers how far a key is. Security 5.2.6.2.4; READ_SYSTEM_SECRET.
func getKeyStatus(c *svc.Call, req *tas.GetKeyStatus) (*tas.GetKeyStatusResponse, error) {
	k, err := c.View().Keystore.Key(req.KeyID)
	if err != nil {
		return nil, err
	}
	return &tas.GetKeyStatusResponse{KeyStatus: string(k.Status)}, nil
}

// getPrivateKeyStatus answers whether a key pair has its private half. Security
// 5.2.6.2.5; READ_SYSTEM_SECRET.
func getPrivateKeyStatus(c *svc.Call, req *tas.GetPrivateKeyStatus) (*tas.GetPrivateKeyStatusResponse, error) {
	k, err := c.View().Keystore.Key(req.KeyID)
	if err != nil {
		return nil, err
	}
	return &tas.GetPrivateKeyStatusResponse{HasPrivateKey: k.HasPrivateKey()}, nil
}

// getAllKeys lists the keys, never their private halves. Security 5.2.6.2.6;
// READ_SYSTEM_SECRET.
func getAllKeys(c *svc.Call, _ *tas.GetAllKeys) (*tas.GetAllKeysResponse, error) {
	resp := &tas.GetAllKeysResponse{}
	for _, k := range c.View().Keystore.Keys {
		resp.KeyAttribute = append(resp.KeyAttribute, keyAttribute(k))
	}
	return resp, nil
}

func keyAttribute(k keystore.Key) tas.KeyAttribute {
	return tas.KeyAttribute{
		KeyID: k.ID, Alias: optional(k.Alias), KeyStatus: string(k.Status), HasPrivateKey: svc.Ref(k.HasPrivateKey()),
		ExternallyGenerated: svc.Ref(k.ExternallyGenerated), SecurelyStored: svc.Ref(k.SecurelyStored()),
	}
}

// optional is a text that may be left out.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// getCertificate answers one certificate. Security 5.2.6.3.5;
// READ_SYSTEM_SECRET.
func getCertificate(c *svc.Call, req *tas.GetCertificate) (*tas.GetCertificateResponse, error) {
	cert, err := c.View().Keystore.Certificate(req.CertificateID)
	if err != nil {
		return nil, err
	}
	return &tas.GetCertificateResponse{Certificate: certificate(c, cert)}, nil
}

// getAllCertificates lists the certificates. Security 5.2.6.3.6;
// READ_SYSTEM_SECRET.
func getAllCertificates(c *svc.Call, _ *tas.GetAllCertificates) (*tas.GetAllCertificatesResponse, error) {
	resp := &tas.GetAllCertificatesResponse{}
	for _, cert := range c.View().Keystore.Certificates {
		resp.Certificate = append(resp.Certificate, certificate(c, cert))
	}
	return resp, nil
}

// certificate says from release 25.12 on whether its private key is here.
func certificate(c *svc.Call, cert keystore.Certificate) tas.X509Certificate {
	out := tas.X509Certificate{CertificateID: cert.ID, KeyID: cert.KeyID, Alias: optional(cert.Alias), CertificateContent: cert.DER}
	if key, err := c.View().Keystore.Key(cert.KeyID); err == nil && since(c, 2512) {
		out.HasPrivateKey = svc.Ref(key.HasPrivateKey())
	}
	return out
}

// getCertificationPath answers one path, leaf first. Security 5.2.6.3.9;
// READ_SYSTEM_SECRET.
func getCertificationPath(c *svc.Call, req *tas.GetCertificationPath) (*tas.GetCertificationPathResponse, error) {
	p, err := c.View().Keystore.Path(req.CertificationPathID)
	if err != nil {
		return nil, err
	}
	return &tas.GetCertificationPathResponse{
		CertificationPath: tas.CertificationPath{CertificateID: p.CertificateIDs, Alias: optional(p.Alias)},
	}, nil
}

// getAllCertificationPaths lists the paths. Security 5.2.6.3.10;
// READ_SYSTEM_SECRET.
func getAllCertificationPaths(c *svc.Call, _ *tas.GetAllCertificationPaths) (*tas.GetAllCertificationPathsResponse, error) {
	resp := &tas.GetAllCertificationPathsResponse{}
	for _, p := range c.View().Keystore.Paths {
		resp.CertificationPathID = append(resp.CertificationPathID, p.ID)
	}
	return resp, nil
}
