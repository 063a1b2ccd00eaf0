package security

import (
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// addDot1XConfiguration stores an IEEE 802.1X configuration under an ID of the
// camera's choice. Security 5.4.1; WRITE_SYSTEM.
func addDot1XConfiguration(c *svc.Call, req *tas.AddDot1XConfiguration) (*tas.AddDot1XConfigurationResponse, error) {
	var added keystore.Dot1X
	err := c.Update(func(tx *state.Tx) (err error) {
		added, err = tx.Keystore().AddDot1X(keystore.Dot1X{
			Alias: value(req.Dot1XConfiguration.Alias), Outer: stageOf(&req.Dot1XConfiguration.Outer),
		}, tx.Random())
		return err
	})
	return &tas.AddDot1XConfigurationResponse{Dot1XID: added.ID}, err
}

// stageOf reads a stage and those inside. The bounds of a message bound their
// number.
func stageOf(s *tas.Dot1XStage) keystore.Dot1XStage {
	out := keystore.Dot1XStage{
		Method: s.Method, Identity: value(s.Identity), PathID: value(s.CertificationPathID),
		PassphraseID: value(s.PassphraseID), PolicyID: value(s.CertPathValidationPolicyID),
	}
	if s.Inner != nil {
		inner := stageOf(s.Inner)
		out.Inner = &inner
	}
	return out
}

// getAllDot1XConfigurations lists the IEEE 802.1X configurations. Security
// 5.4.2; READ_SYSTEM_SECRET.
func getAllDot1XConfigurations(c *svc.Call, _ *tas.GetAllDot1XConfigurations) (*tas.GetAllDot1XConfigurationsResponse, error) {
	resp := &tas.GetAllDot1XConfigurationsResponse{}
	for _, d := range c.View().Keystore.Dot1X {
		resp.Configuration = append(resp.Configuration, dot1x(d))
	}
	return resp, nil
}

// getDot1XConfiguration answers one IEEE 802.1X configuration. Security 5.4.3;
// READ_SYSTEM_SECRET.
func getDot1XConfiguration(c *svc.Call, req *tas.GetDot1XConfiguration) (*tas.GetDot1XConfigurationResponse, error) {
	d, err := c.View().Keystore.Dot1XConfiguration(req.Dot1XID)
	if err != nil {
		return nil, err
	}
	return &tas.GetDot1XConfigurationResponse{Dot1XConfiguration: dot1x(d)}, nil
}

func dot1x(d keystore.Dot1X) tas.Dot1XConfiguration {
	return tas.Dot1XConfiguration{Dot1XID: &d.ID, Alias: optional(d.Alias), Outer: stage(d.Outer)}
}

func stage(s keystore.Dot1XStage) tas.Dot1XStage {
	out := tas.Dot1XStage{
		Method: s.Method, CertPathValidationPolicyID: optional(s.PolicyID), Identity: optional(s.Identity),
		CertificationPathID: optional(s.PathID), PassphraseID: optional(s.PassphraseID),
	}
	if s.Inner != nil {
		inner := stage(*s.Inner)
		out.Inner = &inner
	}
	return out
}

// deleteDot1XConfiguration removes an IEEE 802.1X configuration that no network
// interface has. Security 5.4.4; UNRECOVERABLE.
func deleteDot1XConfiguration(c *svc.Call, req *tas.DeleteDot1XConfiguration) (*tas.DeleteDot1XConfigurationResponse, error) {
	err := c.Update(func(tx *state.Tx) error {
		return tx.Keystore().DeleteDot1X(req.Dot1XID, tx.View().Device.Network.Dot1XInterfaces(req.Dot1XID))
	})
	return &tas.DeleteDot1XConfigurationResponse{}, err
}

// setNetworkInterfaceDot1XConfiguration binds an IEEE 802.1X configuration to a
// network interface, from now on. Security 5.4.5; WRITE_SYSTEM.
func setNetworkInterfaceDot1XConfiguration(c *svc.Call, req *tas.SetNetworkInterfaceDot1XConfiguration) (*tas.SetNetworkInterfaceDot1XConfigurationResponse, error) {
	err := c.Update(func(tx *state.Tx) error {
		if _, err := tx.View().Keystore.Dot1XConfiguration(req.Dot1XID); err != nil {
			return err
		}
		return tx.Device().SetDot1X(req.Token, req.Dot1XID)
	})
	return &tas.SetNetworkInterfaceDot1XConfigurationResponse{}, err
}

// getNetworkInterfaceDot1XConfiguration answers what is bound to a network
// interface. Security 5.4.6; READ_SYSTEM_SECRET.
func getNetworkInterfaceDot1XConfiguration(c *svc.Call, req *tas.GetNetworkInterfaceDot1XConfiguration) (*tas.GetNetworkInterfaceDot1XConfigurationResponse, error) {
	i, ok := c.View().Device.Network.Interface(req.Token)
	if !ok {
		return nil, fmt.Errorf("interface %.64q: %w", req.Token, device.ErrInterface)
	}
	return &tas.GetNetworkInterfaceDot1XConfigurationResponse{Dot1XID: optional(i.Dot1XID)}, nil
}

// deleteNetworkInterfaceDot1XConfiguration unbinds what is bound to a network
// interface, if anything. Security 5.4.7; WRITE_SYSTEM.
func deleteNetworkInterfaceDot1XConfiguration(c *svc.Call, req *tas.DeleteNetworkInterfaceDot1XConfiguration) (*tas.DeleteNetworkInterfaceDot1XConfigurationResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Device().SetDot1X(req.Token, "") })
	return &tas.DeleteNetworkInterfaceDot1XConfigurationResponse{}, err
}
