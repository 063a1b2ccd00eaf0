package state

import (
	"io"
	"strconv"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/job"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/users"
)

// Tx is a change in the making. It is of use only inside the function given
// to [Camera.Update], by one goroutine.
//
// Device, Users, Keystore, Media and Jobs hand out this change's own copy of
// the section, made when it is first asked for; later calls give the same
// copy. To only look, use View, which copies nothing.
type Tx struct {
	before *Tree
	after  Tree
	source seed.Source
	random io.Reader
	closed bool
}

// View returns the tree as the change has made it so far. It must not be
// changed, nor kept after the change.
func (tx *Tx) View() *Tree {
	tx.check()
	return &tx.after
}

// Before returns the tree that the change started from.
func (tx *Tx) Before() *Tree {
	tx.check()
	return tx.before
}

// Version returns the version that the change will have.
func (tx *Tx) Version() uint64 { return tx.before.Version + 1 }

// Device hands out the device section for changing.
func (tx *Tx) Device() *device.Section { return edit(tx, &tx.after.Device, tx.before.Device) }

// Users hands out the accounts for changing.
func (tx *Tx) Users() *users.Section { return edit(tx, &tx.after.Users, tx.before.Users) }

// Keystore hands out the keystore for changing.
func (tx *Tx) Keystore() *keystore.Section {
	return edit(tx, &tx.after.Keystore, tx.before.Keystore)
}

// Media hands out the media configuration for changing.
func (tx *Tx) Media() *mediacfg.Section { return edit(tx, &tx.after.Media, tx.before.Media) }

// Jobs hands out the list of jobs for changing.
func (tx *Tx) Jobs() *job.Section { return edit(tx, &tx.after.Jobs, tx.before.Jobs) }

// Replace puts a whole new tree in place of the camera's, as a factory
// default or a restored snapshot does; only the version goes on counting.
// Sections that are nil stay as they are.
func (tx *Tx) Replace(t Tree) {
	tx.check()
	replace(&tx.after.Device, t.Device)
	replace(&tx.after.Users, t.Users)
	replace(&tx.after.Keystore, t.Keystore)
	replace(&tx.after.Media, t.Media)
	replace(&tx.after.Jobs, t.Jobs)
	replace(&tx.after.Origin, t.Origin)
}

// Random gives the random numbers of this change, for IDs. They follow from
// the camera's seed and the version, so no restart makes them come again.
func (tx *Tx) Random() io.Reader {
	tx.check()
	if tx.random == nil {
		tx.random = tx.source.Stream("change/" + strconv.FormatUint(tx.Version(), 10))
	}
	return tx.random
}

func (tx *Tx) check() {
	if tx.closed {
		panic("state: a Tx is used after its Update has ended")
	}
}

// edit copies a section the first time it is asked for.
func edit[T any, P interface {
	*T
	Clone() P
}](tx *Tx, field *P, before P) P {
	tx.check()
	if *field == before {
		*field = before.Clone()
	}
	return *field
}

func replace[T any](field **T, section *T) {
	if section != nil {
		*field = section
	}
}
