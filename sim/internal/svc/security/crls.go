package security

import (
	"errors"
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// uploadCRL stores a certificate revocation list under an ID of the camera's
// choice. Security 5.2.6.4.1; WRITE_SYSTEM.
func uploadCRL(c *svc.Call, req *tas.UploadCRL) (*tas.UploadCRLResponse, error) {
	var added keystore.CRL
	err := c.Update(func(tx *state.Tx) (err error) {
		if added, err = tx.Keystore().AddCRL(req.Crl, value(req.Alias), tx.Random()); err != nil {
			return err
		}
		return readable(added.DER)
	})
	return &tas.UploadCRLResponse{CrlID: added.ID}, err
}

// readable makes sure that the path validation can use a revocation list: the
// TLS server considers all that are there.
func readable(der []byte) error {
	_, err := pki.ParseCRL(der, pki.CRLLimits{Bytes: len(der), Entries: len(der)})
	switch {
	case errors.Is(err, pki.ErrSignatureAlgorithm):
		return fmt.Errorf("%w: %w", keystore.ErrSignatureAlgorithm, err)
	case err != nil:
		return fmt.Errorf("%w: %w", keystore.ErrBadCRL, err)
	}
	return nil
}

// deleteCRL removes a certificate revocation list. Security 5.2.6.4.4;
// UNRECOVERABLE.
func deleteCRL(c *svc.Call, req *tas.DeleteCRL) (*tas.DeleteCRLResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Keystore().DeleteCRL(req.CrlID) })
	return &tas.DeleteCRLResponse{}, err
}
