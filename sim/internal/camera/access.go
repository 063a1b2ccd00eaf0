package camera

import (
	"fmt"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/state"
)

// access is the camera's access policy (Core 5.9.4): one for all its doors.
type access struct {
	policy auth.Policy
	// lowest are the levels of single operations, before those of their classes.
	lowest map[string]auth.Level
	// open lets anybody do anything until there is a user; otherwise all that can
	// be done is to make one.
	open  bool
	state *state.Camera
}

// newAccess follows the profile.
func newAccess(p *profiles.Profile, s *state.Camera) (*access, error) {
	a := &access{policy: auth.DefaultPolicy(), lowest: map[string]auth.Level{}, open: p.Auth.BeforeFirstUser == "anything", state: s}
	for word, name := range p.Auth.Access.Classes.ByName() {
		class, err := auth.ParseClass(word)
		if err != nil {
			return nil, err
		}
		level, err := auth.ParseLevel(name)
		if err != nil {
			return nil, fmt.Errorf("access class %s: %w", word, err)
		}
		a.policy = a.policy.With(class, from(level)...)
	}
	for _, o := range p.Auth.Access.Operations {
		level, err := auth.ParseLevel(o.Level)
		if err != nil {
			return nil, fmt.Errorf("operation %q: %w", o.Operation, err)
		}
		a.lowest[o.Operation] = level
	}
	return a, nil
}

// accountsOff are the operations about passwords and roles that a profile does
// not have: those of Core 8.5 and SetHashingAlgorithm came after release 20.12,
// user roles with 25.12.
func accountsOff(p *profiles.Profile) []string {
	var off []string
	if roles(p) == 0 {
		off = rolesOperations()
	}
	history := []string{"tds:GetPasswordHistoryConfiguration", "tds:SetPasswordHistoryConfiguration"}
	switch {
	case p.ONVIF.Release == "18.12":
		off = append(append(off, history...), "tds:SetHashingAlgorithm",
			"tds:GetPasswordComplexityOptions", "tds:GetPasswordComplexityConfiguration", "tds:SetPasswordComplexityConfiguration",
			"tds:GetAuthFailureWarningOptions", "tds:GetAuthFailureWarningConfiguration", "tds:SetAuthFailureWarningConfiguration")
	case p.Limits.Users.PasswordHistory == 0:
		off = append(off, history...)
	}
	return off
}

// roles is how many user roles clients can define: they came with release 25.12.
func roles(p *profiles.Profile) int {
	if p.ONVIF.Release < "25.12" {
		return 0
	}
	return p.Limits.Users.Roles
}

func rolesOperations() []string {
	return []string{"tds:GetUserRoles", "tds:SetUserRole", "tds:DeleteUserRole"}
}

// from lists a level and those above it.
func from(lowest auth.Level) []auth.Level {
	var list []auth.Level
	for l := lowest; l <= auth.Administrator; l++ {
		list = append(list, l)
	}
	return list
}

// operation reports whether somebody may call an operation: by their level, or
// because one of their roles has it for a function (Core 25.12 8.4.10).
func (a *access) operation(id auth.Identity, row *op.Row) bool {
	if a.unclaimed() && (a.open || row.ID() == "tds:CreateUsers" || row.ID() == "tds:GetUsers") {
		return true
	}
	if lowest, ok := a.lowest[row.ID()]; ok {
		return id.Level >= lowest || a.permits(id, row.ID())
	}
	return a.policy.Allows(id.Level, row.Class) || a.permits(id, row.ID())
}

// permits reports whether somebody's roles have one of the functions.
func (a *access) permits(id auth.Identity, functions ...string) bool {
	return id.Roles != "" && a.state.View().Users.Permits(id.Roles, functions...)
}

// stream reports whether somebody may see and hear over RTSP: access class
// READ_MEDIA, or a role that may ask where the streams are.
func (a *access) stream(id auth.Identity) bool {
	return a.media(id) || a.permits(id, "trt:GetStreamUri", "tr2:GetStreamUri")
}

// snapshot is the same for still pictures.
func (a *access) snapshot(id auth.Identity) bool {
	return a.media(id) || a.permits(id, "trt:GetSnapshotUri", "tr2:GetSnapshotUri")
}

// media reports whether somebody's level may use class READ_MEDIA.
func (a *access) media(id auth.Identity) bool {
	return a.unclaimed() && a.open || a.policy.Allows(id.Level, auth.ReadMedia)
}

// unclaimed reports whether the camera has no user yet. Who may do what then,
// the profile says; the first user must be an administrator (package users).
func (a *access) unclaimed() bool { return len(a.state.View().Users.Users) == 0 }
