package fault

import (
	"bytes"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// wrongHash writes a wrong hash into the list of a SEI, and signs it: what a
// camera with a broken signer sends. Without a list it is the hash over the GOP.
type wrongHash struct{ env }

func newWrongHash(e env) action { return wrongHash{e} }

func (w wrongHash) candidate(au *streams.AccessUnit) bool { return w.signed(au) }

func (w wrongHash) pass(au *streams.AccessUnit, hit bool) ([]*streams.AccessUnit, error) {
	if !hit {
		return just(au)
	}
	next, err := w.edit(au, func(nal []byte) ([]byte, error) {
		return w.resign(nal, func(s *sign.SEI) {
			if len(s.Hashes) == 0 {
				s.General.Hash = bytes.Clone(s.General.Hash)
				s.General.Hash[0] ^= 1
				return
			}
			i := w.rule.random.IntN(len(s.Hashes))
			s.Hashes[i] = bytes.Clone(s.Hashes[i])
			s.Hashes[i][w.rule.random.IntN(len(s.Hashes[i]))] ^= 1 << w.rule.random.IntN(8)
		})
	})
	return []*streams.AccessUnit{next}, err
}
