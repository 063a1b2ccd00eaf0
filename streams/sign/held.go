package sign

// held is a SEI about a part of a GOP whose last slices are not there. Whether
// they were changed or lost only the list of the next SEI can tell: the slices
// that follow are those of the next part if they are in that list.
type held struct {
	claim  claim
	region region
	tail   int // entries at the end of the list that have no slice
}

// hold keeps a SEI for the next one if that can tell more about it.
func (v *Verifier) hold(c claim, r region) bool {
	g, list := c.sei.General, c.sei.Hashes
	if !c.valid || !g.Partial || r.exact || r.relinked != nil || r.start > 0 || len(v.early) > 0 ||
		r.end >= len(v.pending) || v.pending[r.end].key {
		return false
	}
	there := make(map[hash]bool, r.end)
	for _, e := range v.pending[:r.end] {
		there[e.value] = true
	}
	tail := 0
	for tail < len(list) && !there[hash(list[len(list)-1-tail])] {
		tail++
	}
	if tail == 0 {
		return false
	}
	v.held = &held{claim: c, region: r, tail: tail}
	return true
}

// release gives the verdict that was held back, if there is one, with what the
// next SEI says; nil: none comes.
func (v *Verifier) release(next *claim) []Verdict {
	h := v.held
	if h == nil {
		return nil
	}
	v.held = nil
	if next != nil && next.valid {
		h.region.end += min(v.strays(h.region.end, next.sei.Hashes), h.tail)
	}
	return []Verdict{v.take(h.claim, h.region)}
}

// strays counts the pending slices from a place on that a list does not begin
// with, less those that it lacks there itself.
func (v *Verifier) strays(from int, list [][]byte) int {
	places := make(map[hash]int, len(list))
	for i, h := range list {
		places[hash(h)] = i
	}
	for i, e := range v.pending[from:] {
		if e.key {
			break
		}
		if at, ok := places[e.value]; ok {
			return max(i-at, 0)
		}
	}
	return 0
}
