package security

import (
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// addServerCertificateAssignment lets the TLS server show a path, from the next
// handshake on. Security 5.3.3.1; WRITE_SYSTEM.
func addServerCertificateAssignment(c *svc.Call, req *tas.AddServerCertificateAssignment) (*tas.AddServerCertificateAssignmentResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Keystore().AssignServerPath(req.CertificationPathID) })
	return &tas.AddServerCertificateAssignmentResponse{}, err
}

// removeServerCertificateAssignment takes a path from the TLS server, which must
// be off: HTTPS is what clients can switch (Core 8.2.13). Security 5.3.3.2;
// WRITE_SYSTEM.
func removeServerCertificateAssignment(c *svc.Call, req *tas.RemoveServerCertificateAssignment) (*tas.RemoveServerCertificateAssignmentResponse, error) {
	err := c.Update(func(tx *state.Tx) error {
		https, _ := tx.View().Device.Network.Protocol(device.HTTPS)
		return tx.Keystore().RemoveServerPath(req.CertificationPathID, https.Enabled)
	})
	return &tas.RemoveServerCertificateAssignmentResponse{}, err
}

// replaceServerCertificateAssignment puts one path of the TLS server in the
// place of another. Security 5.3.3.3; WRITE_SYSTEM.
func replaceServerCertificateAssignment(c *svc.Call, req *tas.ReplaceServerCertificateAssignment) (*tas.ReplaceServerCertificateAssignmentResponse, error) {
	err := c.Update(func(tx *state.Tx) error {
		return tx.Keystore().ReplaceServerPath(req.OldCertificationPathID, req.NewCertificationPathID)
	})
	return &tas.ReplaceServerCertificateAssignmentResponse{}, err
}

// setEnabledTLSVersions sets what versions the TLS server accepts, from the next
// handshake on. Security 5.3.3.13; WRITE_SYSTEM.
func setEnabledTLSVersions(c *svc.Call, req *tas.SetEnabledTLSVersions) (*tas.SetEnabledTLSVersionsResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Keystore().SetEnabledTLSVersions(req.Versions) })
	return &tas.SetEnabledTLSVersionsResponse{}, err
}

// offerServer adds what clients can do with the TLS server: there must be a way
// to certify keys of the camera's, and room for their paths. Security 5.8.3,
// Table 13.
func offerServer(c *svc.Call, caps *tas.Capabilities) {
	limit := most(c, c.View().Keystore.Limits.WithDefaults().TLSPaths, "tas:CreateCertificationPath", "tas:AddServerCertificateAssignment",
		"tas:RemoveServerCertificateAssignment", "tas:ReplaceServerCertificateAssignment", "tas:GetAssignedServerCertificates")
	if p := paths(c); limit == nil || p == nil || *p < 2 || *certificates(c) < 3 || !certifies(&caps.KeystoreCapabilities) {
		return
	}
	s := &caps.TLSServerCapabilities
	s.TLSServerSupported, s.MaximumNumberOfTLSCertificationPaths = c.View().Keystore.TLS.Supported, limit
	if c.SimulatedAll("tas:SetEnabledTLSVersions", "tas:GetEnabledTLSVersions") {
		s.EnabledVersionsSupported = svc.Ref(true)
	}
}

// serverFaults are those of the TLS server's paths and versions. Security 5.3.3.
func serverFaults() svc.Faults {
	const arg = "env:Sender/ter:InvalidArgVal"
	return svc.Faults{
		svc.FaultFor(keystore.ErrCertificationPathID, arg+"/ter:CertificationPathID", arg+"/ter:NewCertificationPathID"),
		svc.FaultFor(keystore.ErrNotAssigned, arg+"/ter:OldCertificationPathID"),
		svc.FaultFor(keystore.ErrNoPrivateKey, arg+"/ter:NoPrivateKey"),
		svc.FaultFor(keystore.ErrTooManyTLSPaths, "env:Receiver/ter:Action/ter:MaximumNumberOfTLSCertificationPathsReached"),
		svc.FaultFor(keystore.ErrEmptyList, arg+"/ter:EmptyList"),
		svc.FaultFor(keystore.ErrTLSVersion, arg+"/ter:TLSVersion"),
	}
}
