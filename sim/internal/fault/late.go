package fault

import "github.com/camfleet/camfleet/streams"

// late holds a signing SEI back until the next one has overtaken it: into the
// first picture after that one's that starts no GOP.
type late struct {
	env
	held      [][]byte
	overtaken bool
}

func newLate(e env) action { return &late{env: e} }

func (l *late) candidate(au *streams.AccessUnit) bool { return l.held == nil && l.signed(au) }

func (l *late) pass(au *streams.AccessUnit, hit bool) ([]*streams.AccessUnit, error) {
	switch {
	case hit:
		for _, i := range l.seis(au) {
			l.held = append(l.held, au.NALs[i])
		}
		next, err := l.edit(au, func([]byte) ([]byte, error) { return nil, nil })
		return []*streams.AccessUnit{next}, err
	case l.held != nil && l.overtaken && !au.Key && !l.signed(au):
		next := l.insert(au, l.held)
		l.held, l.overtaken = nil, false
		return just(next)
	case l.held != nil && l.signed(au):
		l.overtaken = true
	}
	return just(au)
}
