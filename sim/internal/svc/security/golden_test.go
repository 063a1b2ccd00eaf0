package security_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

var update = flag.Bool("update", false, "write the golden messages anew")

const golden = "../../../../fixtures/golden/security"

// TestGoldenRequestsHaveTheirGoldenAnswers: every operation has a pair of
// golden messages that is served, and one of a fault if it documents any that
// the fixture can provoke. Nothing in them moves: keys, times and identifiers
// are always the same.
func TestGoldenRequestsHaveTheirGoldenAnswers(t *testing.T) {
	t.Parallel()
	f, check := newFixture(t), schematest.Collect(t)
	rows := table(f.material)
	for _, o := range specified(t) {
		t.Run(o.Operation, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, f, check)
			b.golden(t, o.Operation, "", rows[o.Operation].served)
			for _, fault := range o.Faults {
				if a := rows[o.Operation].faults[fault.last()]; a.before == nil && !a.full && a.never == "" {
					b.golden(t, o.Operation+"-"+fault.last(), fault.path(), a)
					break
				}
			}
		})
	}
}

func (b *bench) golden(t *testing.T, name, fault string, a attempt) {
	t.Helper()
	before := b.State.View()
	defer b.back(t, before)
	if a.before != nil {
		if err := b.State.Update(a.before); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(golden, name)
	if *update {
		cameratest.Golden(t, file+".request.xml", []byte(cameratest.Envelope("", b.fixture.fill(a.body))), true)
	}
	request, err := os.ReadFile(file + ".request.xml")
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	got := b.Call(t, cameratest.Call{As: "admin", Envelope: string(request)})
	b.check.Add("", request)
	b.check.Add("", got.Body)
	if got.Fault != fault {
		t.Errorf("fault %q, want %q", got.Fault, fault)
	}
	cameratest.Golden(t, file+".response.xml", got.Body, *update)
}
