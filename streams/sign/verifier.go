package sign

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/camfleet/camfleet/streams"
)

// Verifier judges one stream. It belongs to one goroutine.
//
// It may begin anywhere in the stream: what comes before the first picture that
// starts a GOP is not judged, nor is what was sent before the first access unit.
// A verdict about a GOP comes when its SEI does, so the last GOP stays open.
type Verifier struct {
	config VerifierConfig
	frames int
	signed bool // there was a SEI of Media Signing, readable or not

	anchored bool
	anchor   hash
	pending  []entry // what no SEI has covered yet

	chain *chain // the last one seen
	first *chain // that of the first SEI that was judged

	synced bool // the SEI before last is known
	last   previous
	early  []claim  // SEIs that came before it was, and cover nothing that is known
	loose  []Reason // findings for the next verdict

	unproved []unproved // SEIs without signature
	held     *held      // a verdict that the next SEI may change; nil: none

	report Report
}

// entry is a NAL unit that is covered.
type entry struct {
	frame, slice int
	key          bool // first slice of a picture that starts a GOP
	begins       bool // first slice of a picture
	sei          bool // a SEI without signature
	raw, value   hash // of the NAL unit, and as the hash list has it
	at           time.Time
}

// previous is what is remembered of the SEI before.
type previous struct {
	counter uint32
	partial bool
	general *General
	first   *hash // first entry of what it covered; nil: it was not there
	known   bool  // first was looked for
}

// unproved is a SEI without signature, and its entry in the list of the SEI that
// is to prove it.
type unproved struct {
	claim
	value hash
}

// claim is a SEI that was read.
type claim struct {
	sei        *SEI
	frame      int
	reasons    []Reason
	valid      bool // the signature is right
	chain      *chain
	provenance Provenance
	whence     []Reason // about provenance
}

// NewVerifier returns a verifier. The error is an [ErrCodec] or [ErrConfig].
func NewVerifier(c VerifierConfig) (*Verifier, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	return &Verifier{config: c, report: Report{Provenance: Unknown, Counts: map[Authenticity]int{}}}, nil
}

// Push takes the next access unit, in decoding order, and returns the verdicts
// that it made possible, oldest first. The Time of the access unit, if it is not
// zero, is compared with the signed times. The access unit is not kept.
//
// A container's sample without a picture is no access unit; the reference skips
// it and the signature in it.
func (v *Verifier) Push(au *streams.AccessUnit) []Verdict {
	var verdicts []Verdict
	slices := 0
	for _, nal := range au.NALs {
		k, begins := classify(v.config.Codec, nal)
		switch k {
		case signing:
			verdicts = append(verdicts, v.sei(nal)...)
		case slice, randomAcc:
			v.slice(nal, k == randomAcc && begins, entry{frame: v.frames, slice: slices, begins: begins || slices == 0, at: au.Time})
			slices++
		case other:
			if uncovered(v.config.Codec, nal) {
				v.report.Uncovered++
			}
		}
	}
	v.frames++
	if !v.anchored {
		v.report.Skipped = v.frames
	}
	return append(verdicts, v.flush()...)
}

// slice adds a slice to what is pending.
func (v *Verifier) slice(nal []byte, key bool, e entry) {
	e.raw = sha256.Sum256(trim(nal))
	e.key = key
	switch {
	case key:
		v.anchor, v.anchored, e.value = e.raw, true, e.raw
	case v.anchored:
		e.value = link(v.anchor, e.raw)
	default:
		return // joined inside a GOP
	}
	v.pending = append(v.pending, e)
}

// sei takes a SEI of Media Signing.
func (v *Verifier) sei(nal []byte) []Verdict {
	v.signed = true
	sei, err := ParseSEI(v.config.Codec, nal)
	switch {
	case err != nil:
		v.loosely(SEIDamaged, err.Error())
		return nil
	case sei.Signature == nil:
		v.unsigned(sei)
		return nil
	case sei.Certificate:
		v.certificate(sei)
		return nil
	case sei.General == nil:
		v.loosely(SEIDamaged, "the SEI says nothing about a GOP")
		return nil
	}
	c := claim{sei: sei, frame: v.frames}
	v.check(&c)
	return v.settle(c)
}

// unsigned adds a SEI without signature to what is pending: a later one covers
// it, and what it says of its GOP is believed then. Media Signing 6.5.
func (v *Verifier) unsigned(sei *SEI) {
	if !v.anchored {
		return
	}
	e := entry{frame: v.frames, slice: -1, sei: true, raw: sha256.Sum256(sei.raw)}
	if !sei.Escaped {
		plain, _ := unescape(sei.raw)
		if sei.Unescaped {
			plain = sei.raw
		}
		e.raw = sha256.Sum256(plain)
	}
	e.value = e.raw
	v.pending = append(v.pending, e)
	if sei.General != nil && len(v.unproved) < maxWaiting {
		v.unproved = append(v.unproved, unproved{claim{sei: sei, frame: v.frames}, e.value})
	}
}

// certificate takes a certificate SEI. Media Signing 6.7.2.
func (v *Verifier) certificate(sei *SEI) {
	c := claim{sei: sei, frame: v.frames}
	v.check(&c)
	v.loose = append(v.loose, c.reasons...)
}

func (v *Verifier) loosely(cause Cause, text string) {
	v.loose = append(v.loose, Reason{Cause: cause, Frame: v.frames, Slice: -1, Text: text})
}

// flush gives verdicts about GOPs that have waited too long for a SEI.
func (v *Verifier) flush() (verdicts []Verdict) {
	for {
		ends := v.keys(v.pending)
		if len(ends) <= maxWaiting && len(v.pending) <= v.config.Open || len(v.pending) == 0 {
			return verdicts
		}
		if v.held != nil {
			verdicts = append(verdicts, v.release(nil)...)
			continue
		}
		end := len(v.pending)
		if len(ends) > 0 {
			end = ends[0]
		}
		verdicts = append(verdicts, v.without(v.pending[:end], SEIMissing))
		v.consume(end)
	}
}

// keys returns where in entries a GOP starts, the first entry left out.
func (v *Verifier) keys(entries []entry) (at []int) {
	for i := 1; i < len(entries); i++ {
		if entries[i].key {
			at = append(at, i)
		}
	}
	return at
}

// without is the verdict about slices that no SEI covers.
func (v *Verifier) without(entries []entry, cause Cause) Verdict {
	d := Verdict{Authenticity: Unsigned, Provenance: Unknown, SEI: -1, First: entries[0].frame, Last: entries[len(entries)-1].frame}
	if v.signed {
		d.Authenticity = NotAuthentic
		text := "no SEI came for these pictures"
		if cause == SliceAdded {
			text = "no SEI covers these pictures, and none is missing"
		}
		d.Reasons = append(d.Reasons, Reason{Cause: cause, Frame: d.First, Slice: -1, Text: text})
		d.Reasons = append(d.Reasons, v.loose...)
		v.loose = nil
	}
	first := entries[0].value
	v.last.first, v.last.known = &first, true
	return v.count(d)
}

// consume forgets entries that a verdict was given about.
func (v *Verifier) consume(n int) {
	v.pending = append(v.pending[:0], v.pending[n:]...)
}

// count adds a verdict to the report.
func (v *Verifier) count(d Verdict) Verdict {
	v.report.Counts[d.Authenticity]++
	return d
}

// Close returns the verdicts that were held back, and sums up.
func (v *Verifier) Close() ([]Verdict, Report) {
	verdicts := v.conclude()
	r := v.report
	r.Frames = v.frames
	for i, e := range v.pending {
		if i == 0 || e.frame != v.pending[i-1].frame {
			r.Open++
		}
	}
	r.Reasons = append(r.Reasons, v.loose...)
	r.Authenticity = Unsigned
	for _, a := range []Authenticity{Authentic, AuthenticWithMissing, Unsigned, NotAuthentic} {
		if r.Counts[a] > 0 {
			r.Authenticity = a
		}
	}
	if len(v.loose) > 0 {
		r.Authenticity = NotAuthentic
	}
	if v.chain != nil {
		r.Certificates, r.User = v.chain.certificates, v.chain.user
	}
	return verdicts, r
}

// conclude judges at the end what still can be.
func (v *Verifier) conclude() (verdicts []Verdict) {
	verdicts = v.release(nil)
	if !v.synced {
		for len(v.early) > 0 {
			c := v.early[0]
			v.early = v.early[1:]
			verdicts = append(verdicts, v.guess(c)...)
		}
	}
	overdue := 1 // of the GOPs that have ended, only the last one may wait for its SEI
	if !v.signed {
		overdue = 0
	}
	for ends := v.keys(v.pending); len(ends) > overdue; ends = v.keys(v.pending) {
		verdicts = append(verdicts, v.without(v.pending[:ends[0]], SEIMissing))
		v.consume(ends[0])
	}
	if !v.signed && len(v.pending) > 0 {
		verdicts = append(verdicts, v.without(v.pending, SEIMissing))
		v.pending = nil
	}
	return verdicts
}
