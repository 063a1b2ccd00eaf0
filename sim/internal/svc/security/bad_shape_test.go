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
	rows := table(f.material)
	for _, o := range specified(t) {
		t.Run(o.Operation, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, f, check)
			a := rows[o.Operation].served
			if a.before != nil {
				if err := b.State.Update(a.before); err != nil {
					t.Fatal(err)
				}
			}
			b.spoil(t, f.fill(a.body))
		})
	}
}

func (b *bench) spoil(t *testing.T, good string) {
	t.Helper()
	bad := cameratest.Spoil(t, []byte(cameratest.Envelope("", good)))
	names := slices.Sorted(maps.Keys(bad))
	var messages [][]byte
	for _, what := range names {
		messages = append(messages, []byte(bad[what]))
	}
	valid := schematest.Valid(t, messages...)
	was := sections(t, b.Camera)
	for i, what := range names {
		tree := b.State.View()
		a := b.Call(t, cameratest.Call{As: "admin", Envelope: bad[what]})
		b.check.Add("", a.Body)
		switch {
		case a.Fault == "" && !valid[i]:
			t.Errorf("%s: served, against the schema: %.1000s", what, bad[what])
		case a.Fault == "":
			b.back(t, tree)
			continue
		case !strings.HasPrefix(a.Fault, "env:Sender/") && !strings.HasPrefix(a.Fault, "env:Receiver/ter:Action/"):
			t.Errorf("%s: %s", what, a.Fault)
		}
		if b.State.View() != tree {
			t.Errorf("%s: %s, and the state changed", what, a.Fault)
		}
	}
	if !bytes.Equal(sections(t, b.Camera), was) { // the sections that were there before
		t.Error("what was the state before has changed")
	}
}
