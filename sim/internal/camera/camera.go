// Package camera puts one camera together: state, TPM, clock, services,
// pictures, web and RTSP servers, and its life from power-on to power-off.
package camera

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/fault"
	"github.com/camfleet/camfleet/sim/internal/job"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/tpm"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

// Config is what a camera is made of.
type Config struct {
	Name    string
	Number  int // in the fleet, from 1
	Profile *profiles.Profile
	State   *state.Camera
	TPM     *tpm.TPM
	Seed    seed.Source // the camera's own
	Clock   clock.Clock // the fleet's
	Log     *slog.Logger
	Binder  *soap.Binder // shared by the fleet
	// Catalogue is shared by the fleet; nil: the camera makes its own.
	Catalogue *Catalogue
	// Jobs runs the camera's jobs; nil: it has a scheduler of its own.
	Jobs *job.Scheduler
	// Estimates remembers how long keys take to make; nil: the camera does.
	Estimates *vault.Estimates
	// Issuers finds the keys of token issuers that are at hand, such as the fleet's
	// own; nil: none is. Others are asked over the network.
	Issuers auth.KeySource
	// Revoked reports whether such an issuer has withdrawn a token; nil: none has.
	Revoked func(issuer, jti string) bool
	// Dial opens connections to the issuers that are not at hand; nil: those of the
	// machine.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// SigningAuthority issues the certificates of faults; nil: they have a root of
	// their own.
	SigningAuthority *pki.Authority
	// Listen opens a TCP listener; the camera asks for the address of its first
	// listeners again after a reboot.
	Listen func(ctx context.Context, address string) (net.Listener, error)
	// Observe gets a record of every SOAP request; may be nil.
	Observe func(op.Record)
	// Bug is told of the camera's own mistakes (see op.Config); nil: they are logged.
	Bug func(*op.Row, error)
	// Status is told of the camera's coming and going, in order.
	Status func(Status)
}

// Status is where a camera is in its life.
type Status string

// The stations of a camera's life. One that was never started is stopped.
const (
	Starting  Status = "starting"
	Running   Status = "running"
	Rebooting Status = "rebooting"
	Stopped   Status = "stopped"
)

// Listeners are the sockets a camera starts with; nil: that protocol is off.
type Listeners map[device.ProtocolName]net.Listener

// Camera is one virtual camera.
type Camera struct {
	config Config
	log    *slog.Logger
	wall   clock.Clock // the camera's own
	paced  clock.Clock // base of wall: the fleet's clock with the camera's drift
	tls    *tlsServer
	vault  *vault.Vault
	jobs   jobs
	faults *fault.Set
	// foreign finds the keys of issuers that are not at hand.
	foreign foreign

	// life is held while the camera enters a station: what is told of its coming
	// and going is in order, and told when it is true.
	life sync.Mutex

	mu      sync.Mutex
	run     *run // nil: not running
	status  Status
	closed  bool
	pending clock.Timer // a reboot's way back
	wg      sync.WaitGroup

	addresses map[device.ProtocolName]string // of the listeners, replaced as a whole
	bound     string                         // host of the last of them
}

// ErrStopped says that the camera is not running now.
var ErrStopped = errors.New("the camera is not running")

// New returns a camera that is switched off.
func New(c Config) *Camera {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Catalogue == nil {
		c.Catalogue = NewCatalogue()
	}
	cam := &Camera{config: c, log: c.Log.With("camera", c.Name), status: Stopped, addresses: map[device.ProtocolName]string{}}
	cam.paced = c.Clock
	if ppm := c.Profile.Clock.DriftPPM; ppm != 0 {
		skewed := clock.Skew(c.Clock)
		skewed.SetDrift(ppm)
		cam.paced = skewed
	}
	cam.wall = ownClock{base: cam.paced, state: c.State}
	// What the vault draws does not come again after a restart.
	change := strconv.FormatUint(c.State.View().Version, 10)
	cam.vault = vault.New(vault.Config{TPM: c.TPM, Random: c.Seed.Stream("vault/" + change), Clock: c.Clock, Estimates: c.Estimates})
	cam.foreign.camera = cam
	cam.faults = newFaults(cam)
	cam.tls = &tlsServer{state: c.State, open: cam.Signer, clock: cam.wall}
	return cam
}

// Signer opens a private key of the keystore where it is kept.
func (c *Camera) Signer(k keystore.Key) (crypto.Signer, error) {
	return c.vault.Signer(c.config.State.View().Keystore, k)
}

// Start switches the camera on, with listeners that are open already. It is
// called once.
func (c *Camera) Start(l Listeners) error {
	c.enterAlone(Starting)
	c.listensAt(l)
	if err := errors.Join(c.sealPasswords(), c.startJobs()); err != nil {
		l.close()
		return fmt.Errorf("camera %q: %w", c.config.Name, err)
	}
	return c.boot(l)
}

// boot is one power-on.
func (c *Camera) boot(l Listeners) error {
	r, err := newRun(c)
	if err != nil {
		l.close()
		return fmt.Errorf("camera %q: %w", c.config.Name, err)
	}
	err = c.config.State.Update(func(tx *state.Tx) error {
		tx.Device().Booted(c.paced.Now())
		return nil
	})
	if err == nil {
		err = r.warnings.announce(r.services.broker)
	}
	if err == nil {
		err = r.services.follow()
	}
	if err != nil {
		l.close()
		r.close()
		return fmt.Errorf("camera %q: %w", c.config.Name, err)
	}
	r.authorizations.start(r)
	if !c.live(r, l) {
		l.close()
		r.close()
		return ErrStopped
	}
	return nil
}

// live lets a run serve; false if the camera was closed meanwhile. A reboot that
// a client asks for at once is told of after Running.
func (c *Camera) live(r *run, l Listeners) bool {
	c.life.Lock()
	defer c.life.Unlock()
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return false
	}
	c.run = r
	r.serve(l)
	c.mu.Unlock()
	c.enter(Running)
	return true
}

func (l Listeners) close() {
	for _, listener := range l {
		listener.Close() //nolint:errcheck // it was never used
	}
}

// enterAlone is enter for who does not hold life.
func (c *Camera) enterAlone(s Status) {
	c.life.Lock()
	defer c.life.Unlock()
	c.enter(s)
}

// enter tells of a new station of life; life is held.
func (c *Camera) enter(s Status) {
	c.mu.Lock()
	c.status = s
	c.mu.Unlock()
	if c.config.Status != nil {
		c.config.Status(s)
	}
}

// Status returns where the camera is in its life.
func (c *Camera) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status
}

// Reboot restarts the camera, once the requests under way are answered. It
// returns at once, with how long the camera will be away.
func (c *Camera) Reboot() time.Duration {
	away := c.config.Profile.Boot.Time
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.run == nil || c.closed {
		return away
	}
	r := c.run
	c.run = nil
	c.wg.Go(func() { c.restart(r, away) })
	return away
}

// restart is the whole of a reboot up to the power-on.
func (c *Camera) restart(r *run, away time.Duration) {
	c.enterAlone(Rebooting)
	r.close()
	if err := c.config.TPM.Reboot(context.Background()); err != nil && !errors.Is(err, tpm.ErrNoTPM) {
		c.log.Error("the TPM did not restart", "error", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.wg.Add(1)
	c.pending = c.config.Clock.AfterFunc(away, func() {
		defer c.wg.Done()
		c.back(away)
	})
}

// back ends a reboot; where an address is taken meanwhile it tries again.
func (c *Camera) back(away time.Duration) {
	c.mu.Lock()
	c.pending = nil
	closed := c.closed
	c.mu.Unlock()
	if closed {
		return
	}
	l, err := c.listen()
	if err == nil {
		if err = c.boot(l); err == nil || errors.Is(err, ErrStopped) {
			return
		}
	}
	c.log.Error("the camera does not come back; it will be tried again", "error", err)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.wg.Add(1)
	c.pending = c.config.Clock.AfterFunc(max(away, time.Second), func() {
		defer c.wg.Done()
		c.back(away)
	})
}

// Close switches the camera off: all connections end, the state is stored, the
// TPM shuts down.
func (c *Camera) Close() error {
	c.mu.Lock()
	c.closed = true
	r := c.run
	c.run = nil
	if c.pending != nil && c.pending.Stop() {
		c.pending = nil
		c.wg.Done()
	}
	c.mu.Unlock()
	c.stopJobs()
	if r != nil {
		r.close()
	}
	c.wg.Wait()
	c.enterAlone(Stopped)
	return errors.Join(c.config.State.Close(), c.config.TPM.Close())
}

// running is the run of now; nil: the camera is off.
func (c *Camera) running() *run {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.run
}

// Handle answers a SOAP request that came otherwise than over the camera's own
// listeners.
func (c *Camera) Handle(ctx context.Context, q *op.Request) (*op.Reply, error) {
	r := c.running()
	if r == nil {
		return nil, ErrStopped
	}
	return r.pipeline.Handle(ctx, q), nil
}

// Still returns a stream's picture of now as a JPEG file; an empty name means
// the first stream.
func (c *Camera) Still(ctx context.Context, stream string) ([]byte, error) {
	r := c.running()
	if r == nil {
		return nil, ErrStopped
	}
	for _, p := range r.pictures {
		if stream == "" || p.stream.Profile.Stream == stream {
			return p.Still(ctx)
		}
	}
	return nil, fmt.Errorf("stream %q: %w", stream, ErrNoStream)
}

// ErrNoStream says that the camera has no stream of that name.
var ErrNoStream = errors.New("no such stream")
