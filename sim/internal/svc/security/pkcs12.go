package security

import (
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// uploadCertificateWithPrivateKeyInPKCS12 brings in a certification path with
// the key pair of its leaf, or nothing of it. Security 5.2.6.3.4; WRITE_SYSTEM.
func uploadCertificateWithPrivateKeyInPKCS12(c *svc.Call, req *tas.UploadCertificateWithPrivateKeyInPKCS12) (*tas.UploadCertificateWithPrivateKeyInPKCS12Response, error) {
	file, err := readPKCS12(c, req)
	if err != nil {
		return nil, err
	}
	certificates := file.DERs()
	if req.IgnoreAdditionalCertificates != nil && *req.IgnoreAdditionalCertificates {
		certificates = certificates[:1]
	}
	made, err := c.Vault.Import(file.Key.Key)
	if err != nil {
		return nil, err
	}
	var path keystore.CertificationPath
	var key keystore.Key
	err = c.Update(func(tx *state.Tx) error {
		s := tx.Keystore()
		blob, err := c.Vault.Keep(s, made)
		if err != nil {
			return err
		}
		path, key, err = s.AddPath(keystore.NewPath{
			Certificates: certificates, Alias: value(req.CertificationPathAlias),
			Key: keystore.KeyPair{Public: made.Public, Blob: blob, Alias: value(req.KeyAlias)},
		}, tx.Random())
		return err
	})
	return &tas.UploadCertificateWithPrivateKeyInPKCS12Response{CertificationPathID: path.ID, KeyID: key.ID}, err
}

// readPKCS12 reads the file with the passphrases the request names: one that is
// given counts for both uses, whatever else is named.
func readPKCS12(c *svc.Call, req *tas.UploadCertificateWithPrivateKeyInPKCS12) (*pki.PKCS12, error) {
	s := c.View().Keystore
	integrity, err := secret(c, s, req.Passphrase, req.IntegrityPassphraseID)
	if err != nil {
		return nil, err
	}
	encryption, err := secret(c, s, req.Passphrase, req.EncryptionPassphraseID)
	if err != nil {
		return nil, err
	}
	// Until 22.06 a file without MAC had to be taken with a passphrase.
	options := s.Abilities.Containers()
	options.MissingMAC = req.Passphrase != nil && !since(c, 2206)
	file, err := pki.ReadPKCS12(req.CertWithPrivateKey, pki.Passphrases{Integrity: integrity, Encryption: encryption}, options)
	return file, bounded(err, pki.ErrPKCS12)
}
