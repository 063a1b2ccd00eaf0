package security

import (
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// uploadCertificate stores a certificate and links it to the key it certifies.
// Security 5.2.6.3.3; WRITE_SYSTEM.
func uploadCertificate(c *svc.Call, req *tas.UploadCertificate) (*tas.UploadCertificateResponse, error) {
	n := keystore.NewCertificate{
		DER: req.Certificate, Alias: value(req.Alias), KeyAlias: value(req.KeyAlias),
		PrivateKeyRequired: req.PrivateKeyRequired != nil && *req.PrivateKeyRequired,
	}
	var added keystore.Certificate
	err := c.Update(func(tx *state.Tx) (err error) {
		added, err = tx.Keystore().AddCertificate(n, tx.Random())
		return err
	})
	return &tas.UploadCertificateResponse{CertificateID: added.ID, KeyID: added.KeyID}, err
}

// deleteCertificate removes a certificate; its key stays. Security 5.2.6.3.7;
// UNRECOVERABLE.
func deleteCertificate(c *svc.Call, req *tas.DeleteCertificate) (*tas.DeleteCertificateResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Keystore().DeleteCertificate(req.CertificateID) })
	return &tas.DeleteCertificateResponse{}, err
}

// createCertificationPath makes a path of certificates that are there, leaf
// first. Security 5.2.6.3.8; WRITE_SYSTEM.
func createCertificationPath(c *svc.Call, req *tas.CreateCertificationPath) (*tas.CreateCertificationPathResponse, error) {
	var added keystore.CertificationPath
	err := c.Update(func(tx *state.Tx) (err error) {
		added, err = tx.Keystore().CreatePath(req.CertificateIDs.CertificateID, value(req.Alias), tx.Random())
		return err
	})
	return &tas.CreateCertificationPathResponse{CertificationPathID: added.ID}, err
}

// setCertificationPath replaces what is in a path. Security 5.2.6.3.11;
// WRITE_SYSTEM.
func setCertificationPath(c *svc.Call, req *tas.SetCertificationPath) (*tas.SetCertificationPathResponse, error) {
	err := c.Update(func(tx *state.Tx) error {
		return tx.Keystore().SetPath(req.CertificationPathID, req.CertificationPath.CertificateID, req.CertificationPath.Alias)
	})
	return &tas.SetCertificationPathResponse{}, err
}

// deleteCertificationPath removes a path; its certificates stay. Security
// 5.2.6.3.12; UNRECOVERABLE.
func deleteCertificationPath(c *svc.Call, req *tas.DeleteCertificationPath) (*tas.DeleteCertificationPathResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Keystore().DeletePath(req.CertificationPathID) })
	return &tas.DeleteCertificationPathResponse{}, err
}

// certificateFaults are those of certificates and certification paths. Security
// 5.2.6.3.
func certificateFaults() svc.Faults {
	const (
		arg    = "env:Sender/ter:InvalidArgVal"
		action = "env:Receiver/ter:Action"
	)
	return svc.Faults{
		svc.FaultFor(keystore.ErrTooManyCertificates, action+"/ter:MaximumNumberOfCertificatesReached"),
		svc.FaultFor(keystore.ErrNoMatchingPrivate, action+"/ter:NoMatchingPrivateKey"),
		svc.FaultFor(keystore.ErrBadCertificate, arg+"/ter:BadCertificate"),
		svc.FaultFor(keystore.ErrPublicKey, arg+"/ter:UnsupportedPublicKeyAlgorithm"),
		svc.FaultFor(keystore.ErrKeyStatus, arg+"/ter:InvalidKeyStatus"),
		svc.FaultFor(keystore.ErrDuplicate, arg+"/ter:Duplicate"),
		svc.FaultFor(keystore.ErrTooManyPaths, action+"/ter:MaximumNumberOfCertificationPathsReached"),
		svc.FaultFor(keystore.ErrPathLength, action+"/ter:CertificationPathCreationFailed", arg+"/ter:InvalidCertificationPath"),
		svc.FaultFor(keystore.ErrInvalidPath, arg+"/ter:InvalidCertificationPath"),
	}
}
