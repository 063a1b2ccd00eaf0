package device

import (
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/onvif/tds"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
	"github.com/camfleet/camfleet/sim/internal/users"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

// getUsers lists the accounts, never their passwords. Core 8.4.3;
// READ_SYSTEM_SECRET.
func getUsers(c *svc.Call, _ *tds.GetUsers) (*tds.GetUsersResponse, error) {
	resp := &tds.GetUsersResponse{}
	for _, u := range c.View().Users.Users {
		resp.User = append(resp.User, tt.User{Username: u.Name, UserLevel: tt.UserLevel(u.Level.String())})
	}
	return resp, nil
}

// createUsers adds accounts, all or none. Core 8.4.4; WRITE_SYSTEM.
func createUsers(c *svc.Call, req *tds.CreateUsers) (*tds.CreateUsersResponse, error) {
	var list []users.User
	for _, u := range req.User {
		level, err := userLevel(u)
		if err != nil {
			return nil, err
		}
		n := users.User{Name: u.Username, Level: level}
		if u.Password != nil {
			n.Password = *u.Password
		}
		list = append(list, n)
	}
	err := c.Update(func(tx *state.Tx) error { return tx.Users().Create(list, sealer(c, tx)) })
	return &tds.CreateUsersResponse{}, err
}

// deleteUsers removes accounts, all or none. Core 8.4.5; WRITE_SYSTEM.
func deleteUsers(c *svc.Call, req *tds.DeleteUsers) (*tds.DeleteUsersResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Users().Delete(req.Username) })
	return &tds.DeleteUsersResponse{}, err
}

// setUser changes passwords and levels, all or none. Core 8.4.6; WRITE_SYSTEM.
func setUser(c *svc.Call, req *tds.SetUser) (*tds.SetUserResponse, error) {
	var list []users.Change
	for _, u := range req.User {
		level, err := userLevel(u)
		if err != nil {
			return nil, err
		}
		list = append(list, users.Change{Name: u.Username, Password: u.Password, Level: level})
	}
	err := c.Update(func(tx *state.Tx) error { return tx.Users().Set(list, sealer(c, tx)) })
	return &tds.SetUserResponse{}, err
}

// sealer has passwords sealed by the camera's vault.
func sealer(c *svc.Call, tx *state.Tx) users.Seal {
	return func(plain []byte) ([]byte, error) {
		keys := tx.View().Keystore
		if !vault.Ready(keys) { // the first secret of the camera
			keys = tx.Keystore()
		}
		return c.Vault.Seal(keys, vault.Password, plain)
	}
}

// userLevel reads the level; Extended stands for user roles, which this camera
// does not have (MaxUserRoles).
func userLevel(u tt.User) (auth.Level, error) {
	level, err := auth.ParseLevel(string(u.UserLevel))
	if err != nil {
		return 0, fmt.Errorf("user level %q: %w", u.UserLevel, svc.ErrArgument)
	}
	return level, nil
}
