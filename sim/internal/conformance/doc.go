// Package conformance runs the cases of the public ONVIF device test
// specifications, and those derived from the standards, against cameras of
// every built-in profile. It has only tests.
//
// A case has the identifier of its test specification, what it needs of a
// device, and the steps a client takes. What a camera signals decides which
// cases apply to it, as it does for the official test tool; COVERAGE.md says
// what came of it and is written by
//
//	go test ./sim/internal/conformance -update
//
// One case of one profile is run by its identifier:
//
//	go test ./sim/internal/conformance -run '/flagship/.*/ADVANCED_SECURITY-3-2-4$'
//
// Every profile runs as it is built in, but that RSA keys of 4096 bits, which take a
// processor seconds, are made on flagship alone, and keys take the time that the
// clock of the tests says.
//
// STATEMENTS.md lists every requirement of the Security specification with the
// tests that prove it, here or elsewhere, or why there is nothing to prove.
//
// To add a case, add it to the table of its section; to add a section, add it
// to sections in coverage_test.go.
package conformance
