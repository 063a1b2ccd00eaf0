//go:build race

package e2e

// buildFlags build the program as the tests are built, so that nothing is
// compiled twice.
func buildFlags() []string { return []string{"-race"} }
