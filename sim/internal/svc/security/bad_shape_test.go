package security_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

// TestSpoiltRequestsAreRefused takes the request of every operation that is
// served and spoils each of its elements: missing, twice, in another order,
// empty, far too long, with a stranger or an unknown attribute in it. What the
// schema forbids is refused with a fault of the sender's, and nothing changes.
func TestSpoiltRequestsAreRefused(t *testing.T) {
	t.Parallel()
	f, check := newFixture(t), schematest.Collect(t)
	rows, all := table(f.material), spoiltRequests{of: map[string][]spoilt{}}
	for _, o := range specified(t) {
		all.add(t, o.Operation, f.fill(rows[o.Operation].served.body))
	}
	valid := schematest.Valid(t, all.messages...)
	for operation, bad := range all.of {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, f, check)
			if before := rows[operation].served.before; before != nil {
				if err := b.State.Update(before); err != nil {
					t.Fatal(err)
				}
			}
			was := sections(t, b.Camera)
			for _, s := range bad {
				b.refuses(t, s, valid[s.number])
			}
			if !bytes.Equal(sections(t, b.Camera), was) { // the sections that were there before
				t.Error("what was the state before has changed")
			}
		})
	}
}

// spoilt is a spoilt request; the number is that among all.
type spoilt struct {
	what, message string
	number        int
}

// spoiltRequests are those of all operations.
type spoiltRequests struct {
	of       map[string][]spoilt
	messages [][]byte
}

func (r *spoiltRequests) add(t *testing.T, operation, good string) {
	t.Helper()
	bad := cameratest.Spoil(t, []byte(cameratest.Envelope("", good)))
	for _, what := range slices.Sorted(maps.Keys(bad)) {
		r.of[operation] = append(r.of[operation], spoilt{what, bad[what], len(r.messages)})
		r.messages = append(r.messages, []byte(bad[what]))
	}
}

// refuses sends a spoilt request, which the schema allows or not.
func (b *bench) refuses(t *testing.T, s spoilt, valid bool) {
	t.Helper()
	tree := b.State.View()
	a := b.Call(t, cameratest.Call{As: "admin", Envelope: s.message})
	b.check.Add("", a.Body)
	switch {
	case a.Fault == "" && !valid:
		t.Errorf("%s: served, against the schema: %.1000s", s.what, s.message)
	case a.Fault == "":
		b.back(t, tree)
		return
	case !strings.HasPrefix(a.Fault, "env:Sender/") && !strings.HasPrefix(a.Fault, "env:Receiver/ter:Action/"):
		t.Errorf("%s: %s", s.what, a.Fault)
	}
	if b.State.View() != tree {
		t.Errorf("%s: %s, and the state changed", s.what, a.Fault)
	}
}
