package fault

import "github.com/camfleet/camfleet/streams"

// duplicate sends pictures twice.
type duplicate struct{ env }

func newDuplicate(e env) action { return duplicate{e} }

func (d duplicate) candidate(au *streams.AccessUnit) bool { return d.plain(au) }

func (d duplicate) pass(au *streams.AccessUnit, hit bool) ([]*streams.AccessUnit, error) {
	if hit {
		return just(au, with(au, au.NALs))
	}
	return just(au)
}
