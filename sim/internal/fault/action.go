package fault

import (
	"slices"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// action does a fault to one stream.
type action interface {
	// candidate reports whether the fault could be done to an access unit.
	candidate(*streams.AccessUnit) bool
	// pass returns what is sent instead of an access unit; hit says that its time
	// has come. It changes neither access unit nor NAL units. On an error the
	// access unit is sent as it is.
	pass(au *streams.AccessUnit, hit bool) ([]*streams.AccessUnit, error)
}

// env is what an action works with.
type env struct {
	rule   *rule
	stream string
	codec  streams.Codec
}

// kind is how an action is made, and what its amount may be.
type kind struct {
	make                func(env) action
	amount, least, most int64 // default and bounds of Rule.Amount
	needs               needs
}

// actions are all faults by name.
func actions() map[string]kind {
	return map[string]kind{
		"flip-byte":           {make: newFlip},
		"drop-frame":          {make: newDrop},
		"duplicate-frame":     {make: newDuplicate},
		"swap-frames":         {make: newSwap},
		"freeze":              {make: newFreeze, amount: 25, least: 1, most: 10000},
		"wrong-hash":          {make: newWrongHash},
		"wrong-signature":     {make: newWrongSignature},
		"counter-jump":        {make: newCounterJump, amount: 10, least: -1 << 31, most: 1 << 31},
		"clock-jump":          {make: newClockJump, amount: -3600, least: -1 << 31, most: 1 << 31},
		"sei-missing":         {make: newMissing},
		"sei-late":            {make: newLate},
		"sei-unescaped":       {make: newUnescaped},
		"expired-certificate": {make: newReplaced, needs: expired},
		"revoked-certificate": {make: newReplaced, needs: revoked},
		"foreign-certificate": {make: newReplaced, needs: foreign},
		"incomplete-chain":    {make: newReplaced, needs: incomplete},
		"other-camera":        {make: newReplaced, needs: other},
	}
}

// with is an access unit with other NAL units.
func with(au *streams.AccessUnit, nals [][]byte) *streams.AccessUnit {
	next := *au
	next.NALs = nals
	return &next
}

// just is the usual answer of an action.
func just(au ...*streams.AccessUnit) ([]*streams.AccessUnit, error) { return au, nil }

// seis returns the places of the signing SEIs of an access unit.
func (e env) seis(au *streams.AccessUnit) []int {
	var at []int
	for i, nal := range au.NALs {
		if sign.IsSEI(e.codec, nal) {
			at = append(at, i)
		}
	}
	return at
}

// signed reports whether there is a signing SEI in an access unit.
func (e env) signed(au *streams.AccessUnit) bool { return len(e.seis(au)) > 0 }

// slices returns the places of the slices of an access unit.
func (e env) slices(au *streams.AccessUnit) []int {
	var at []int
	for i, nal := range au.NALs {
		if e.isSlice(nal) {
			at = append(at, i)
		}
	}
	return at
}

func (e env) isSlice(nal []byte) bool {
	switch {
	case len(nal) < 3:
		return false
	case e.codec == streams.H265:
		return nal[0]>>1&0x3f <= 31
	case e.codec == streams.H264:
		t := nal[0] & 0x1f
		return t >= 1 && t <= 5
	}
	return false
}

// plain reports whether an access unit holds nothing but an ordinary picture: it
// starts no GOP and has no signing SEI.
func (e env) plain(au *streams.AccessUnit) bool {
	return !au.Key && !e.signed(au) && len(e.slices(au)) > 0
}

// edit rewrites the signing SEIs of an access unit; nil leaves one out.
func (e env) edit(au *streams.AccessUnit, f func(nal []byte) ([]byte, error)) (*streams.AccessUnit, error) {
	nals := make([][]byte, 0, len(au.NALs))
	for _, nal := range au.NALs {
		if sign.IsSEI(e.codec, nal) {
			var err error
			if nal, err = f(nal); err != nil {
				return nil, err
			}
		}
		if nal != nil {
			nals = append(nals, nal)
		}
	}
	return with(au, nals), nil
}

// insert puts NAL units in front of the first slice.
func (e env) insert(au *streams.AccessUnit, nals [][]byte) *streams.AccessUnit {
	at := len(au.NALs)
	if s := e.slices(au); len(s) > 0 {
		at = s[0]
	}
	return with(au, slices.Insert(slices.Clone(au.NALs), at, nals...))
}

// resign changes a signing SEI that has a general TLV, and has it signed with the
// stream's own key.
func (e env) resign(nal []byte, change func(*sign.SEI)) ([]byte, error) {
	s, err := sign.ParseSEI(e.codec, nal)
	if err != nil {
		return nil, err
	}
	if s.General == nil || s.Signature == nil {
		return nal, nil
	}
	if e.rule.set.config.Identity == nil {
		return nil, errNoKey
	}
	i, err := e.rule.set.config.Identity(e.stream)
	if err != nil {
		return nil, err
	}
	s.Edit()
	change(s)
	if err := s.Sign(i.Key); err != nil {
		return nil, err
	}
	return s.NAL()
}

// isSEI reports whether a NAL unit is a signing SEI.
func (e env) isSEI(nal []byte) bool { return sign.IsSEI(e.codec, nal) }
