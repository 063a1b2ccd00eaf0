// Package fleet runs many cameras in one process: it places them on addresses
// and ports, makes them in the factory or takes them from a state directory,
// lets them be discovered, and stops them all.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/factory"
	"github.com/camfleet/camfleet/sim/internal/issuer"
	"github.com/camfleet/camfleet/sim/internal/job"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/store"
	"github.com/camfleet/camfleet/sim/internal/tpm"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

// Config is what a fleet is made of.
type Config struct {
	api.Config
	// ControlURL is where the control API answers; the issuer is below it.
	ControlURL string
	// ControlToken is the bearer token it asks for; empty: none.
	ControlToken string
	Clock        clock.Clock // nil: the machine's
	Log          *slog.Logger
	// Progress is told how many cameras are up, by one goroutine at a time.
	Progress func(done, total int)
	// Discovery is false where no WS-Discovery is wanted, as in most tests.
	Discovery bool
}

// Fleet is the cameras of one process.
type Fleet struct {
	config  Config
	log     *slog.Logger
	clock   clock.Clock
	seed    seed.Source
	issuer  *issuer.Issuer
	roots   *factory.Roots
	factory *factory.Factory
	host    *tpm.Host
	store   *store.Fleet // nil: nothing is kept
	keeping sync.Mutex   // of what the store knows of the fleet
	binder  *soap.Binder
	// catalogue is the services of all cameras.
	catalogue *camera.Catalogue
	counts    counts
	finder    *finder // nil: no WS-Discovery
	library   *Library
	// opened are the profiles of all cameras, by the name they were asked for;
	// complete before the first camera starts.
	opened map[string]*profiles.Profile
	// jobs runs the jobs of all cameras; estimates is what they learn of this
	// machine.
	jobs      *job.Scheduler
	estimates *vault.Estimates

	mu      sync.Mutex
	cameras []*member // in the order of their numbers; nil while starting
	started int
	ready   bool
	begun   time.Time
	took    time.Duration
	notes   []string
}

// New checks the configuration and takes the state directory; Start starts the
// cameras. Whoever has a fleet must close it.
func New(c Config) (*Fleet, error) {
	if c.N == 0 {
		c.N = 4
	}
	if c.Bind == "" {
		c.Bind = "127.0.0.1"
	}
	if err := c.Config.Validate(); err != nil {
		return nil, err
	}
	if c.Clock == nil {
		c.Clock = clock.Real()
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	library, err := NewLibrary()
	if err != nil {
		return nil, err
	}
	f := &Fleet{config: c, library: library, log: c.Log, clock: c.Clock, binder: soap.NewBinder(), catalogue: camera.NewCatalogue(), cameras: make([]*member, c.N)}
	f.jobs, f.estimates = job.NewScheduler(c.Clock), vault.NewEstimates()
	if err := f.openStore(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Start makes and starts all cameras; on an error nothing is left running.
func (f *Fleet) Start(ctx context.Context) error {
	f.begun = f.clock.Now()
	if err := f.start(ctx); err != nil {
		if also := f.Close(); also != nil { // mostly the same trouble again
			f.log.Info("the fleet that did not start does not stop well either", "error", also)
		}
		return err
	}
	f.mu.Lock()
	f.ready, f.took = true, f.clock.Now().Sub(f.begun)
	f.mu.Unlock()
	return nil
}

func (f *Fleet) start(ctx context.Context) error {
	kinds, err := f.profiles()
	if err != nil {
		return err
	}
	if err := f.checkPasswords(kinds); err != nil {
		return err
	}
	if err := f.startHost(ctx); err != nil {
		return err
	}
	if f.config.Discovery {
		if f.finder, err = startFinder(f); err != nil {
			f.note(err.Error())
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(2 * runtime.GOMAXPROCS(0))
	for k := 1; k <= f.config.N; k++ {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error { return f.startCamera(ctx, k, kinds) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return f.remember()
}

// startHost starts what runs the TPMs, if any camera has an emulated one.
func (f *Fleet) startHost(ctx context.Context) error {
	for _, p := range f.opened {
		if p.TPM.Backend != tpm.Simulator {
			continue
		}
		var err error
		f.host, err = tpm.StartHost(ctx, tpm.HostConfig{Log: f.log})
		return err
	}
	return nil
}

// note keeps a sentence for `up` to print.
func (f *Fleet) note(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.notes = append(f.notes, text)
	f.log.Warn(text)
}

// kind is a profile under the name it was asked for.
type kind struct {
	name    string
	profile *profiles.Profile
}

// showcase lists the profiles of a fleet that asks for none.
func showcase() []string {
	return []string{"flagship", "legacy-18-12", "tls-addon", "security-baseline"}
}

// profiles loads what the configuration names, and what the cameras of the state
// directory were made of; all mistakes come at once.
func (f *Fleet) profiles() ([]kind, error) {
	names := f.config.Profiles
	if len(names) == 0 {
		names = showcase()
	}
	f.opened = map[string]*profiles.Profile{}
	var kinds []kind
	var errs []error
	for _, name := range names {
		p, err := f.library.Open(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		kinds = append(kinds, kind{name, p})
		f.opened[name] = p
	}
	return kinds, errors.Join(append(errs, f.openStored())...)
}

// checkPasswords refuses to show the well-known demo passwords to a network, and
// cameras that have no users and let anybody do anything.
func (f *Fleet) checkPasswords(kinds []kind) error {
	if f.onLoopback() {
		return nil
	}
	for _, k := range kinds {
		if len(k.profile.Users) == 0 && k.profile.Auth.BeforeFirstUser == "anything" {
			return &api.ConfigError{
				Field: "bind",
				Text:  fmt.Sprintf("profile %q has no users, so that anybody may do anything, and the cameras would be reachable from the network", k.name),
				Hint:  "give it users, or say auth.before_first_user: create_users",
			}
		}
	}
	if f.config.Password != "" && f.config.Password != demoPassword {
		return nil
	}
	if f.config.Password != "" {
		return &api.ConfigError{
			Field: "password", Text: "everybody knows the demo password, and the cameras would be reachable from the network",
			Hint: "give another",
		}
	}
	for _, k := range kinds {
		for _, u := range k.profile.Users {
			if u.Password == demoPassword {
				return &api.ConfigError{
					Field: "bind",
					Text:  fmt.Sprintf("profile %q has the demo password, which everybody knows, and the cameras would be reachable from the network", k.name),
					Hint:  "give one with --password or CAMFLEET_PASSWORD, or a profile with users of its own",
				}
			}
		}
	}
	return nil
}

// onLoopback reports whether the cameras can only be reached from this machine.
func (f *Fleet) onLoopback() bool {
	if f.config.Addresses != "" {
		return netip.MustParsePrefix(f.config.Addresses).Addr().IsLoopback()
	}
	return netip.MustParseAddr(f.config.Bind).IsLoopback()
}

const demoPassword = "camfleet"

// Close stops all cameras and lets go of everything. It may be called again.
func (f *Fleet) Close() error {
	f.mu.Lock()
	f.ready = false
	members := append([]*member(nil), f.cameras...)
	f.mu.Unlock()
	var errs []error
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(8 * runtime.GOMAXPROCS(0))
	if f.finder != nil {
		f.finder.close()
	}
	for _, m := range members {
		if m == nil {
			continue
		}
		group.Go(func() error {
			if err := m.close(); err != nil {
				mu.Lock()
				errs = append(errs, fmt.Errorf("camera %q: %w", m.name, err))
				mu.Unlock()
			}
			return nil
		})
	}
	group.Wait() //nolint:errcheck // its functions return none
	f.jobs.Close()
	if f.host != nil {
		errs = append(errs, f.host.Close())
	}
	if f.store != nil {
		errs = append(errs, f.store.Close())
	}
	return errors.Join(errs...)
}

// listen opens a TCP listener.
func (f *Fleet) listen(ctx context.Context, address string) (net.Listener, error) {
	var c net.ListenConfig
	return c.Listen(ctx, "tcp", address)
}
