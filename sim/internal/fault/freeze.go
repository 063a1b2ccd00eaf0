package fault

import (
	"slices"

	"github.com/camfleet/camfleet/streams"
)

// freeze shows the last picture that started a GOP again and again, for Amount
// pictures, with the SEIs of the pictures that are not shown: what somebody does
// who has a recording but no key.
type freeze struct {
	env
	still *streams.AccessUnit
	left  int64
}

func newFreeze(e env) action { return &freeze{env: e} }

func (f *freeze) candidate(au *streams.AccessUnit) bool {
	return f.left == 0 && f.still != nil && f.plain(au)
}

func (f *freeze) pass(au *streams.AccessUnit, hit bool) ([]*streams.AccessUnit, error) {
	if au.Key && f.left == 0 {
		f.still = au
	}
	if hit {
		f.left = f.rule.Amount
	}
	if f.left == 0 {
		return just(au)
	}
	f.left--
	nals := slices.DeleteFunc(slices.Clone(f.still.NALs), func(nal []byte) bool { return f.isSEI(nal) })
	frozen := with(au, nals)
	frozen.Key = true
	var seis [][]byte
	for _, i := range f.seis(au) {
		seis = append(seis, au.NALs[i])
	}
	return just(f.insert(frozen, seis))
}
