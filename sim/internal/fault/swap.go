package fault

import "github.com/camfleet/camfleet/streams"

// swap sends a picture after the one that follows it. Where that one starts a GOP
// the next pictures are swapped instead.
type swap struct {
	env
	want bool
	held *streams.AccessUnit
}

func newSwap(e env) action { return &swap{env: e} }

func (s *swap) candidate(au *streams.AccessUnit) bool { return !s.want && s.plain(au) }

func (s *swap) pass(au *streams.AccessUnit, hit bool) ([]*streams.AccessUnit, error) {
	s.want = s.want || hit
	held := s.held
	s.held = nil
	switch {
	case held != nil && au.Key:
		return just(held, au)
	case held != nil:
		s.want = false
		return just(au, held)
	case s.want && s.plain(au):
		s.held = au
		return nil, nil
	}
	return just(au)
}
