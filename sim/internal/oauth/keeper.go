package oauth

import (
	"context"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
)

// State is how far a [Keeper] is.
type State string

// The states of a keeper.
const (
	Waiting    State = "waiting"    // no answer has come yet
	Authorized State = "authorized" // there is a token that is good now
	Failed     State = "failed"     // there is none, and it will be tried again
)

// Status is what may be told of a keeper; it has no secret in it.
type Status struct {
	State    State
	Error    string    // of the last attempt, "": it went well
	Expires  time.Time // of the token, by the camera's clock; zero: it has no end
	Attempts int       // since the start
}

// Limits of a keeper.
const (
	retryFirst, retryMost = 5 * time.Second, 5 * time.Minute
	attemptTime           = 20 * time.Second
	refreshMost           = time.Hour // a token without an end is fetched anew as often
	refreshLeast          = 10 * time.Second
)

// Keeper keeps a token for a camera: it fetches one, and the next before that
// ends. It tries again after 5 s when that fails, waiting twice as long each
// time up to 5 min.
type Keeper struct {
	client *Client
	clock  clock.Clock
	stop   context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	status Status
	token  Token
}

// Keep starts to keep a token; whoever has the keeper must close it. Waiting is
// by the clock c, which never jumps; tokens end by the camera's own.
func Keep(client *Client, c clock.Clock) *Keeper {
	ctx, stop := context.WithCancel(context.Background())
	k := &Keeper{client: client, clock: c, stop: stop, done: make(chan struct{}), status: Status{State: Waiting}}
	go k.run(ctx)
	return k
}

// Close ends the attempt under way and waits for it.
func (k *Keeper) Close() {
	k.stop()
	<-k.done
}

// Status returns how far the keeper is.
func (k *Keeper) Status() Status {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.now()
}

// now is the status with the end of the token seen.
func (k *Keeper) now() Status {
	s := k.status
	if s.State == Authorized && !s.Expires.IsZero() && !k.client.config.Clock.Now().Before(s.Expires) {
		s.State = Failed
		if s.Error == "" {
			s.Error = "the token expired"
		}
	}
	return s
}

// Token returns the token, false if there is none that is good now.
func (k *Keeper) Token() (Token, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.token, k.now().State == Authorized
}

func (k *Keeper) run(ctx context.Context) {
	defer close(k.done)
	retry := retryFirst
	for {
		wait, ok := k.attempt(ctx)
		if !ok {
			wait, retry = retry, min(2*retry, retryMost)
		} else {
			retry = retryFirst
		}
		timer := k.clock.NewTimer(wait)
		select {
		case <-timer.C():
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// attempt fetches a token once; it returns how long that one need not be
// replaced.
func (k *Keeper) attempt(ctx context.Context) (time.Duration, bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	late := k.clock.AfterFunc(attemptTime, cancel)
	defer late.Stop()
	token, err := k.client.Token(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.status.Attempts++
	if err != nil {
		k.status.Error = clip(err.Error())
		if k.token.Access == "" {
			k.status.State = Failed
		}
		return 0, false
	}
	k.token = token
	k.status.State, k.status.Error, k.status.Expires = Authorized, "", token.Expires
	if token.Expires.IsZero() {
		return refreshMost, true
	}
	life := token.Expires.Sub(k.client.config.Clock.Now())
	return min(max(life-life/5, refreshLeast), refreshMost), true
}
