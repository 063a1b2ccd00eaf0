package keystore

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// What a key's job is to do when it is due (see [Task]).
const (
	TaskGenerate = "keystore/generate" // make the key and give it status ok
	TaskCorrupt  = "keystore/corrupt"  // give it status corrupt
)

// Generation says how a camera makes keys of one kind.
type Generation struct {
	// Takes is how long its hardware takes; zero: no longer than this machine.
	Takes time.Duration
	// Work is how long this machine is expected to take.
	Work time.Duration
	// CorruptEvery makes every n-th key that is begun end in status corrupt;
	// zero: none.
	CorruptEvery int
}

// Task is the job that ends the generation of a key, for the jobs of the
// camera's state: with the state it survives a restart.
type Task struct {
	Name string // [TaskName] of the key
	Due  time.Time
	What string // TaskGenerate or TaskCorrupt
	// Estimate is how long the generation will take in all, to be told to the
	// client (EstimatedCreationTime).
	Estimate time.Duration
}

// TaskName is the name of the job that ends the generation of a key. Who
// deletes a key removes the job of that name.
func TaskName(keyID string) string { return taskPrefix + keyID }

// KeyOfTask is the key whose generation a job of that name ends.
func KeyOfTask(name string) string { return strings.TrimPrefix(name, taskPrefix) }

const taskPrefix = "keystore/"

// StartKey adds a key with status generating and says what is to be done about
// it (Security 5.2.6.2.1, 5.2.6.2.2). now is the time of the clock that jobs
// go by. [Section.FinishKey] or [Section.FailKey] is to follow; if the key is
// gone by then, it was deleted.
func (s *Section) StartKey(spec Spec, alias string, g Generation, now time.Time, random io.Reader) (Key, Task, error) {
	if g.Takes < 0 || g.Work < 0 || g.CorruptEvery < 0 {
		return Key{}, Task{}, fmt.Errorf("key generation of negative numbers: %+v", g)
	}
	k, err := s.BeginKey(spec, alias, random)
	if err != nil {
		return Key{}, Task{}, err
	}
	t := Task{Name: TaskName(k.ID), Due: now, What: TaskGenerate, Estimate: max(g.Takes, g.Work)}
	wait := g.Takes - g.Work // so that work and wait together take their time
	s.Begun++
	if g.CorruptEvery > 0 && s.Begun%uint64(g.CorruptEvery) == 0 {
		t.What, wait, t.Estimate = TaskCorrupt, g.Takes, g.Takes
	}
	if wait > 0 {
		t.Due = now.Add(wait)
	}
	return k, t, nil
}

// Unfinished lists the keys with status generating whose job is gone, as
// planned tells of its name. They would be generated for ever: who starts a
// camera lets them fail.
func (s *Section) Unfinished(planned func(task string) bool) []string {
	var ids []string
	for _, k := range s.Keys {
		if k.Status == StatusGenerating && !planned(TaskName(k.ID)) {
			ids = append(ids, k.ID)
		}
	}
	return ids
}
