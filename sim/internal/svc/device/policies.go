package device

import (
	"strings"

	"github.com/camfleet/camfleet/sim/internal/onvif/tds"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
	"github.com/camfleet/camfleet/sim/internal/users"
)

// getPasswordComplexityOptions tells what new passwords can be required to have.
// Core 8.5.1; READ_SYSTEM.
func getPasswordComplexityOptions(c *svc.Call, _ *tds.GetPasswordComplexityOptions) (*tds.GetPasswordComplexityOptionsResponse, error) {
	upTo := func(n int) *tt.IntRange { return &tt.IntRange{Max: n} }
	return &tds.GetPasswordComplexityOptionsResponse{
		MinLenRange:    upTo(c.View().Users.Limits.WithDefaults().PasswordMax),
		UppercaseRange: upTo(users.ComplexityMax), NumberRange: upTo(users.ComplexityMax), SpecialCharsRange: upTo(users.ComplexityMax),
		BlockUsernameOccurrenceSupported: svc.Ref(true), PolicyConfigurationLockSupported: svc.Ref(true),
	}, nil
}

// getPasswordComplexityConfiguration tells what new passwords are required to
// have. Core 8.5.2; READ_SYSTEM.
func getPasswordComplexityConfiguration(c *svc.Call, _ *tds.GetPasswordComplexityConfiguration) (*tds.GetPasswordComplexityConfigurationResponse, error) {
	now := c.View().Users.Complexity
	return &tds.GetPasswordComplexityConfigurationResponse{
		MinLen: &now.MinLen, Uppercase: &now.Uppercase, Number: &now.Number, SpecialChars: &now.SpecialChars,
		BlockUsernameOccurrence: &now.BlockName, PolicyConfigurationLocked: &now.Locked,
	}, nil
}

// setPasswordComplexityConfiguration changes that; what is left out stays.
// Core 8.5.3; WRITE_SYSTEM.
func setPasswordComplexityConfiguration(c *svc.Call, req *tds.SetPasswordComplexityConfiguration) (*tds.SetPasswordComplexityConfigurationResponse, error) {
	err := c.Update(func(tx *state.Tx) error {
		next := tx.View().Users.Complexity
		assign(&next.MinLen, req.MinLen)
		assign(&next.Uppercase, req.Uppercase)
		assign(&next.Number, req.Number)
		assign(&next.SpecialChars, req.SpecialChars)
		assign(&next.BlockName, req.BlockUsernameOccurrence)
		assign(&next.Locked, req.PolicyConfigurationLocked)
		return tx.Users().SetComplexity(next)
	})
	return &tds.SetPasswordComplexityConfigurationResponse{}, err
}

// assign changes a value if there is another.
func assign[T any](value *T, given *T) {
	if given != nil {
		*value = *given
	}
}

// getPasswordHistoryConfiguration tells how many passwords are remembered.
// Core 8.5.4; READ_SYSTEM.
func getPasswordHistoryConfiguration(c *svc.Call, _ *tds.GetPasswordHistoryConfiguration) (*tds.GetPasswordHistoryConfigurationResponse, error) {
	now := c.View().Users.History
	return &tds.GetPasswordHistoryConfigurationResponse{Enabled: now.Enabled, Length: now.Length}, nil
}

// setPasswordHistoryConfiguration changes that. Core 8.5.5; WRITE_SYSTEM.
func setPasswordHistoryConfiguration(c *svc.Call, req *tds.SetPasswordHistoryConfiguration) (*tds.SetPasswordHistoryConfigurationResponse, error) {
	err := c.Update(func(tx *state.Tx) error {
		return tx.Users().SetHistory(users.History{Enabled: req.Enabled, Length: req.Length})
	})
	return &tds.SetPasswordHistoryConfigurationResponse{}, err
}

// getAuthFailureWarningOptions tells of what wrong passwords a client can be
// warned; the period is in seconds. Core 8.5.6; READ_SYSTEM.
func getAuthFailureWarningOptions(*svc.Call, *tds.GetAuthFailureWarningOptions) (*tds.GetAuthFailureWarningOptionsResponse, error) {
	return &tds.GetAuthFailureWarningOptionsResponse{
		MonitorPeriodRange: tt.IntRange{Min: users.WarningPeriodMin, Max: users.WarningPeriodMax},
		AuthFailureRange:   tt.IntRange{Min: users.WarningFailuresMin, Max: users.WarningFailuresMax},
	}, nil
}

// getAuthFailureWarningConfiguration tells of what wrong passwords a client is
// warned. Core 8.5.7; READ_SYSTEM.
func getAuthFailureWarningConfiguration(c *svc.Call, _ *tds.GetAuthFailureWarningConfiguration) (*tds.GetAuthFailureWarningConfigurationResponse, error) {
	now := c.View().Users.Warning.WithDefaults()
	return &tds.GetAuthFailureWarningConfigurationResponse{Enabled: now.Enabled, MonitorPeriod: now.Period, MaxAuthFailures: now.MaxFailures}, nil
}

// setAuthFailureWarningConfiguration changes that. Core 8.5.8; WRITE_SYSTEM.
func setAuthFailureWarningConfiguration(c *svc.Call, req *tds.SetAuthFailureWarningConfiguration) (*tds.SetAuthFailureWarningConfigurationResponse, error) {
	err := c.Update(func(tx *state.Tx) error {
		return tx.Users().SetWarning(users.FailureWarning{Enabled: req.Enabled, Period: req.MonitorPeriod, MaxFailures: req.MaxAuthFailures})
	})
	return &tds.SetAuthFailureWarningConfigurationResponse{}, err
}

// setHashingAlgorithm chooses the algorithms of Digest authentication, the
// preferred one first: a list of the schema, or, as the capability's description
// has it, with commas. Core 5.9.3.1; WRITE_SYSTEM.
func setHashingAlgorithm(c *svc.Call, req *tds.SetHashingAlgorithm) (*tds.SetHashingAlgorithmResponse, error) {
	list := strings.FieldsFunc(strings.Join(req.Algorithm, ","), func(r rune) bool { return r == ',' })
	err := c.Update(func(tx *state.Tx) error {
		return tx.Users().SetHashing(list, c.Profile.Auth.Digest.Algorithms)
	})
	return &tds.SetHashingAlgorithmResponse{}, err
}

// securityPolicies are those whose operations are all there. Core 8.5.
func securityPolicies(c *svc.Call) []string {
	var list []string
	for _, p := range []struct {
		name       string
		operations []string
	}{
		{"PasswordComplexity", []string{"tds:GetPasswordComplexityOptions", "tds:GetPasswordComplexityConfiguration", "tds:SetPasswordComplexityConfiguration"}},
		{"AuthFailureWarnings", []string{"tds:GetAuthFailureWarningOptions", "tds:GetAuthFailureWarningConfiguration", "tds:SetAuthFailureWarningConfiguration"}},
	} {
		if c.SimulatedAll(p.operations...) {
			list = append(list, p.name)
		}
	}
	return list
}
