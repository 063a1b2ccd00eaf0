package web

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// errFull says that there is room for no more.
var errFull = errors.New("there are too many")

// store keeps things for a time, under names that nobody can guess.
type store[T any] struct {
	limit  int
	clock  clock.Clock
	random io.Reader

	mu   sync.Mutex
	list map[string]kept[T]
}

type kept[T any] struct {
	value T
	until time.Time
}

// add keeps a value and returns its name.
func (s *store[T]) add(value T, life time.Duration) (string, error) {
	raw := make([]byte, 32)
	if _, err := io.ReadFull(s.random, raw); err != nil {
		return "", fmt.Errorf("randomness for a cookie: %w", err)
	}
	name, now := base64.RawURLEncoding.EncodeToString(raw), s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.list == nil {
		s.list = map[string]kept[T]{}
	}
	for other, k := range s.list {
		if !now.Before(k.until) {
			delete(s.list, other)
		}
	}
	if len(s.list) >= s.limit {
		return "", fmt.Errorf("%w: %d", errFull, s.limit)
	}
	s.list[name] = kept[T]{value, now.Add(life)}
	return name, nil
}

// get returns the value of a name, while its time is not over.
func (s *store[T]) get(name string) (value T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.list[name]
	if !ok || !s.clock.Now().Before(k.until) {
		return value, false
	}
	return k.value, true
}

// take is get, once.
func (s *store[T]) take(name string) (T, bool) {
	value, ok := s.get(name)
	s.drop(name)
	return value, ok
}

func (s *store[T]) drop(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.list, name)
}
