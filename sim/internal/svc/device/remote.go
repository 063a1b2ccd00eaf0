package device

import (
	"errors"

	"github.com/camfleet/camfleet/sim/internal/onvif/tds"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

// errNotRemoteUser says that the profile has no remote user handling.
var errNotRemoteUser = errors.New("remote user handling is not supported")

// getRemoteUser shows the remote user, if there is one, without its password.
// Core 8.4.7; READ_SYSTEM.
func getRemoteUser(c *svc.Call, _ *tds.GetRemoteUser) (*tds.GetRemoteUserResponse, error) {
	if !c.Profile.Auth.RemoteUser {
		return nil, errNotRemoteUser
	}
	resp := &tds.GetRemoteUserResponse{}
	if u := c.View().Users.Remote; u != nil {
		resp.RemoteUser = &tt.RemoteUser{Username: u.Name, UseDerivedPassword: u.Derived}
	}
	return resp, nil
}

// setRemoteUser replaces the remote user, or removes it where none is given. It is
// kept for access to other devices, of which a camera has none: it opens nothing
// here. UseDerivedPassword is kept with the original password, since derivation is
// left to who connects. Core 8.4.8; WRITE_SYSTEM.
func setRemoteUser(c *svc.Call, req *tds.SetRemoteUser) (*tds.SetRemoteUserResponse, error) {
	if !c.Profile.Auth.RemoteUser {
		return nil, errNotRemoteUser
	}
	err := c.Update(func(tx *state.Tx) error {
		u := req.RemoteUser
		if u == nil {
			tx.Users().RemoveRemote()
			return nil
		}
		return tx.Users().SetRemote(u.Username, u.Password, u.UseDerivedPassword, sealer(c, tx, vault.RemoteUser))
	})
	return &tds.SetRemoteUserResponse{}, err
}

// remoteUsers reports whether there is remote user handling.
func remoteUsers(c *svc.Call) bool {
	return c.Profile.Auth.RemoteUser && c.SimulatedAll("tds:GetRemoteUser", "tds:SetRemoteUser")
}
