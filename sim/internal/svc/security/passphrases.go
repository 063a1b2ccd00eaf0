package security

import (
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

// uploadPassphrase stores a passphrase, encrypted, under an ID of the camera's
// choice. Security 5.2.6.1.1; WRITE_SYSTEM.
func uploadPassphrase(c *svc.Call, req *tas.UploadPassphrase) (*tas.UploadPassphraseResponse, error) {
	var added keystore.Passphrase
	err := c.Update(func(tx *state.Tx) (err error) {
		s := tx.Keystore()
		added, err = s.AddPassphrase(req.Passphrase, value(req.PassphraseAlias), c.Vault.Sealer(s, vault.Passphrase), tx.Random())
		return err
	})
	return &tas.UploadPassphraseResponse{PassphraseID: added.ID}, err
}

// deletePassphrase removes a passphrase that no 802.1X configuration needs.
// Security 5.2.6.1.3; UNRECOVERABLE.
func deletePassphrase(c *svc.Call, req *tas.DeletePassphrase) (*tas.DeletePassphraseResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Keystore().DeletePassphrase(req.PassphraseID) })
	return &tas.DeletePassphraseResponse{}, err
}

// value is a text that may be left out; "" if it is.
func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
