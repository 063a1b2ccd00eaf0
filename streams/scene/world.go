package scene

import (
	"fmt"
	"slices"
)

// Kind names a sort of place.
type Kind string

// The places.
const (
	Street    Kind = "street"
	Harbour   Kind = "harbour"
	Warehouse Kind = "warehouse"
	Park      Kind = "park"
)

// Kinds returns all kinds of places, always in the same order.
func Kinds() []Kind { return []Kind{Street, Harbour, Warehouse, Park} }

// World is one place and what moves in it: a pure function of kind, seed and
// time, the same for all pictures of it whatever their size. World coordinates
// have 1000 units to a picture's height, x = 0 in the middle and y = 0 at the
// top. It is never changed, so any number of painters share it.
type World struct {
	kind   Kind
	seed   [32]byte
	mood   mood
	accent rgb // colour of the overlay's edge
	actors []actor
}

// NewWorld makes the world of a seed.
func NewWorld(kind Kind, seed [32]byte) (*World, error) {
	if !slices.Contains(Kinds(), kind) {
		return nil, fmt.Errorf("scene: kind %q: want one of %q", kind, Kinds())
	}
	d := newDice(seed, "look")
	all := moods()
	w := &World{
		kind: kind, seed: seed,
		mood:   all[d.between(0, len(all)-1)],
		accent: d.pick(0xE0533D, 0x2F9E8F, 0xE8A33D, 0x5B7FDB, 0xB05BC4, 0x7FB546),
	}
	w.actors = w.place().actors(newDice(seed, "actors"))
	return w, nil
}

// Kind returns the sort of place.
func (w *World) Kind() Kind { return w.kind }

// place is what makes one kind of world: how it is painted and what moves.
type place struct {
	paint  func(b *brush, d *dice, m mood)
	actors func(d *dice) []actor // far ones first
}

func (w *World) place() place {
	switch w.kind {
	case Harbour:
		return place{paintHarbour, harbourActors}
	case Warehouse:
		return place{paintWarehouse, warehouseActors}
	case Park:
		return place{paintPark, parkActors}
	}
	return place{paintStreet, streetActors}
}

// Class is what a moving thing is, in the words of ONVIF's object
// classification (tt:ObjectType).
type Class string

// The classes of things that move.
const (
	Human   Class = "Human"
	Vehicle Class = "Vehicle"
	Bicycle Class = "Bicycle"
	Animal  Class = "Animal"
)

// actor is one thing that moves along a horizontal line.
type actor struct {
	class  Class
	figure figure
	colour rgb
	height float64 // world units, feet to top
	foot   float64 // y of the lowest point
	reach  int     // it moves from -reach to +reach
	speed  int     // units a second
	phase  int     // where it was at the beginning of time, units
	back   bool    // it returns; otherwise it starts over at the other side
	left   bool    // it starts to the left
}

// stance is where an actor is at one instant.
type stance struct {
	x    int // its middle, world units
	left bool
	step int // phase of its gait, 0 to 3
}

// at returns where the actor is at a time in milliseconds since 1970.
func (a *actor) at(ms int64) stance {
	span := int64(2*a.reach) * 1000
	if a.back {
		span *= 2
	}
	p := (int64(a.speed)*ms%span + int64(a.phase)*1000) % span
	if p < 0 {
		p += span
	}
	s := stance{left: a.left}
	units := int(p / 1000)
	stride := max(int(a.height/4), 1)
	s.step = units / stride & 3
	if a.back && units >= 2*a.reach {
		units = 4*a.reach - units
		s.left = !s.left
	}
	s.x = units - a.reach
	if a.left {
		s.x = -s.x
	}
	return s
}
