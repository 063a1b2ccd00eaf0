package sign

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
)

// maxHashed is how many entries are hashed at most in the search for the GOP of
// one SEI.
const maxHashed = 1 << 21

// settle gives the verdicts that a SEI makes possible.
func (v *Verifier) settle(c claim) []Verdict {
	if proved, ok := v.prove(c); ok {
		return append(v.settle(proved), v.settle(c)...)
	}
	verdicts := v.release(&c)
	return append(verdicts, v.settleNow(c)...)
}

func (v *Verifier) settleNow(c claim) (verdicts []Verdict) {
	g := c.sei.General
	v.unproved = slices.DeleteFunc(v.unproved, func(u unproved) bool { // that it has not proved nobody will
		return c.valid && int32(u.sei.General.Counter-g.Counter) < 0 //nolint:gosec // wraps around as the counter does
	})
	jump := int64(0)
	if v.synced {
		jump = int64(int32(g.Counter - v.last.counter - 1)) //nolint:gosec // wraps around as the counter does
	}
	r, ok := v.find(&c, v.synced && jump == 0)
	switch {
	case v.synced && jump < 0:
		return v.turnedBack(c, r, ok)
	case !ok && !c.valid:
		v.loose = append(v.loose, c.reasons...)
		return nil
	case !ok && !v.synced:
		v.early = append(v.early, c)
		if len(v.early) <= maxWaiting {
			return nil
		}
		c, v.early = v.early[0], v.early[1:]
		return v.guess(c)
	case !ok:
		r = v.assume(&c, jump)
	}
	missing := r.start > 0
	verdicts = v.before(r.start, c, jump != 0 || !v.synced)
	if jump > 0 && !missing {
		c.add(CounterJumped, fmt.Sprintf("the counter is %d after %d, and no picture lies between", g.Counter, v.last.counter))
	}
	if v.synced && jump == 0 && v.hold(c, r) {
		return verdicts
	}
	return append(verdicts, v.take(c, r))
}

// prove takes out the first SEI without signature that the hash list of c, whose
// signature is right, proves; it is as good as signed then.
func (v *Verifier) prove(c claim) (claim, bool) {
	for i, u := range v.unproved {
		if c.valid && slices.ContainsFunc(c.sei.Hashes, func(h []byte) bool { return bytes.Equal(h, u.value[:]) }) {
			v.unproved = slices.Delete(v.unproved, i, i+1)
			u.valid, u.chain, u.provenance, u.whence = true, c.chain, c.provenance, c.whence
			return u.claim, true
		}
	}
	return claim{}, false
}

// add notes a finding about the SEI itself.
func (c *claim) add(cause Cause, text string) {
	c.reasons = append(c.reasons, Reason{Cause: cause, Frame: c.frame, Slice: -1, Text: text})
}

// take gives the verdict about a region and what is before it is gone.
func (v *Verifier) take(c claim, r region) Verdict {
	d := v.judge(c, r)
	v.consume(r.end)
	return v.count(d)
}

// turnedBack deals with a SEI whose counter is not higher than the last one's.
func (v *Verifier) turnedBack(c claim, r region, ok bool) []Verdict {
	c.add(SEIRepeated, fmt.Sprintf("the counter is %d after %d", c.sei.General.Counter, v.last.counter))
	if !ok || !c.valid {
		v.loose = append(v.loose, c.reasons...)
		return nil
	}
	verdicts := v.before(r.start, c, true)
	return append(verdicts, v.take(c, r))
}

// before gives verdicts about the pending entries before start, GOP by GOP, that
// the SEI c does not cover. Those that came early may.
func (v *Verifier) before(start int, c claim, lost bool) (verdicts []Verdict) {
	cause := SliceAdded
	if lost {
		cause = SEIMissing
	}
	var parts []region
	from := 0
	for _, end := range append(v.keys(v.pending[:start]), start) {
		if end > from {
			parts = append(parts, region{start: from, end: end})
		}
		from = end
	}
	for i, part := range parts {
		counter := c.sei.General.Counter - uint32(len(parts)-i) //nolint:gosec // wraps around as the counter does
		if early := v.early1(counter); early != nil {
			verdicts = append(verdicts, v.count(v.judge(*early, part)))
			continue
		}
		verdicts = append(verdicts, v.without(v.pending[part.start:part.end], cause))
		v.last.partial = part.end < len(v.pending) && !v.pending[part.end].key
	}
	v.forget(c.sei.General.Counter)
	return verdicts
}

// forget drops the early SEIs before a counter: they cover what was not seen.
func (v *Verifier) forget(counter uint32) {
	v.early = slices.DeleteFunc(v.early, func(c claim) bool {
		earlier := int32(c.sei.General.Counter-counter) < 0 //nolint:gosec // wraps around as the counter does
		if earlier {
			v.report.Before++
		}
		return earlier
	})
}

// early1 takes the early SEI of a counter out; nil: there is none.
func (v *Verifier) early1(counter uint32) *claim {
	for i, c := range v.early {
		if c.sei.General.Counter == counter {
			v.early = append(v.early[:i:i], v.early[i+1:]...)
			return &c
		}
	}
	return nil
}

// guess judges a SEI of which nothing fits, as if it covered the GOP that ended
// last before it came; if none had, it covers what came before the first picture.
func (v *Verifier) guess(c claim) []Verdict {
	ends, at := v.keys(v.pending), -1
	for at+1 < len(ends) && v.pending[ends[at+1]].frame < c.frame {
		at++
	}
	if at < 0 {
		v.report.Before++
		return nil
	}
	r := region{end: ends[at]}
	if at > 0 {
		r.start = ends[at-1]
	}
	verdicts := v.before(r.start, c, true)
	return append(verdicts, v.take(c, r))
}

// region is a part of what is pending.
type region struct {
	start, end int
	exact      bool // its hash is that of the SEI
	// relinked are the list entries of all pending slices as they would be if the
	// GOP had begun with the first entry of the list; nil: they are not needed.
	relinked []hash
}

// find looks for what a SEI covers. In order it continues the one before.
func (v *Verifier) find(c *claim, inOrder bool) (region, bool) {
	if len(v.pending) == 0 {
		return region{}, false
	}
	if !v.stale(c.sei) { // the hash of a stale one is that of the GOP before: a copy of it would fit
		if r, ok := v.findHash(c.sei.General); ok {
			return r, true
		}
	}
	return v.findList(c, inOrder)
}

// findHash looks for a run of entries with the hash of the SEI that starts with a
// picture.
func (v *Verifier) findHash(g *General) (region, bool) {
	n, hashed := int(g.Count), 0
	for start := 0; start+n <= len(v.pending) && hashed < maxHashed; start++ {
		if n == 0 || start > 0 && !v.pending[start].begins {
			continue
		}
		hashed += n
		if h := gopHash(v.pending[start : start+n]); bytes.Equal(h[:], g.Hash) {
			return region{start: start, end: start + n, exact: true}, true
		}
	}
	return region{}, false
}

func gopHash(entries []entry) hash {
	h := sha256.New()
	for i := range entries {
		h.Write(entries[i].value[:])
	}
	return hash(h.Sum(nil))
}

// findList looks for the region that has entries of the hash list.
func (v *Verifier) findList(c *claim, inOrder bool) (region, bool) {
	list := c.sei.Hashes
	if len(list) == 0 {
		return region{}, false
	}
	var r region
	first, last := matches(list, v.values(r))
	if first < 0 { // the picture that starts the GOP is changed or gone
		r.relinked = v.relink(hash(list[0]))
		if first, last = matches(list, v.values(r)); first < 0 {
			return region{}, false
		}
	}
	key := 0
	for i := 1; i <= first; i++ {
		if v.pending[i].key {
			key = i
		}
	}
	r.start = key
	if own := v.pending[key].value; !inOrder && r.relinked == nil && !bytes.Equal(own[:], list[0]) {
		r.start = first // a part of a GOP whose other parts have lost their SEIs
	}
	r.end = last + 1
	if !c.sei.General.Partial {
		r.end = len(v.pending)
		for _, end := range v.keys(v.pending) {
			if end > last {
				r.end = end
				break
			}
		}
	}
	return r, true
}

// values returns the list entries of all that is pending.
func (v *Verifier) values(r region) []hash {
	if r.relinked != nil {
		return r.relinked
	}
	values := make([]hash, len(v.pending))
	for i := range v.pending {
		values[i] = v.pending[i].value
	}
	return values
}

func (v *Verifier) relink(anchor hash) []hash {
	values := make([]hash, len(v.pending))
	for i, e := range v.pending {
		values[i] = e.value
		if !e.key && !e.sei {
			values[i] = link(anchor, e.raw)
		}
	}
	return values
}

// matches returns the first and the last of the values that are in the list; -1:
// none is.
func matches(list [][]byte, values []hash) (first, last int) {
	known := make(map[hash]bool, len(list))
	for _, h := range list {
		known[hash(h)] = true
	}
	first, last = -1, -1
	for i, h := range values {
		if known[h] {
			if last = i; first < 0 {
				first = i
			}
		}
	}
	return first, last
}

// assume says what a SEI must cover of which nothing fits: the GOP whose turn it
// is, or nothing if that has not ended.
func (v *Verifier) assume(c *claim, jump int64) region {
	n := int(c.sei.General.Count)
	ends := v.keys(v.pending)
	if len(ends) == 0 {
		if 2*len(v.pending) < n {
			return region{} // it is gone
		}
		ends = []int{len(v.pending)}
	}
	skip := int(min(jump, int64(len(ends)-1)))
	r := region{end: ends[skip]}
	if skip > 0 {
		r.start = ends[skip-1]
	}
	if c.sei.General.Partial {
		r.end = min(r.end, r.start+n)
	}
	return r
}
