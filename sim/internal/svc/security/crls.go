package security

import (
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// uploadCRL stores a certificate revocation list under an ID of the camera's
// choice. Security 5.2.6.4.1; WRITE_SYSTEM.
func uploadCRL(c *svc.Call, req *tas.UploadCRL) (*tas.UploadCRLResponse, error) {
	var added keystore.CRL
	err := c.Update(func(tx *state.Tx) (err error) {
		added, err = tx.Keystore().AddCRL(req.Crl, value(req.Alias), tx.Random())
		return err
	})
	return &tas.UploadCRLResponse{CrlID: added.ID}, err
}

// deleteCRL removes a certificate revocation list. Security 5.2.6.4.4;
// UNRECOVERABLE.
func deleteCRL(c *svc.Call, req *tas.DeleteCRL) (*tas.DeleteCRLResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Keystore().DeleteCRL(req.CrlID) })
	return &tas.DeleteCRLResponse{}, err
}
