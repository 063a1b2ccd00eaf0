package issuer

import (
	"sync"
	"time"
)

// seen remembers what may be used once, until its time is over.
type seen struct {
	limit int

	mu    sync.Mutex
	until map[string]time.Time
}

// first reports whether an identifier comes for the first time. When there are
// too many to remember, none is let through: a replay must not slip in.
func (s *seen) first(id string, now, until time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until == nil {
		s.until = map[string]time.Time{}
	}
	if end, known := s.until[id]; known && now.Before(end) {
		return false
	}
	if len(s.until) >= s.limit {
		for other, end := range s.until {
			if !now.Before(end) {
				delete(s.until, other)
			}
		}
		if len(s.until) >= s.limit {
			return false
		}
	}
	s.until[id] = until
	return true
}
