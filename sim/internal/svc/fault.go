package svc

import (
	"errors"
	"strings"

	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/state"
)

// Faults maps the errors of the rules to faults. A rule does not know which
// operation asks, so an error may stand for several faults: the operation's
// row picks.
type Faults []FaultOf

// FaultOf is one error and the faults it can be, as paths such as
// "env:Sender/ter:InvalidArgVal/ter:NoScope". The first that the row allows is
// answered; if it allows none, the first.
type FaultOf struct {
	Err   error
	Paths []string
}

// FaultFor makes an entry of [Faults].
func FaultFor(err error, paths ...string) FaultOf { return FaultOf{Err: err, Paths: paths} }

// Of returns the fault for err, or nil if no entry is for it.
func (f Faults) Of(row *op.Row, err error) *soap.Fault {
	for _, e := range f {
		if !errors.Is(err, e.Err) {
			continue
		}
		fault := faultAt(e.Paths[0], err)
		for _, path := range e.Paths {
			if candidate := faultAt(path, err); row.Allows(candidate) {
				fault = candidate
				break
			}
		}
		return fault
	}
	return nil
}

// faultAt makes the fault of a path and tells what was wrong: as the reason of
// an operation's own fault, beside the normative reason of a generic one.
func faultAt(path string, err error) *soap.Fault {
	names := append(strings.Split(path, "/"), "", "")
	if names[2] == "" {
		return soap.FaultOf(names[0], names[1], "", "").WithText(err.Error())
	}
	return soap.FaultOf(names[0], names[1], names[2], err.Error())
}

// Common are the errors every service shares.
func Common() Faults {
	return Faults{
		FaultFor(ErrArgument, "env:Sender/ter:InvalidArgVal"),
		FaultFor(ErrStopped, "env:Receiver/ter:Action"),
		FaultFor(state.ErrStore, "env:Receiver/ter:Action"),
	}
}

// ErrArgument is an argument whose value is wrong where the operation lists no
// fault of its own for it.
var ErrArgument = errors.New("argument value invalid")

// ErrStopped says that the camera is going down.
var ErrStopped = errors.New("the device is restarting")
