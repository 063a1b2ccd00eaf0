package security

import (
	"errors"
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

// containerFaults are those of PKCS #8 and PKCS #12 structures. Security
// 5.2.6.2.3, 5.2.6.3.4.
func containerFaults() svc.Faults {
	const arg = "env:Sender/ter:InvalidArgVal"
	return svc.Faults{
		svc.FaultFor(pki.ErrKeyAlgorithm, arg+"/ter:UnsupportedPublicKeyAlgorithm"),
		svc.FaultFor(pki.ErrKeyMismatch, arg+"/ter:PublicPrivateKeyMismatch"),
		svc.FaultFor(keystore.ErrKeyMismatch, arg+"/ter:PublicPrivateKeyMismatch"),
		svc.FaultFor(pki.ErrDecrypt, arg+"/ter:DecryptionFailed"),
		svc.FaultFor(pki.ErrMAC, arg+"/ter:DecryptionFailed"),
		svc.FaultFor(pki.ErrScheme, arg+"/ter:DecryptionFailed"),
		svc.FaultFor(pki.ErrPKCS8, arg+"/ter:BadPKCS8File", arg+"/ter:BadPKCS12File"),
		svc.FaultFor(pki.ErrPKCS12, arg+"/ter:BadPKCS12File"),
		svc.FaultFor(keystore.ErrBadPKCS12, arg+"/ter:BadPKCS12File"),
	}
}

// bounded makes an error of what is beyond a limit one of the structure's.
func bounded(err, structure error) error {
	var limit *pki.LimitError
	if errors.As(err, &limit) && !errors.Is(err, pki.ErrKeyAlgorithm) {
		return fmt.Errorf("%w: %w", structure, err)
	}
	return err
}

// secret is a passphrase that is given, or else the stored one of an ID; nil if
// there is neither.
func secret(c *svc.Call, s *keystore.Section, given, id *string) (*string, error) {
	if given != nil || id == nil {
		return given, nil
	}
	stored, err := s.Passphrase(*id)
	if err != nil {
		return nil, err
	}
	plain, err := c.Vault.Open(s, vault.Passphrase, stored.Sealed)
	if err != nil {
		return nil, fmt.Errorf("passphrase %q: %w", stored.ID, err)
	}
	return svc.Ref(string(plain)), nil
}

// uploadKeyPairInPKCS8 brings in a key pair, into the TPM if that can hold it.
// Security 5.2.6.2.3; WRITE_SYSTEM.
func uploadKeyPairInPKCS8(c *svc.Call, req *tas.UploadKeyPairInPKCS8) (*tas.UploadKeyPairInPKCS8Response, error) {
	passphrase, err := secret(c, c.View().Keystore, req.EncryptionPassphrase, req.EncryptionPassphraseID)
	if err != nil {
		return nil, err
	}
	var pair *pki.PrivateKey
	options := c.View().Keystore.Abilities.Containers()
	if passphrase == nil {
		pair, err = pki.ParsePKCS8(req.KeyPair, options)
	} else {
		pair, err = pki.DecryptPKCS8(req.KeyPair, *passphrase, options)
	}
	if err != nil {
		return nil, bounded(err, pki.ErrPKCS8)
	}
	made, err := c.Vault.Import(pair.Key)
	if err != nil {
		return nil, err
	}
	var key keystore.Key
	err = c.Update(func(tx *state.Tx) error {
		s := tx.Keystore()
		blob, err := c.Vault.Keep(s, made)
		if err != nil {
			return err
		}
		key, err = s.AddKeyPair(keystore.KeyPair{Public: made.Public, Blob: blob, Alias: value(req.Alias)}, tx.Random())
		return err
	})
	return &tas.UploadKeyPairInPKCS8Response{KeyID: key.ID}, err
}
