package fault

import "github.com/camfleet/camfleet/streams"

// missing leaves signing SEIs out.
type missing struct{ env }

func newMissing(e env) action { return missing{e} }

func (m missing) candidate(au *streams.AccessUnit) bool { return m.signed(au) }

func (m missing) pass(au *streams.AccessUnit, hit bool) ([]*streams.AccessUnit, error) {
	if !hit {
		return just(au)
	}
	next, err := m.edit(au, func([]byte) ([]byte, error) { return nil, nil })
	return []*streams.AccessUnit{next}, err
}
