package e2e

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/simtest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		theProgram.remove()
		os.Exit(code)
	}))
}

// patience bounds what a client may take; nothing should come near it.
const patience = 2 * time.Minute

// showcase are the built-in profiles, camera 1 to 4 of a fleet of them.
func showcase() []string {
	return []string{"flagship", "legacy-18-12", "tls-addon", "security-baseline"}
}

// startShowcase starts one camera of each built-in profile.
func startShowcase(t testing.TB, options ...simtest.Option) *sim.Fleet {
	t.Helper()
	return simtest.Fleet(t, append([]simtest.Option{simtest.Cameras(4), simtest.Profile(showcase()...)}, options...)...)
}

// forEach runs a parallel subtest for each camera of a fleet, numbered from 1.
func forEach(t *testing.T, fleet *sim.Fleet, f func(t *testing.T, number int, cam *simtest.Cam)) {
	t.Helper()
	for i, c := range fleet.Cameras() {
		t.Run(c.Profile, func(t *testing.T) {
			t.Parallel()
			f(t, i+1, simtest.Of(t, fleet, c.Name))
		})
	}
}

// result is what a program said and how it ended.
type result struct {
	stdout, stderr string
	code           int // exit code
}

// run runs a program to its end. Only its not starting fails the test.
func run(t testing.TB, stdin string, name string, args ...string) result {
	t.Helper()
	return runIn(t, "", stdin, name, args...)
}

// runIn runs a program in a folder.
func runIn(t testing.TB, dir, stdin string, name string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v (make test installs what the tests need)", name, err)
	}
	return result{out.String(), said.String(), cmd.ProcessState.ExitCode()}
}

// want fails the test unless a program has ended well.
func (r result) want(t testing.TB, what string) result {
	t.Helper()
	if r.code != 0 {
		t.Fatalf("%s: exit code %d\n%s%s", what, r.code, r.stderr, tail(r.stdout))
	}
	return r
}

// tail is the end of a long text.
func tail(s string) string {
	const enough = 4000
	if len(s) > enough {
		return "…" + s[len(s)-enough:]
	}
	return s
}
