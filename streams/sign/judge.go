package sign

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// judge compares a SEI with what it covers.
func (v *Verifier) judge(c claim, r region) Verdict {
	g := c.sei.General
	entries := v.pending[r.start:r.end]
	if c.valid {
		v.sameKey(&c)
	}
	d := Verdict{
		Provenance: c.provenance, Counter: g.Counter, Partial: g.Partial, First: -1, Last: -1, SEI: c.frame,
		Start: Instant(g.Start), Expected: int(g.Count), Vendor: c.sei.Vendor,
		Reasons: append(v.loose, c.reasons...),
	}
	v.loose = nil
	if g.Layout != 1 {
		d.End = Instant(g.End)
	}
	if len(entries) > 0 {
		d.First, d.Last = entries[0].frame, entries[len(entries)-1].frame
	}
	j := judgement{verdict: &d, entries: entries, values: v.values(r)[r.start:r.end], claim: c}
	startsGOP := !v.last.known || !v.last.partial
	j.compare(r.exact, v.stale(c.sei), startsGOP)
	v.checkLink(&d, c)
	v.checkTimes(&d, g, entries, r.end)
	d.Reasons = append(d.Reasons, c.whence...)
	d.Authenticity = weigh(d.Reasons)
	if d.Provenance == "" {
		d.Provenance = Unknown
	}
	v.remember(c, j.first(startsGOP))
	v.span(g)
	return d
}

// weigh makes the verdict of the reasons.
func weigh(reasons []Reason) Authenticity {
	a := Authentic
	for _, r := range reasons {
		switch r.Cause {
		case TimeJumped, SEILate, SEIUnescaped,
			ChainIncomplete, RootUnknown, CertificateExpired, CertificateNotYetValid, CertificateRevoked, CertificateUnfit:
		case SliceMissing:
			if a == Authentic {
				a = AuthenticWithMissing
			}
		default:
			a = NotAuthentic
		}
	}
	return a
}

// stale reports whether the fields about the GOP are those of the SEI before, as
// the reference signer writes them at the end of a stream: only the list is new.
func (v *Verifier) stale(s *SEI) bool {
	g, before := s.General, v.last.general
	return v.synced && before != nil && s.Hashes != nil && len(s.Hashes) != int(g.Count) &&
		g.Count == before.Count && g.Start == before.Start && bytes.Equal(g.Hash, before.Hash)
}

// remember keeps what the next SEI is compared with. What a SEI says whose
// signature is wrong is not: it counts as the one whose turn it was.
func (v *Verifier) remember(c claim, first *hash) {
	g := c.sei.General
	counter := g.Counter
	if !c.valid {
		counter, g = v.last.counter+1, nil
	} else if v.synced && int32(counter-v.last.counter) < 0 { //nolint:gosec // wraps around as the counter does
		counter = v.last.counter // what was seen once is never new again
	}
	v.last = previous{counter: counter, partial: c.sei.General.Partial, general: g, first: first, known: true}
	v.synced = v.synced || c.valid
}

// checkLink compares the link with the first entry of what came before.
func (v *Verifier) checkLink(d *Verdict, c claim) {
	g := c.sei.General
	if !v.last.known {
		return
	}
	if v.last.first != nil && bytes.Equal(g.Linked, v.last.first[:]) {
		return
	}
	d.Reasons = append(d.Reasons, Reason{Cause: LinkBroken, Frame: -1, Slice: -1, Hash: hex.EncodeToString(g.Linked),
		Text: "the GOP before does not begin with the picture that the SEI names"})
}

// slack is how far the signed times may be from those of the stream.
const slack = time.Second

// checkTimes compares the signed times with the SEI before and the stream.
func (v *Verifier) checkTimes(d *Verdict, g *General, entries []entry, end int) {
	jumped := func(format string, args ...any) {
		d.Reasons = append(d.Reasons, Reason{Cause: TimeJumped, Frame: d.First, Slice: -1, Text: fmt.Sprintf(format, args...)})
	}
	before := v.last.general
	switch {
	case g.Layout == 1:
		if before != nil && g.Start < before.Start {
			jumped("it starts at %s, before the one before it", stamp(d.Start))
		}
	case g.End < g.Start:
		jumped("it ends at %s, before it starts", stamp(d.End))
	case before != nil && before.Layout != 1 && before.End != g.Start && g.Counter == before.Counter+1:
		jumped("it starts at %s, the one before ended at %s", stamp(d.Start), stamp(Instant(before.End)))
	case end < len(v.pending) && len(entries) > 0 && !entries[0].at.IsZero() && !v.pending[end].at.IsZero():
		shown := v.pending[end].at.Sub(entries[0].at)
		if lasts := d.End.Sub(d.Start); (lasts - shown).Abs() > slack {
			jumped("it lasts %v by its times and %v in the stream", lasts, shown)
		}
	}
	if after := len(v.keys(v.pending[min(end, len(v.pending)):])); after >= 2 || after == 1 && end < len(v.pending) && v.pending[end].key {
		d.Reasons = append(d.Reasons, Reason{Cause: SEILate, Frame: d.SEI, Slice: -1, Text: "the SEI came after the end of the next GOP"})
	}
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z") }

// span widens the report's times by a SEI's.
func (v *Verifier) span(g *General) {
	start := Instant(g.Start)
	end := start
	if g.Layout != 1 {
		end = Instant(g.End)
	}
	if v.report.Start.IsZero() || start.Before(v.report.Start) {
		v.report.Start = start
	}
	if end.After(v.report.End) {
		v.report.End = end
	}
}

// judgement is the comparison of one SEI with its slices.
type judgement struct {
	verdict *Verdict
	entries []entry
	values  []hash
	claim   claim
	place   []int // of each entry in the list, -1: it is not there
}

// compare finds what is changed, added, moved or missing.
func (j *judgement) compare(exact, stale, startsGOP bool) {
	list, g := j.claim.sei.Hashes, j.claim.sei.General
	d := j.verdict
	if list != nil && !stale {
		if sum := sha256.Sum256(bytes.Join(list, nil)); !bytes.Equal(sum[:], g.Hash) || len(list) != int(g.Count) {
			j.note(ListChanged, j.claim.frame, -1, sum[:], "the hash list of the SEI is not the one that its GOP hash is over")
		}
	}
	switch {
	case exact:
		d.Found = len(j.entries)
	case list == nil:
		sum := gopHash(j.entries)
		if len(j.entries) == 0 {
			j.note(GOPChanged, -1, -1, nil, fmt.Sprintf("none of the %d slices is there", g.Count))
			return
		}
		j.note(GOPChanged, d.First, -1, sum[:], fmt.Sprintf("the GOP hash differs; %d of %d slices are there", len(j.entries), g.Count))
	default:
		if stale {
			d.Expected = len(list)
		}
		j.align(startsGOP)
	}
}

func (j *judgement) note(cause Cause, frame, slice int, h []byte, text string) {
	j.verdict.Reasons = append(j.verdict.Reasons, Reason{Cause: cause, Frame: frame, Slice: slice, Hash: hex.EncodeToString(h), Text: text})
}

// first returns the list entry that the next SEI has to be linked with: the one
// the stream has, or where that picture of the middle of a GOP or all of it is
// missing, the one it should have. nil: it is not there.
func (j *judgement) first(startsGOP bool) *hash {
	list := j.claim.sei.Hashes
	if j.place != nil && len(list) > 0 && j.claim.valid {
		changed := false
		for i, at := range j.place {
			if at == 0 {
				return &j.values[i]
			}
			changed = changed || at < 0 && i == 0
		}
		if !changed && (!startsGOP || len(j.entries) == 0) {
			h := hash(list[0])
			return &h
		}
	}
	if len(j.entries) == 0 {
		return nil
	}
	return &j.values[0]
}
