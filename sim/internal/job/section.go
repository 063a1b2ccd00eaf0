// Package job keeps what a camera has to do later as data, so that it survives
// a restart, and runs it when it is due.
//
// A [Section] is the list in a camera's state; the [Scheduler], one for the
// whole fleet, follows the lists of all cameras with one heap and one timer.
package job

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Job is one thing to be done. What it does is found by What; it removes
// itself from the section in the transaction that does it.
type Job struct {
	// Name is unique in the camera, as in "keystore/key-0011223344556677".
	Name string `json:"name"`
	// Due is when, by the fleet's clock, UTC.
	Due time.Time `json:"due"`
	// What names the kind of work, as in "keystore/generate".
	What string `json:"what"`
}

// MaxJobs bounds the jobs of one camera.
const MaxJobs = 1024

// ErrTooMany is returned when a camera has [MaxJobs] jobs.
var ErrTooMany = errors.New("too many jobs")

// Section is the jobs of a camera, in order of their names.
type Section struct {
	Jobs []Job `json:"jobs"`
}

// Clone returns a copy that may be changed freely.
func (s *Section) Clone() *Section {
	c := *s
	c.Jobs = slices.Clone(s.Jobs)
	return &c
}

// Job finds a job by its name.
func (s *Section) Job(name string) (Job, bool) {
	if i, ok := s.find(name); ok {
		return s.Jobs[i], true
	}
	return Job{}, false
}

// Put adds a job or replaces the one of the same name.
func (s *Section) Put(j Job) error {
	j.Due = j.Due.UTC().Round(0) // without the monotonic reading, as it comes back from a file
	i, ok := s.find(j.Name)
	switch {
	case ok:
		s.Jobs[i] = j
	case len(s.Jobs) >= MaxJobs:
		return fmt.Errorf("job %q: %w: %d", j.Name, ErrTooMany, MaxJobs)
	default:
		s.Jobs = slices.Insert(s.Jobs, i, j)
	}
	return nil
}

// Remove removes a job; false if there is none of that name.
func (s *Section) Remove(name string) bool {
	i, ok := s.find(name)
	if ok {
		s.Jobs = slices.Delete(s.Jobs, i, i+1)
	}
	return ok
}

func (s *Section) find(name string) (int, bool) {
	return slices.BinarySearchFunc(s.Jobs, name, func(j Job, n string) int {
		switch {
		case j.Name < n:
			return -1
		case j.Name > n:
			return 1
		}
		return 0
	})
}

// Validate checks that the names are sorted and unique.
func (s *Section) Validate() error {
	for i, j := range s.Jobs {
		if j.Name == "" || j.What == "" || i > 0 && s.Jobs[i-1].Name >= j.Name {
			return fmt.Errorf("job %d (%q): no name, no kind or out of order", i, j.Name)
		}
	}
	return nil
}
