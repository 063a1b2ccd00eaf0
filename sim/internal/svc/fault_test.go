package svc

import (
	"errors"
	"fmt"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errFull, errWeak = errors.New("it is full"), errors.New("too weak")

func TestRowPicksAmongTheFaultsOfAnError(t *testing.T) {
	t.Parallel()
	faults := append(Faults{
		FaultFor(errFull, "env:Receiver/ter:Action/ter:Full"),
		FaultFor(errWeak, "env:Sender/ter:OperationProhibited/ter:Password", "env:Sender/ter:OperationProhibited/ter:PasswordTooWeak", "env:Sender/ter:InvalidArgVal"),
	}, Common()...)
	lists := func(sub string) *op.Row {
		return &op.Row{Faults: []op.FaultRow{{Code: "env:Sender", Subcode: "ter:OperationProhibited", Subsubcode: sub}}}
	}
	for _, tc := range []struct {
		row  *op.Row
		err  error
		want string
	}{
		{lists("ter:PasswordTooWeak"), errWeak, "env:Sender/ter:OperationProhibited/ter:PasswordTooWeak"},
		{lists("ter:Password"), errWeak, "env:Sender/ter:OperationProhibited/ter:Password"},
		{lists("ter:Other"), errWeak, "env:Sender/ter:InvalidArgVal"}, // generic: every row allows it
		{lists("ter:Other"), fmt.Errorf("user %q: %w", "u", errFull), "env:Receiver/ter:Action/ter:Full"},
		{&op.Row{}, fmt.Errorf("level: %w", ErrArgument), "env:Sender/ter:InvalidArgVal"},
		{&op.Row{}, ErrStopped, "env:Receiver/ter:Action"},
	} {
		f := faults.Of(tc.row, tc.err)
		if f == nil || f.Path() != tc.want {
			t.Errorf("%v: %v, want %s", tc.err, f, tc.want)
		}
	}
	if f := faults.Of(&op.Row{}, errors.New("unheard of")); f != nil {
		t.Errorf("an error nobody knows is %v", f)
	}
}

// TestReasonOfGenericFaultsIsNormative and what was wrong stands in the detail;
// a fault of the operation's own says it in the reason (Core 5.8.2).
func TestReasonOfGenericFaultsIsNormative(t *testing.T) {
	t.Parallel()
	faults := Faults{FaultFor(errFull, "env:Receiver/ter:Action/ter:Full"), FaultFor(errWeak, "env:Sender/ter:InvalidArgVal")}
	own, generic := faults.Of(&op.Row{}, errFull), faults.Of(&op.Row{}, errWeak)
	if own.Reason != "it is full" || own.Detail != nil {
		t.Errorf("own fault: %q, detail %v", own.Reason, own.Detail)
	}
	if want := soap.InvalidArgVal().Reason; generic.Reason != want || generic.Detail == nil || generic.Detail.FindElement("./Text").Text() != "too weak" {
		t.Errorf("generic fault: %q, detail %v", generic.Reason, generic.Detail)
	}
}

func TestReleaseIsAVersion(t *testing.T) {
	t.Parallel()
	for release, want := range map[string][2]int{"25.06": {25, 6}, "18.12": {18, 12}} {
		if major, minor := Release(release); [2]int{major, minor} != want {
			t.Errorf("%s: %d.%d", release, major, minor)
		}
	}
	for _, release := range []string{"", "25", "25.", "a.b", "25.06.1"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("release %q is taken", release)
				}
			}()
			Release(release)
		}()
	}
}
