package op_test

import (
	"testing"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

func TestRowAllowsItsOwnFaultsAndTheGenericOnes(t *testing.T) {
	t.Parallel()
	r := row("Read", auth.ReadSystem)
	r.Faults = append(r.Faults, op.FaultRow{Code: "env:Sender", Subcode: "ter:Special"})
	generic := soap.Generic
	own := func(sub string) *soap.Fault { return soap.FaultOf("env:Sender", "ter:InvalidArgVal", sub, "x") }
	for _, tc := range []struct {
		fault  *soap.Fault
		lists  bool
		allows bool
	}{
		{own("ter:NoSuch"), true, true},
		{own("ter:Other"), false, false},
		{generic(soap.Sender, "ter:Special"), true, true},
		{generic(soap.Sender, "ter:InvalidArgVal"), false, true},
		{generic(soap.Receiver, "ter:InvalidArgVal"), false, false},
		{generic(soap.Receiver, "ter:Action"), false, true},
		{generic(soap.Sender, "ter:Action"), false, false},
		{generic(soap.Sender, "tt:InvalidArgVal"), false, false},
		{generic(soap.MustUnderstand, ""), false, true},
		{generic(soap.MustUnderstand, "ter:InvalidArgVal"), false, false},
		{generic(soap.VersionMismatch, ""), false, true},
		{generic(soap.DataEncodingUnknown, ""), false, true},
		{generic(soap.Sender, ""), false, false},
		{generic(soap.Receiver, ""), false, false},
		{&soap.Fault{Code: soap.Receiver, Detail: etree.NewElement("env:Detail")}, false, true}, // WS-BaseNotification (Core 9.9)
		{soap.ActionNotSupported(), false, true}, {soap.CriticalError(), false, true}, {soap.OutOfMemory(), false, true},
		{soap.UnknownAction(), false, true}, {soap.OperationProhibited(), false, true}, {soap.NotAuthorized(), false, true},
	} {
		if lists, allows := r.Lists(tc.fault), r.Allows(tc.fault); lists != tc.lists || allows != tc.allows {
			t.Errorf("%s: lists %v, allows %v; want %v, %v", tc.fault.Path(), lists, allows, tc.lists, tc.allows)
		}
	}
}

func TestPathOfAFaultRowLeavesEmptyNamesOut(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]op.FaultRow{
		"env:Sender":                         {Code: "env:Sender"},
		"env:Sender/ter:InvalidArgVal":       {Code: "env:Sender", Subcode: "ter:InvalidArgVal"},
		"env:Sender/ter:InvalidArgVal/ter:A": {Code: "env:Sender", Subcode: "ter:InvalidArgVal", Subsubcode: "ter:A"},
	} {
		if got := f.Path(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTableFindsOperationsByNameAndID(t *testing.T) {
	t.Parallel()
	one, two := []op.Entry[caller]{entry("A", auth.PreAuth, reply)}, []op.Entry[caller]{entry("B", auth.PreAuth, nil)}
	for name, table := range map[string]*op.Table[caller]{
		"one table": op.NewTable(one, two), "two joined": op.Join(op.NewTable(one), op.NewTable(two)),
	} {
		a, ok := table.Find(soap.Name("tds:A"))
		if !ok || a.Row.ID() != "tds:A" || a.Call == nil || a.New == nil {
			t.Errorf("%s: A: %+v", name, a)
		}
		b, ok := table.ByID("tds:B")
		if !ok || b.Call != nil || b.New != nil {
			t.Errorf("%s: B: %+v", name, b)
		}
		if _, ok := table.Find(soap.Name("trt:A")); ok {
			t.Errorf("%s: found in another namespace", name)
		}
		if _, ok := table.ByID("A"); ok {
			t.Errorf("%s: found without its prefix", name)
		}
		if !table.Knows(soap.Name("tds:x").Space) || table.Knows("urn:x") {
			t.Errorf("%s: the namespaces are wrong", name)
		}
		if all := table.All(); len(all) != 2 || all[0] != a || all[1] != b {
			t.Errorf("%s: %d entries, or in another order", name, len(all))
		}
	}
}
