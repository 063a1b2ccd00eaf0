package fault

import (
	"bytes"
	"encoding/pem"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// replaced signs all SEIs from a hit on with the rule's own key, whose
// certificate is not what it should be. Further hits change nothing.
type replaced struct {
	env
	on bool
}

func newReplaced(e env) action { return &replaced{env: e} }

func (r *replaced) candidate(au *streams.AccessUnit) bool { return r.signed(au) }

func (r *replaced) pass(au *streams.AccessUnit, hit bool) ([]*streams.AccessUnit, error) {
	r.on = r.on || hit
	if !r.on || !r.signed(au) {
		return just(au)
	}
	m := r.rule.material
	next, err := r.edit(au, func(nal []byte) ([]byte, error) {
		s, err := sign.ParseSEI(r.codec, nal)
		if err != nil || s.Signature == nil {
			return nal, err
		}
		s.Edit()
		if s.Chain != nil {
			s.Chain = &sign.Chain{User: s.Chain.User, PEM: chainPEM(m.chain)}
		}
		if err := s.Sign(m.key); err != nil {
			return nil, err
		}
		return s.NAL()
	})
	return []*streams.AccessUnit{next}, err
}

func chainPEM(chain [][]byte) []byte {
	var b bytes.Buffer
	for _, der := range chain {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	return b.Bytes()
}
