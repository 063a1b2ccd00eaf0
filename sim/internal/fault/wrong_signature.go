package fault

import (
	"bytes"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// wrongSignature changes a bit of the signature of a SEI.
type wrongSignature struct{ env }

func newWrongSignature(e env) action { return wrongSignature{e} }

func (w wrongSignature) candidate(au *streams.AccessUnit) bool { return w.signed(au) }

func (w wrongSignature) pass(au *streams.AccessUnit, hit bool) ([]*streams.AccessUnit, error) {
	if !hit {
		return just(au)
	}
	next, err := w.edit(au, func(nal []byte) ([]byte, error) {
		s, err := sign.ParseSEI(w.codec, nal)
		if err != nil || len(s.Signature) < 8 {
			return nal, err
		}
		s.Edit()
		s.Signature = bytes.Clone(s.Signature)
		s.Signature[len(s.Signature)-1-w.rule.random.IntN(4)] ^= 1 << w.rule.random.IntN(8)
		return s.NAL()
	})
	return []*streams.AccessUnit{next}, err
}
