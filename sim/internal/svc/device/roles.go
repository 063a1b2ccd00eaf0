package device

import (
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/onvif/tds"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
	"github.com/camfleet/camfleet/sim/internal/users"
)

// getUserRoles lists the user roles, or shows one. The predefined ones have no
// functions: what they permit is the access policy's. From release 26.06 on.
// Core 8.4.10.1; READ_SYSTEM.
func getUserRoles(c *svc.Call, req *tds.GetUserRoles) (*tds.GetUserRolesResponse, error) {
	resp := &tds.GetUserRolesResponse{}
	asked := func(name string) bool { return req.UserRole == nil || *req.UserRole == name }
	for _, name := range users.Predefined() {
		if asked(name) {
			resp.UserRole = append(resp.UserRole, tt.UserRole{Name: name})
		}
	}
	for _, r := range c.View().Users.Roles {
		if asked(r.Name) {
			resp.UserRole = append(resp.UserRole, tt.UserRole{Name: r.Name, Functions: r.Functions})
		}
	}
	if len(resp.UserRole) == 0 {
		return nil, fmt.Errorf("role %.64q: %w", *req.UserRole, users.ErrRoleMissing)
	}
	return resp, nil
}

// setUserRole makes a role or changes what it permits, from the next request on.
// From release 26.06 on. Core 8.4.10.2; WRITE_SYSTEM.
func setUserRole(c *svc.Call, req *tds.SetUserRole) (*tds.SetUserRoleResponse, error) {
	err := c.Update(func(tx *state.Tx) error {
		return tx.Users().SetRole(users.Role{Name: req.UserRole.Name, Functions: req.UserRole.Functions}, c.Simulated)
	})
	return &tds.SetUserRoleResponse{}, err
}

// deleteUserRole takes a role away, from its users as well. From release
// 26.06 on. Core 8.4.10.3; WRITE_SYSTEM.
func deleteUserRole(c *svc.Call, req *tds.DeleteUserRole) (*tds.DeleteUserRoleResponse, error) {
	err := c.Update(func(tx *state.Tx) error { return tx.Users().DeleteRole(req.UserRole) })
	return &tds.DeleteUserRoleResponse{}, err
}

// maxUserRoles is the capability, which counts the predefined roles as well; nil:
// there are no user roles. Core 25.12 8.1.2.3.
func maxUserRoles(c *svc.Call) *int {
	most := c.View().Users.Limits.Roles
	if most <= 0 || !c.SimulatedAll("tds:GetUserRoles", "tds:SetUserRole", "tds:DeleteUserRole") {
		return nil
	}
	return svc.Ref(most + len(users.Predefined()))
}
