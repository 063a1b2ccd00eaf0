package fault

import (
	"bytes"
	"errors"
	"slices"

	"github.com/camfleet/camfleet/streams"
)

var (
	errNoKey  = errors.New("the stream is not signed")
	errNoByte = errors.New("the picture has no byte to flip")
)

// flip changes one bit of a slice. What it makes is still a NAL unit.
type flip struct{ env }

func newFlip(e env) action { return flip{e} }

func (f flip) candidate(au *streams.AccessUnit) bool { return f.plain(au) }

func (f flip) pass(au *streams.AccessUnit, hit bool) ([]*streams.AccessUnit, error) {
	if !hit {
		return just(au)
	}
	at := f.slices(au)
	i := at[f.rule.random.IntN(len(at))]
	nal := bytes.Clone(au.NALs[i])
	const header = 4 // NAL unit header and what says where the slice is
	for range 256 {
		if len(nal) <= header+1 {
			return nil, errNoByte
		}
		k := header + f.rule.random.IntN(len(nal)-header-1)
		changed := nal[k] ^ 1<<f.rule.random.IntN(8)
		if nal[k] > 3 && changed > 3 { // neither an escape nor what would want one
			nal[k] = changed
			nals := slices.Clone(au.NALs)
			nals[i] = nal
			return just(with(au, nals))
		}
	}
	return nil, errNoByte
}
