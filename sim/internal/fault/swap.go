package fault

import "github.com/camfleet/camfleet/streams"

// swap sends a picture after the one that follows it, unless that starts a GOP.
type swap struct {
	env
	held *streams.AccessUnit
}

func newSwap(e env) action { return &swap{env: e} }

func (s *swap) candidate(au *streams.AccessUnit) bool { return s.held == nil && s.plain(au) }

func (s *swap) pass(au *streams.AccessUnit, hit bool) ([]*streams.AccessUnit, error) {
	held := s.held
	s.held = nil
	switch {
	case held != nil && au.Key:
		return just(held, au)
	case held != nil:
		return just(au, held)
	case hit:
		s.held = au
		return nil, nil
	}
	return just(au)
}
