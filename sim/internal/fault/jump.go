package fault

import (
	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// ticksPerSecond are those of the general TLV.
const ticksPerSecond = 10_000_000

// jump moves the counter or the times of all SEIs from a hit on, and signs them
// with the stream's own key. Each hit moves them further.
type jump struct {
	env
	offset int64
	move   func(*sign.General, int64)
}

func newCounterJump(e env) action {
	return &jump{env: e, move: func(g *sign.General, n int64) { g.Counter += uint32(n) }} //nolint:gosec // wraps around as the counter does
}

func newClockJump(e env) action {
	return &jump{env: e, move: func(g *sign.General, n int64) {
		g.Start += uint64(n * ticksPerSecond) //nolint:gosec // two's complement
		if g.Layout > 1 {
			g.End += uint64(n * ticksPerSecond) //nolint:gosec // two's complement
		}
	}}
}

func (j *jump) candidate(au *streams.AccessUnit) bool { return j.signed(au) }

func (j *jump) pass(au *streams.AccessUnit, hit bool) ([]*streams.AccessUnit, error) {
	if hit {
		j.offset += j.rule.Amount
	}
	if j.offset == 0 || !j.signed(au) {
		return just(au)
	}
	next, err := j.edit(au, func(nal []byte) ([]byte, error) {
		return j.resign(nal, func(s *sign.SEI) { j.move(s.General, j.offset) })
	})
	return []*streams.AccessUnit{next}, err
}
