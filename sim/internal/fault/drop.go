package fault

import "github.com/camfleet/camfleet/streams"

// drop leaves pictures out.
type drop struct{ env }

func newDrop(e env) action { return drop{e} }

func (d drop) candidate(au *streams.AccessUnit) bool { return d.plain(au) }

func (d drop) pass(au *streams.AccessUnit, hit bool) ([]*streams.AccessUnit, error) {
	if hit {
		return nil, nil
	}
	return just(au)
}
