package auth

import "testing"

// TestTwoCredentialsMayWhatBothMay: the lower level, and the roles of both.
func TestTwoCredentialsMayWhatBothMay(t *testing.T) {
	t.Parallel()
	id := func(user string, l Level, r Roles) Identity {
		return Identity{User: user, Level: l, Roles: r, How: ByDigestMD5}
	}
	for name, tc := range map[string]struct{ header, token, want Identity }{
		"only one":         {Identity{}, id("b", User, "A B"), id("b", User, "A B")},
		"lower second":     {id("a", Operator, ""), id("b", User, ""), id("b", User, "")},
		"lower first":      {id("a", User, ""), id("b", Operator, ""), id("a", User, "")},
		"same level":       {id("a", User, ""), id("b", User, ""), id("a", User, "")},
		"roles in common":  {id("a", User, "A B C"), id("b", User, "C A D"), id("a", User, "A C")},
		"none in common":   {id("a", Anonymous, "A"), id("b", Anonymous, "B"), id("a", Anonymous, "")},
		"role of the one":  {id("a", Administrator, ""), id("b", Anonymous, "A"), id("b", Anonymous, "")},
		"role with a name": {id("a", Anonymous, "AB"), id("b", Anonymous, "A B"), id("a", Anonymous, "")},
	} {
		if got := lesser(tc.header, tc.token); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}
