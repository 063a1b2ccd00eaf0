package state

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/camfleet/camfleet/sim/internal/seed"
)

// The errors of this package.
var (
	ErrClosed  = errors.New("the camera's state is closed")
	ErrBacklog = errors.New("a watcher is too far behind")
	// ErrStore is a change that a durable state could not store, and undid.
	ErrStore = errors.New("the change cannot be stored")
)

// DefaultBacklog is how many changes may wait for one watcher.
const DefaultBacklog = 1 << 16

// Saver keeps trees where a restart finds them; package store has one.
type Saver interface {
	// Save stores a tree, all of it or nothing. Sections that are the very
	// ones of the last call need no writing. It is called by one goroutine at
	// a time.
	Save(t *Tree) error
}

// Config is what a camera's state works with. The zero value keeps the state
// in memory only.
type Config struct {
	// Saver stores the changes; nil: none are stored. What New is given
	// counts as stored.
	Saver Saver
	// Durable stores a change before it is published: Update returns when it
	// is on the disk, and fails, changing nothing, when that fails. Otherwise
	// changes are stored right after, the latest only when they come fast.
	Durable bool
	// Validate, if set, may refuse a change; it sees both trees.
	Validate func(before, after *Tree) error
	// Seed gives the random numbers of [Tx.Random]. The zero Seed stands for
	// one nobody can foretell.
	Seed seed.Source
	// Log gets what goes wrong while storing; nil: nothing is logged.
	Log *slog.Logger
	// Backlog bounds the changes that wait for one watcher; with more, Update
	// is refused. 0 means [DefaultBacklog].
	Backlog int
}

// Camera is the state of one camera. It starts no goroutine while nothing
// changes.
type Camera struct {
	config  Config
	current atomic.Pointer[Tree]

	mu       sync.Mutex // held by the one writer
	closed   bool
	watchers []*watcher
	saves    *saves // nil without a Saver, or if Durable
}

// New returns a camera with the given first tree; missing sections are empty.
func New(first Tree, c Config) *Camera {
	if c.Seed == (seed.Source{}) {
		c.Seed = seed.Random()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Backlog <= 0 {
		c.Backlog = DefaultBacklog
	}
	first = first.complete()
	cam := &Camera{config: c}
	cam.current.Store(&first)
	if c.Saver != nil && !c.Durable {
		cam.saves = newSaves(c.Saver, c.Log, &first)
	}
	return cam
}

// View returns the current tree. It takes no lock.
func (c *Camera) View() *Tree { return c.current.Load() }

// Update runs f on a new version of the tree and publishes it. If f returns
// an error or panics, if the change is not valid, or (durable) if it cannot
// be stored, nothing happened. A change that touches no section makes no
// version. f must not call Update of the same camera.
func (c *Camera) Update(f func(tx *Tx) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ready(); err != nil {
		return err
	}
	before := c.current.Load()
	tx := &Tx{before: before, after: *before, source: c.config.Seed}
	defer func() { tx.closed = true }()
	if err := f(tx); err != nil {
		return err
	}
	tx.closed = true
	if tx.after == *before {
		return nil
	}
	after := tx.after
	after.Version = before.Version + 1
	return c.publish(before, &after)
}

// Random gives random numbers for what is prepared before a change and would
// hold up others inside of one, and the tree they go with. They follow from the
// camera's seed and the tree's version: who prepares twice while nothing
// changes gets the same ones.
func (c *Camera) Random() (io.Reader, *Tree) {
	t := c.View()
	return c.config.Seed.Stream("prepare/" + strconv.FormatUint(t.Version, 10)), t
}

// ready tells why no change is possible now.
func (c *Camera) ready() error {
	if c.closed {
		return ErrClosed
	}
	for _, w := range c.watchers {
		if n := w.behind(); n >= c.config.Backlog {
			return fmt.Errorf("%w: %d changes", ErrBacklog, n)
		}
	}
	return nil
}

func (c *Camera) publish(before, after *Tree) error {
	if c.config.Validate != nil {
		if err := c.config.Validate(before, after); err != nil {
			return err
		}
	}
	if c.config.Durable && c.config.Saver != nil {
		if err := c.config.Saver.Save(after); err != nil {
			return fmt.Errorf("%w: %w", ErrStore, err)
		}
	}
	c.current.Store(after)
	if c.saves != nil {
		c.saves.put(after)
	}
	for _, w := range c.watchers {
		w.put(change{before, after})
	}
	return nil
}

// Sync waits until everything published so far is stored and returns the
// error of the last attempt, if it failed.
func (c *Camera) Sync() error {
	if c.saves == nil {
		return nil
	}
	return c.saves.sync()
}

// Close refuses further changes, tells the watchers of every change so far,
// stores the last tree and waits for all of it. It must not be called by a
// watcher. View goes on working.
func (c *Camera) Close() error {
	c.mu.Lock()
	c.closed = true
	watchers := c.watchers
	c.mu.Unlock()
	for _, w := range watchers {
		w.wait()
	}
	return c.Sync()
}
