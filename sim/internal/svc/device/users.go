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
		shown := tt.User{Username: u.Name, UserLevel: tt.UserLevel(u.LevelName())}
		if u.Extended {
			shown.Extension = &tt.UserExtension{Roles: u.Roles}
		}
		resp.User = append(resp.User, shown)
	}
	return resp, nil
}

// createUsers adds accounts, all or none. Core 8.4.4; WRITE_SYSTEM.
func createUsers(c *svc.Call, req *tds.CreateUsers) (*tds.CreateUsersResponse, error) {
	var list []users.User
	for _, u := range req.User {
		level, extended, err := userLevel(u)
		if err != nil {
			return nil, err
		}
		n := users.User{Name: u.Username, Level: level, Extended: extended, Roles: rolesOf(u)}
		if u.Password != nil {
			n.Password = *u.Password
		}
		list = append(list, n)
	}
	err := c.Update(func(tx *state.Tx) error { return tx.Users().Create(list, sealer(c, tx, vault.Password)) })
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
		level, extended, err := userLevel(u)
		if err != nil {
			return nil, err
		}
		list = append(list, users.Change{Name: u.Username, Password: u.Password, Level: level, Extended: extended, Roles: rolesOf(u)})
	}
	err := c.Update(func(tx *state.Tx) error { return tx.Users().Set(list, sealer(c, tx, vault.Password)) })
	return &tds.SetUserResponse{}, err
}

// sealer has passwords sealed by the camera's vault.
func sealer(c *svc.Call, tx *state.Tx, p vault.Purpose) users.Seal {
	return func(plain []byte) ([]byte, error) {
		keys := tx.View().Keystore
		if !vault.Ready(keys) { // the first secret of the camera
			keys = tx.Keystore()
		}
		return c.Vault.Seal(keys, p, plain)
	}
}

// userLevel reads the level; Extended says that the user has roles instead.
func userLevel(u tt.User) (level auth.Level, extended bool, err error) {
	if u.UserLevel == tt.UserLevelExtended {
		return auth.Anonymous, true, nil
	}
	level, err = auth.ParseLevel(string(u.UserLevel))
	if err != nil {
		return 0, false, fmt.Errorf("user level %q: %w", u.UserLevel, svc.ErrArgument)
	}
	return level, false, nil
}

// rolesOf reads the roles.
func rolesOf(u tt.User) []string {
	if u.Extension == nil {
		return nil
	}
	return u.Extension.Roles
}
