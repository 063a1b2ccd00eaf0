package security_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

// ofWrongID are the last names of faults that an ID can be to blame for.
var ofWrongID = regexp.MustCompile(`/ter:(\w+ID|NoConfig|InvalidConfig|InvalidNetworkInterface)$`)

// wrongIDs are what may stand where an ID should, but for the names of the
// fixture: no thing of another kind may be taken for one of the right kind.
func wrongIDs() map[string]string {
	return map[string]string{
		"nothing": "nothing", "10 kB": strings.Repeat("a", 10<<10), "65 letters": strings.Repeat("a", 65), "empty": "",
		"no NCName": "a b:c", "Unicode": "キー", "another case": "KEY-0", "a path": "../../keystore", "a number": "0",
	}
}

// TestWrongIDsAreRefused puts what is no ID, or that of a thing of another
// type, wherever an operation takes an ID: each time the fault is of the
// sender's, one that says so where the ID could be one, and nothing changes.
func TestWrongIDsAreRefused(t *testing.T) {
	t.Parallel()
	f, check := newFixture(t), schematest.Collect(t)
	rows, operations := table(f.material), 0
	for _, o := range specified(t) {
		good := rows[o.Operation].served.body
		places := placeholder.FindAllStringIndex(good, -1)
		if len(places) == 0 {
			continue
		}
		operations++
		t.Run(o.Operation, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, f, check)
			if before := rows[o.Operation].served.before; before != nil {
				if err := b.State.Update(before); err != nil {
					t.Fatal(err)
				}
			}
			for _, place := range places {
				b.misname(t, good, place)
			}
		})
	}
	if operations < 37 {
		t.Errorf("only %d operations take an ID", operations)
	}
}

// misname puts every wrong ID into one place of a request.
func (b *bench) misname(t *testing.T, good string, place []int) {
	t.Helper()
	wrong := wrongIDs()
	right := good[place[0]:place[1]]
	for name, id := range b.fixture.names {
		if kind(id) != kind(b.fixture.fill(right)) {
			wrong["{"+name+"}"] = id
		}
	}
	for _, what := range slices.Sorted(maps.Keys(wrong)) {
		body := b.fixture.fill(good[:place[0]]) + wrong[what] + b.fixture.fill(good[place[1]:])
		a := b.unchanged(t, func() cameratest.Answer { return b.ask(t, body, "admin", false) })
		possible := what == "nothing" || strings.HasPrefix(what, "{")
		if a.Status != 400 || possible && !ofWrongID.MatchString(a.Fault) || !strings.HasPrefix(a.Fault, "env:Sender/ter:InvalidArg") {
			t.Errorf("%s for %s: %d %q\n%.400s\n%.900s", what, right, a.Status, a.Fault, body, a.Body)
		}
		if len(a.Body) > 4<<10 {
			t.Errorf("%s for %s: the fault has %d bytes", what, right, len(a.Body))
		}
	}
}

// kind is what an ID is of: "key-…".
func kind(id string) string {
	before, _, _ := strings.Cut(id, "-")
	return before
}

// TestFixtureHasAThingOfEveryKind: so that none is left out above.
func TestFixtureHasAThingOfEveryKind(t *testing.T) {
	t.Parallel()
	kinds := map[string]bool{}
	for _, id := range newFixture(t).names {
		kinds[kind(id)] = true
	}
	if got := slices.Sorted(maps.Keys(kinds)); len(got) != 9 {
		t.Errorf("%d kinds: %s", len(got), fmt.Sprint(got))
	}
}
