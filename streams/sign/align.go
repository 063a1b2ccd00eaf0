package sign

import (
	"fmt"
)

// align compares the slices with the hash list, entry by entry.
func (j *judgement) align(startsGOP bool) {
	list := j.claim.sei.Hashes
	places := make(map[hash][]int, len(list))
	for i, h := range list {
		places[hash(h)] = append(places[hash(h)], i)
	}
	taken := make([]bool, len(list))
	j.place = make([]int, len(j.values))
	next := 0 // entry of the list that should come
	for i, h := range j.values {
		j.place[i] = -1
		at, again := pick(places[h], taken, next)
		switch {
		case at >= next:
			next = at + 1
		case at >= 0:
			j.about(SliceMoved, i, fmt.Sprintf("is entry %d of the list, after entry %d", at, next-1))
		case again:
			j.about(SliceAdded, i, "was there before")
		}
		if at >= 0 {
			j.place[i], taken[at] = at, true
			j.verdict.Found++
		} else if again {
			j.place[i] = len(list)
		}
	}
	j.gaps(taken, startsGOP)
}

// pick returns the place of a hash in the list: one that is not taken, if
// possible not before next. -1: there is none, and again says that there was.
func pick(places []int, taken []bool, next int) (at int, again bool) {
	at = -1
	for _, p := range places {
		if taken[p] {
			continue
		}
		if at < 0 || at < next {
			at = p
		}
	}
	return at, at < 0 && len(places) > 0
}

// gaps pairs what is missing in the list with what is not in it: where both lie
// between the same neighbours, a slice was changed.
func (j *judgement) gaps(taken []bool, startsGOP bool) {
	at := 0
	missing := func(to int) {
		for ; at < to; at++ {
			if !taken[at] {
				j.missing(at, startsGOP)
			}
		}
	}
	for i, place := range j.place {
		switch {
		case place == len(taken): // it was told of
		case place >= 0:
			if place >= at {
				missing(place)
				at = place + 1
			}
		default:
			for at < len(taken) && taken[at] {
				at++
			}
			if j.roomBefore(i, at) {
				j.about(SliceChanged, i, fmt.Sprintf("differs from entry %d of the list, %x", at, j.claim.sei.Hashes[at]))
				at++
				continue
			}
			j.about(SliceAdded, i, "is not in the list")
		}
	}
	missing(len(taken))
}

// roomBefore reports whether entry at of the list can be that of slice i: it is
// before the one of the next slice that is in the list.
func (j *judgement) roomBefore(i, at int) bool {
	list := len(j.claim.sei.Hashes)
	for _, place := range j.place[i+1:] {
		if place >= 0 && place < list {
			return at < place
		}
	}
	return at < list
}

// about notes a finding about a slice that is there.
func (j *judgement) about(cause Cause, i int, text string) {
	e := j.entries[i]
	what := fmt.Sprintf("frame %d, slice %d", e.frame, e.slice)
	if e.sei {
		what = fmt.Sprintf("the SEI in frame %d", e.frame)
	}
	j.note(cause, e.frame, e.slice, j.values[i][:], what+" "+text)
}

// missing notes that an entry of the list has no slice. Without the picture that
// starts a GOP nothing else of it can be shown: that is no mere loss, unless
// nothing else is there.
func (j *judgement) missing(at int, startsGOP bool) {
	h := j.claim.sei.Hashes[at]
	j.note(SliceMissing, -1, at, h, fmt.Sprintf("entry %d of the list is not there", at))
	if at == 0 && startsGOP && len(j.entries) > 0 {
		j.note(GOPChanged, -1, -1, h, "the picture that starts the GOP is not there")
	}
}
