package device

import (
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/onvif/tds"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// getScopes lists the discovery scopes. Core 8.3.14; READ_SYSTEM.
func getScopes(c *svc.Call, _ *tds.GetScopes) (*tds.GetScopesResponse, error) {
	resp := &tds.GetScopesResponse{}
	for _, s := range c.View().Device.Scopes {
		def := tt.ScopeDefinitionConfigurable
		if s.Fixed {
			def = tt.ScopeDefinitionFixed
		}
		resp.Scopes = append(resp.Scopes, tt.Scope{ScopeDef: def, ScopeItem: s.Item})
	}
	return resp, nil
}

// setScopes replaces the configurable scopes. Core 8.3.15; WRITE_SYSTEM.
func setScopes(c *svc.Call, req *tds.SetScopes) (*tds.SetScopesResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Device().SetScopes(req.Scopes) })
	return &tds.SetScopesResponse{}, err
}

// addScopes adds configurable scopes. Core 8.3.16; WRITE_SYSTEM.
func addScopes(c *svc.Call, req *tds.AddScopes) (*tds.AddScopesResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Device().AddScopes(req.ScopeItem) })
	return &tds.AddScopesResponse{}, err
}

// removeScopes removes configurable scopes and answers which. Core 8.3.17;
// WRITE_SYSTEM.
func removeScopes(c *svc.Call, req *tds.RemoveScopes) (*tds.RemoveScopesResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Device().RemoveScopes(req.ScopeItem) })
	return &tds.RemoveScopesResponse{ScopeItem: req.ScopeItem}, err
}

// getDiscoveryMode tells whether the device answers discovery. Core 8.3.18;
// READ_SYSTEM.
func getDiscoveryMode(c *svc.Call, _ *tds.GetDiscoveryMode) (*tds.GetDiscoveryModeResponse, error) {
	return &tds.GetDiscoveryModeResponse{DiscoveryMode: tt.DiscoveryMode(c.View().Device.DiscoveryMode)}, nil
}

// setDiscoveryMode takes effect at once. Core 8.3.19; WRITE_SYSTEM.
func setDiscoveryMode(c *svc.Call, req *tds.SetDiscoveryMode) (*tds.SetDiscoveryModeResponse, error) {
	err := c.Update(func(tx *state.Tx) error {
		return tx.Device().SetDiscoveryMode(device.DiscoveryMode(req.DiscoveryMode))
	})
	return &tds.SetDiscoveryModeResponse{}, err
}
