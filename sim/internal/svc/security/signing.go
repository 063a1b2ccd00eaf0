package security

import (
	"slices"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// addMediaSigningCertificateAssignment lets a path of the user's sign media, in
// the place of the one before; since 26.06 that one must sign no running
// stream. Security 5.5.2; WRITE_SYSTEM.
func addMediaSigningCertificateAssignment(c *svc.Call, req *tas.AddMediaSigningCertificateAssignment) (*tas.AddMediaSigningCertificateAssignmentResponse, error) {
	running := c.Signing()
	err := c.Update(func(tx *state.Tx) error {
		return tx.Keystore().AssignSigningPath(req.CertificationPathID, keystore.SigningUse{Enabled: signs(tx.View()), Running: running})
	})
	return &tas.AddMediaSigningCertificateAssignmentResponse{}, err
}

// removeMediaSigningCertificateAssignment takes the user's path away, but not
// while media is signed; since 26.06 that means a stream that is running.
// Security 5.5.3; WRITE_SYSTEM.
func removeMediaSigningCertificateAssignment(c *svc.Call, req *tas.RemoveMediaSigningCertificateAssignment) (*tas.RemoveMediaSigningCertificateAssignmentResponse, error) {
	running := c.Signing()
	err := c.Update(func(tx *state.Tx) error {
		return tx.Keystore().RemoveSigningPath(req.CertificationPathID, keystore.SigningUse{Enabled: signs(tx.View()), Running: running})
	})
	return &tas.RemoveMediaSigningCertificateAssignmentResponse{}, err
}

// signs reports whether media is signed.
func signs(t *state.Tree) bool {
	return slices.ContainsFunc(t.Media.Encoders, func(e mediacfg.VideoEncoder) bool { return e.Signed })
}

// getAssignedMediaSigningCertificates lists the media-signing paths, the
// factory's first. Security 5.5.4; READ_SYSTEM_SECRET.
func getAssignedMediaSigningCertificates(c *svc.Call, _ *tas.GetAssignedMediaSigningCertificates) (*tas.GetAssignedMediaSigningCertificatesResponse, error) {
	return &tas.GetAssignedMediaSigningCertificatesResponse{CertificationPathID: c.View().Keystore.MediaSigning.Assigned()}, nil
}

// signingCapabilities of the service; nil: the camera has no key that signs
// media, or media is not signed and nobody can change that. Security 5.8.5,
// Table 13.
func signingCapabilities(c *svc.Call) *tas.MediaSigningCapabilities {
	if c.View().Keystore.MediaSigning.Factory == "" || !c.Simulated("tas:GetAssignedMediaSigningCertificates") {
		return nil
	}
	if !signs(c.View()) && !c.Simulated("tr2:SetVideoEncoderConfiguration") {
		return nil
	}
	return &tas.MediaSigningCapabilities{
		MediaSigningSupported: svc.Ref(true),
		UserMediaSigningKeySupported: flag(c.SimulatedAll(
			"tas:AddMediaSigningCertificateAssignment", "tas:RemoveMediaSigningCertificateAssignment")),
	}
}

// mediaSigningFaults are those of media-signing paths. The factory's is none
// that was added. Security 5.5.
func mediaSigningFaults() svc.Faults {
	return svc.Faults{svc.FaultFor(keystore.ErrFactoryPath, "env:Sender/ter:InvalidArgVal/ter:OldCertificationPathID")}
}
