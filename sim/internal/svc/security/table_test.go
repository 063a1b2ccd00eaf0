package security_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc/security"
)

// attempt is one request of the table and the state that it needs.
type attempt struct {
	// body is the request; {name} stands for an ID of the fixture.
	body string
	// before changes the fixture's state for this request only.
	before func(*state.Tx) error
	// full says that no change can be stored.
	full bool
	// never says why nothing in this camera can provoke the fault.
	never string
}

// entry is an operation's row of the table: what is served, and what provokes
// each fault that is documented, by the last name of its path.
type entry struct {
	served attempt
	faults map[string]attempt
}

// table is the one table of the service: every operation, every documented
// fault. That nothing is missing and nothing is too much,
// [TestTableIsComplete] says.
func table(m *material) map[string]entry {
	all := map[string]entry{}
	for _, part := range []map[string]entry{
		keyEntries(m), certificateEntries(m), pathEntries(), storeEntries(m), serverEntries(), otherEntries(),
	} {
		for name, e := range part {
			if _, twice := all[name]; twice {
				panic("two rows for " + name)
			}
			all[name] = e
		}
	}
	return all
}

// with changes the keystore for one request.
func with(change func(*keystore.Section)) func(*state.Tx) error {
	return func(tx *state.Tx) error { change(tx.Keystore()); return nil }
}

// accounts are the access levels with an account of each; "" is nobody.
var accounts = [...]struct{ level, account string }{
	{"anonymous", ""}, {"User", "viewer"}, {"Operator", "operator"}, {"Administrator", "admin"},
}

// lowest is the first of the accounts that may call operations of a class by
// the default access policy, as Core 5.9.4 prints it.
var lowest = map[string]int{"PRE_AUTH": 0, "READ_SYSTEM": 1, "READ_SYSTEM_SECRET": 3, "UNRECOVERABLE": 3, "WRITE_SYSTEM": 3}

// disk stores everything, or nothing once it is full.
type disk struct{ full atomic.Bool }

func (d *disk) Save(*state.Tree) error {
	if d.full.Load() {
		return fmt.Errorf("no space left on device")
	}
	return nil
}

// bench is a camera with the fixture's state.
type bench struct {
	*cameratest.Camera
	fixture *fixture
	disk    *disk
	check   *schematest.Collector
	nonce   int // how many requests needed one
	checked int // how many answers of a fuzzer were checked
}

func newBench(t testing.TB, f *fixture, check *schematest.Collector) *bench {
	t.Helper()
	b := &bench{fixture: f, disk: &disk{}, check: check}
	b.Camera = cameratest.New(t, cameratest.Config{Opened: f.opened, First: f.tree, Saver: b.disk})
	return b
}

// fill puts IDs for their names.
func (f *fixture) fill(body string) string {
	if missing := placeholder.FindString(f.ids.Replace(body)); missing != "" {
		panic("nothing has the name " + missing)
	}
	return f.ids.Replace(body)
}

// frozen is a state as bytes, to see that nothing of it changed.
func frozen(t testing.TB, c *cameratest.Camera) []byte {
	t.Helper()
	b, err := json.Marshal(c.State.View())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sections are the same without the number of changes, so that a change and
// its undoing leave no trace.
func sections(t testing.TB, c *cameratest.Camera) []byte {
	t.Helper()
	tree := *c.State.View()
	tree.Version = 0
	b, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// unchanged runs f and fails the test if it changed anything of the state.
func (b *bench) unchanged(t testing.TB, f func() cameratest.Answer) cameratest.Answer {
	t.Helper()
	tree, was := b.State.View(), frozen(t, b.Camera)
	a := f()
	if b.State.View() != tree || !bytes.Equal(frozen(t, b.Camera), was) {
		t.Errorf("%s: the state changed", a.Fault)
	}
	return a
}

// back undoes all changes since the tree.
func (b *bench) back(t testing.TB, tree *state.Tree) {
	t.Helper()
	b.disk.full.Store(false)
	if err := b.State.Update(func(tx *state.Tx) error { tx.Replace(*tree); return nil }); err != nil {
		t.Fatal(err)
	}
}

// ask sends an attempt as an account, by UsernameToken or else by Digest.
func (b *bench) ask(t testing.TB, body, account string, token bool) cameratest.Answer {
	t.Helper()
	q := cameratest.Call{As: account, Body: body}
	if token {
		b.nonce++
		q.As, q.Header = "", cameratest.UsernameToken(account, cameratest.Password, fmt.Sprint("nonce ", b.nonce), cameratest.Start())
	}
	a := b.Call(t, q)
	b.check.Add("", a.Body)
	return a
}

// try makes an attempt as everybody. Who may gets the fault, or with "" is
// served and the state put back; all others get NotAuthorized and nothing else.
func (b *bench) try(t *testing.T, o operation, a attempt, fault string, account string, may bool) {
	t.Helper()
	before := b.State.View()
	defer b.back(t, before)
	if a.before != nil {
		if err := b.State.Update(a.before); err != nil {
			t.Fatal(err)
		}
	}
	b.disk.full.Store(a.full)
	body, prepared := b.fixture.fill(a.body), b.State.View()
	for _, token := range []bool{false, true} {
		if account == "" && token {
			continue
		}
		want, status := fault, 200
		switch {
		case !may:
			want, status = "env:Sender/ter:NotAuthorized", map[bool]int{false: 401, true: 400}[token]
		case strings.HasPrefix(fault, "env:Sender"):
			status = 400
		case fault != "":
			status = 500
		}
		ask := func() cameratest.Answer { return b.ask(t, body, account, token) }
		var got cameratest.Answer
		if want == "" {
			if got = ask(); b.State.View() != prepared {
				b.back(t, prepared)
				prepared = b.State.View()
			}
		} else {
			got = b.unchanged(t, ask)
		}
		if got.Fault != want || got.Status != status {
			t.Errorf("%s as %q, token %v: %d %q, want %d %q\n%.600s\n%s", o.Operation, account, token, got.Status, got.Fault, status, want, body, got.Body)
		}
		if want == "" && got.Root != nil && got.Root.Tag != o.Operation+"Response" {
			t.Errorf("%s is answered with %s", o.Operation, got.Root.Tag)
		}
	}
	b.check.Add("", []byte(cameratest.Envelope("", body)))
}

// TestEveryOperationFaultAndLevel drives every operation, its success and each
// documented fault, at every access level.
func TestEveryOperationFaultAndLevel(t *testing.T) {
	t.Parallel()
	f, check := newFixture(t), schematest.Collect(t)
	rows := table(f.material)
	for _, o := range specified(t) {
		t.Run(o.Operation, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, f, check)
			for i, who := range accounts {
				may := i >= lowest[o.Class]
				t.Run(o.levelCase(i)+" "+o.Class+" "+who.level, func(t *testing.T) {
					b.try(t, o, rows[o.Operation].served, "", who.account, may)
				})
			}
			for _, fault := range o.Faults {
				a := rows[o.Operation].faults[fault.last()]
				t.Run(fault.ID+" "+fault.last(), func(t *testing.T) {
					if a.never != "" {
						t.Log("cannot be provoked: " + a.never)
						return
					}
					for i, who := range accounts {
						b.try(t, o, a, fault.path(), who.account, i >= lowest[o.Class])
					}
				})
			}
		})
	}
}

// TestTableIsComplete: all operations, all documented faults, nothing else; and
// the service carries every operation out.
func TestTableIsComplete(t *testing.T) {
	t.Parallel()
	const most = 3 // faults that cannot be provoked
	rows, seen, never := table(newMaterial(t)), map[string]bool{}, 0
	carried := map[string]bool{}
	for _, e := range security.Service().Entries {
		carried[e.Row.Name] = e.Call != nil
	}
	for _, o := range specified(t) {
		e, ok := rows[o.Operation]
		if seen[o.Operation] = true; !ok {
			t.Errorf("%s has no row", o.Operation)
			continue
		}
		if _, known := lowest[o.Class]; !known {
			t.Errorf("%s: the class %s is new here", o.Operation, o.Class)
		}
		if !carried[o.Operation] || !strings.HasPrefix(e.served.body, "<tas:"+o.Operation) {
			t.Errorf("%s is not carried out, or its row is another's: %.60s", o.Operation, e.served.body)
		}
		documented := map[string]bool{}
		for _, fault := range o.Faults {
			documented[fault.last()] = true
			a, ok := e.faults[fault.last()]
			if (a.body == "") == (a.never == "") || !ok {
				t.Errorf("%s, %s: want a request, or else a reason why there is none", o.Operation, fault.path())
			}
			if a.never != "" {
				never++
			}
		}
		for _, name := range slices.Sorted(maps.Keys(e.faults)) {
			if !documented[name] {
				t.Errorf("%s does not document %s", o.Operation, name)
			}
		}
	}
	for name := range rows {
		if !seen[name] {
			t.Errorf("there is no operation %s", name)
		}
	}
	if never > most {
		t.Errorf("%d faults cannot be provoked, at most %d", never, most)
	}
}
