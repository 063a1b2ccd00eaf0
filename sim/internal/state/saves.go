package state

import (
	"log/slog"
	"sync"
)

// saves stores the newest tree in the background, one at a time. After a
// failure it tries again with the next change, or when asked to sync.
type saves struct {
	saver Saver
	log   *slog.Logger

	mu      sync.Mutex
	idle    sync.Cond
	stored  *Tree // the tree the Saver has
	newest  *Tree
	failed  *Tree // the tree of the last attempt, if that failed
	running bool
	err     error // of the last attempt
}

func newSaves(s Saver, log *slog.Logger, stored *Tree) *saves {
	out := &saves{saver: s, log: log, stored: stored, newest: stored}
	out.idle.L = &out.mu
	return out
}

func (s *saves) put(t *Tree) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = t
	s.start()
}

func (s *saves) start() {
	if !s.running {
		s.running = true
		go s.run()
	}
}

// run stores until there is nothing newer, or until it fails with nothing
// newer to try.
func (s *saves) run() {
	for {
		to, ok := s.next()
		if !ok {
			return
		}
		err := s.saver.Save(to)
		if err != nil {
			s.log.Error("the state is not stored", "version", to.Version, "error", err)
		}
		s.done(to, err)
	}
}

// next tells what to store; with nothing to do the saver becomes idle.
func (s *saves) next() (*Tree, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stored == s.newest || s.failed == s.newest {
		s.running = false
		s.idle.Broadcast()
		return nil, false
	}
	return s.newest, true
}

func (s *saves) done(t *Tree, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err, s.failed = err, t
	if err == nil {
		s.stored, s.failed = t, nil
	}
}

func (s *saves) sync() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stored != s.newest {
		s.failed = nil
		s.start()
	}
	for s.running {
		s.idle.Wait()
	}
	return s.err
}
