package op

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/camfleet/camfleet/sim/internal/soap"
)

// call binds the request, runs the handler and binds what it returns.
func (p *Pipeline[C]) call(ctx context.Context, x *Exchange, entry *Entry[C]) {
	req := entry.New()
	if err := p.c.Binder.Decode(x.Message.Body, req); err != nil {
		x.Err, x.Fault = err, bindFault(err)
		return
	}
	resp, err := entry.Call(p.c.Call(ctx, x), req)
	if err != nil {
		x.Err, x.Fault = err, p.fault(entry.Row, err)
		return
	}
	if x.Answer, err = p.c.Binder.Encode(entry.Response, resp); err != nil {
		p.bug(entry.Row, fmt.Errorf("%s: the answer cannot be written: %w", entry.Row.ID(), err))
		x.Err, x.Fault = err, soap.CriticalError()
	}
}

// bindFault is the fault of a request that does not fit its type.
func bindFault(err error) *soap.Fault {
	var bad *soap.BindError
	if errors.As(err, &bad) {
		return bad.Fault()
	}
	return soap.InvalidArgs()
}

// fault turns a handler's error into a fault that the row allows.
func (p *Pipeline[C]) fault(row *Row, err error) *soap.Fault {
	var f *soap.Fault
	if !errors.As(err, &f) {
		if p.c.Fault != nil {
			f = p.c.Fault(row, err)
		}
		if f == nil {
			p.bug(row, fmt.Errorf("%s: no fault for: %w", row.ID(), err))
			return soap.ActionFailed()
		}
	}
	if !row.Allows(f) {
		p.bug(row, fmt.Errorf("%s: the standard does not list the fault %s", row.ID(), f.Path()))
	}
	return f
}

// errPanic is the error of an exchange in which something panicked.
var errPanic = errors.New("panic")

// survive runs f and answers ter:CriticalError if it panics: one request that
// goes wrong is no reason to leave its client without an answer.
func (p *Pipeline[C]) survive(x *Exchange, f func()) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		x.Err = fmt.Errorf("%w: %v", errPanic, r)
		p.bug(x.Row, fmt.Errorf("%w\n%s", x.Err, debug.Stack()))
		x.Answer = nil
		p.answer(x, soap.CriticalError())
	}()
	f()
}

// bug reports a mistake of the camera's own; row is nil if it is not that of an
// operation.
func (p *Pipeline[C]) bug(row *Row, err error) {
	if p.c.Bug != nil {
		p.c.Bug(row, err)
		return
	}
	id := ""
	if row != nil {
		id = row.ID()
	}
	p.c.Log.Error("the camera made a mistake", "op", id, "error", err)
}
