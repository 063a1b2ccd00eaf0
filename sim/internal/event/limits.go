package event

import "time"

// Limits bound what clients and the camera itself can make a broker keep. A
// zero field means the default.
type Limits struct {
	PullPoints      int           // at the same time, the capability MaxPullPoints; 10
	Queue           int           // messages that wait in one pull point; 256
	MessageLimit    int           // messages in one answer; 100
	PullTimeout     time.Duration // how long a pull may wait; 2 minutes (at least one, Core 9.1.2)
	Lifetime        time.Duration // the longest a pull point may be made or renewed for; 24 hours
	MinLifetime     time.Duration // the shortest; 1 second
	DefaultLifetime time.Duration // if the client leaves it to the camera; 1 minute
	Properties      int           // that exist at the same time; 4096
	Filters         int           // expressions of one subscription; 16
	Expression      int           // bytes of one expression; 4096
	ExpressionDepth int           // parentheses in one another; 32
}

// WithDefaults fills in the zero fields.
func (l Limits) WithDefaults() Limits {
	for _, f := range []struct {
		value *int
		def   int
	}{
		{&l.PullPoints, 10}, {&l.Queue, 256}, {&l.MessageLimit, 100}, {&l.Properties, 4096},
		{&l.Filters, 16}, {&l.Expression, 4096}, {&l.ExpressionDepth, 32},
	} {
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	for _, f := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&l.PullTimeout, 2 * time.Minute}, {&l.Lifetime, 24 * time.Hour},
		{&l.MinLifetime, time.Second}, {&l.DefaultLifetime, time.Minute},
	} {
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	l.DefaultLifetime = min(l.DefaultLifetime, l.Lifetime)
	return l
}
