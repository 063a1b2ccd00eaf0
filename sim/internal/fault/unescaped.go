package fault

import "github.com/camfleet/camfleet/streams"

// unescaped takes the emulation prevention out of signing SEIs, as the reference
// implementation's example signer sends them: start codes stand in the middle.
type unescaped struct{ env }

func newUnescaped(e env) action { return unescaped{e} }

func (u unescaped) candidate(au *streams.AccessUnit) bool { return u.signed(au) }

func (u unescaped) pass(au *streams.AccessUnit, hit bool) ([]*streams.AccessUnit, error) {
	if !hit {
		return just(au)
	}
	next, err := u.edit(au, func(nal []byte) ([]byte, error) { return unescape(nal), nil })
	return []*streams.AccessUnit{next}, err
}

// unescape takes emulation prevention bytes out (H.264 7.4.1, H.265 7.4.2).
func unescape(nal []byte) []byte {
	out := make([]byte, 0, len(nal))
	zeros := 0
	for _, x := range nal {
		if zeros >= 2 && x == 3 {
			zeros = 0
			continue
		}
		out = append(out, x)
		if x == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return out
}
