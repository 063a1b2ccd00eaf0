package job

// entries is a heap: by due time, then by order; what never becomes due by
// itself comes last.
type entries []*entry

func (h entries) Len() int { return len(h) }

func (h entries) Less(i, j int) bool {
	a, b := h[i], h[j]
	switch {
	case a.due() != b.due():
		return a.due()
	case !a.job.Due.Equal(b.job.Due):
		return a.job.Due.Before(b.job.Due)
	}
	return a.order < b.order
}

func (h entries) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is part of heap.Interface.
func (h *entries) Push(x any) {
	e := x.(*entry) //nolint:forcetypeassert // the heap holds nothing else
	e.index = len(*h)
	*h = append(*h, e)
}

// Pop is part of heap.Interface.
func (h *entries) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.index = -1
	return e
}
