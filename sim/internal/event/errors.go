package event

import (
	"errors"
	"fmt"
	"time"
)

// What can be wrong with a message or a topic: mistakes of the camera itself.
var (
	ErrTopic      = errors.New("no such topic")
	ErrItem       = errors.New("the topic's description has no such item")
	ErrProperties = errors.New("too many properties")
	ErrAnnounced  = errors.New("the topic cannot be announced")
)

// What can be wrong with a filter (Core 9.4.4, 9.6.3).
var (
	ErrTopicDialect      = errors.New("topic expression dialect unknown")
	ErrTopicExpression   = errors.New("topic expression not valid")
	ErrTopicNotSupported = errors.New("topic not supported")
	ErrContentExpression = errors.New("message content expression not valid")
)

// What can be wrong with a call of a pull point (Core 9.1).
var (
	// ErrUnknown: there is no such pull point, it has ended, or it is not the
	// caller's.
	ErrUnknown = errors.New("no such subscription")
	// ErrTooMany: there are as many pull points as there may be.
	ErrTooMany = errors.New("too many pull points")
	// ErrFilters: the subscription has more expressions than it may.
	ErrFilters = errors.New("too many filter expressions")
	// ErrBusy: another pull of the pull point is waiting.
	ErrBusy = errors.New("another pull is waiting for messages of this subscription")
	// ErrInterrupted: the pull's context ended before there was an answer.
	ErrInterrupted = errors.New("the pull was interrupted")
	// ErrClosed: the camera is going down.
	ErrClosed = errors.New("event handling has ended")
)

// TerminationError says that a pull point cannot end when the caller wants;
// the bounds are of the camera's clock.
type TerminationError struct{ Minimum, Maximum time.Time }

// Error names the bounds.
func (e *TerminationError) Error() string {
	return fmt.Sprintf("the termination time must be between %s and %s",
		e.Minimum.Format(time.RFC3339Nano), e.Maximum.Format(time.RFC3339Nano))
}

// TimeoutError says that a pull would wait too long (Core 9.1.2).
type TimeoutError struct {
	MaxTimeout      time.Duration
	MaxMessageLimit int
}

// Error names the bound.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("the timeout is more than %v", e.MaxTimeout)
}
