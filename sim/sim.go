// Package sim starts fleets of virtual ONVIF cameras from Go.
//
//	fleet, err := sim.Start(ctx, sim.Config{Config: api.Config{N: 3}})
//	if err != nil { … }
//	defer fleet.Close()
//	for _, c := range fleet.Cameras() { fmt.Println(c.DeviceURL) }
//
// Each camera has its own emulated TPM 2.0, keystore, web and RTSP servers.
// Tests use the shorter sim/simtest. The library has no global state.
package sim

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/control"
	"github.com/camfleet/camfleet/sim/internal/fleet"
	"github.com/camfleet/camfleet/sim/internal/tpm"
)

// Config says what fleet to start. The zero Config is four showcase cameras on
// 127.0.0.1 with ports the system picks, and the control API at 127.0.0.1:8800.
type Config struct {
	api.Config
	// Log gets what happens; nil: nothing is logged.
	Log *slog.Logger
	// Progress is told how many cameras are up, by one goroutine at a time.
	Progress func(done, total int)
	// NoDiscovery leaves WS-Discovery out, which many fleets on one machine
	// would share.
	NoDiscovery bool
	// Clock is the fleet's time; nil: the machine's.
	Clock Clock
}

// Clock tells the time and wakes its users later.
type Clock = clock.Clock

// Fleet is a running fleet. Its methods may be called by many goroutines.
type Fleet struct {
	fleet  *fleet.Fleet
	server *http.Server
	split  *control.Listeners
	token  string
	log    *slog.Logger
	served sync.WaitGroup
	once   sync.Once
	err    error
}

// closeGrace is how long requests to the control API may take at the end.
const closeGrace = 200 * time.Millisecond

// Start starts a fleet and returns when all its cameras are up. On an error
// nothing is left running. Mistakes in the configuration are *api.ConfigError,
// joined where there are several.
func Start(ctx context.Context, c Config) (*Fleet, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Control == "" {
		c.Control = "127.0.0.1:8800"
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	listener, err := listenControl(ctx, c.Control)
	if err != nil {
		return nil, err
	}
	f := &Fleet{log: c.Log}
	local := isLoopback(listener.Addr())
	if !local {
		f.token = newToken()
	}
	f.fleet, err = fleet.New(fleet.Config{
		Config: c.Config, ControlURL: controlURL(listener.Addr()), ControlToken: f.token,
		Clock: c.Clock, Log: c.Log, Progress: c.Progress, Discovery: !c.NoDiscovery,
	})
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	if err := f.serve(listener, c, local); err != nil {
		return nil, errors.Join(err, f.fleet.Close(), listener.Close())
	}
	if err := f.fleet.Start(ctx); err != nil {
		f.closeControl()
		return nil, err
	}
	return f, nil
}

// serve answers on the control listener, with TLS who begins with it.
func (f *Fleet) serve(l net.Listener, c Config, local bool) (err error) {
	f.server = control.NewServer(control.Config{Fleet: f.fleet, Log: c.Log, Token: f.token, Loopback: local})
	f.server.TLSConfig, err = f.fleet.ControlTLS(addrPort(l.Addr()).Addr().Unmap().String())
	if err != nil {
		return err
	}
	if c.Clock == nil {
		c.Clock = clock.Real()
	}
	f.split = control.Split(l, c.Clock, f.server.ReadHeaderTimeout)
	log := func(err error) {
		if !errors.Is(err, http.ErrServerClosed) {
			c.Log.Error("the control listener ended", "error", err)
		}
	}
	f.served.Go(func() { log(f.server.Serve(f.split.Plain)) })
	f.served.Go(func() { log(f.server.ServeTLS(f.split.Secure, "", "")) })
	return nil
}

// listenControl opens the control listener.
func listenControl(ctx context.Context, address string) (net.Listener, error) {
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, &api.ConfigError{
			Field: "control", Text: address + " is taken by another program, perhaps another fleet",
			Hint:    "stop that one, give another --control, or 127.0.0.1:0 to let the system pick",
			Machine: true,
		}
	case err != nil:
		return nil, &api.ConfigError{Field: "control", Text: fmt.Sprintf("%s cannot be opened: %v", address, err), Hint: "give another address", Machine: true}
	}
	return l, nil
}

func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort()
	}
	return netip.AddrPort{}
}

func isLoopback(a net.Addr) bool { return addrPort(a).Addr().Unmap().IsLoopback() }

// controlURL is the address of the control API as programs on this machine
// reach it.
func controlURL(a net.Addr) string {
	ap := addrPort(a)
	host := ap.Addr().Unmap()
	if host.IsUnspecified() {
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return "http://" + netip.AddrPortFrom(host, ap.Port()).String()
}

func newToken() string {
	var b [20]byte
	rand.Read(b[:]) // never fails (Go 1.24)
	return hex.EncodeToString(b[:])
}

// Info describes the fleet as `camfleet up --json` prints it.
func (f *Fleet) Info() api.Fleet { return f.fleet.Info() }

// Cameras describes all cameras, in the order of their numbers.
func (f *Fleet) Cameras() []api.Camera { return f.fleet.Info().Cameras }

// Camera describes one camera; false: there is none of that name.
func (f *Fleet) Camera(name string) (api.Camera, bool) { return f.fleet.Camera(name) }

// Snapshot returns what a stream of a camera shows now as a JPEG file; an empty
// stream name is the camera's first. Errors: api.ErrNotFound, api.ErrNotReady.
func (f *Fleet) Snapshot(ctx context.Context, camera, stream string) ([]byte, error) {
	return f.fleet.Snapshot(ctx, camera, stream)
}

// Mint makes a token the fleet's cameras take, or a deliberately bad one.
func (f *Fleet) Mint(r api.TokenRequest) (api.Token, error) { return f.fleet.Mint(r) }

// Revoke withdraws a token of the fleet's issuer: its cameras take it no more.
func (f *Fleet) Revoke(r api.Revocation) (api.Revocation, error) { return f.fleet.Revoke(r) }

// Authorizations tells how a camera stands with the authorization servers that
// it gets tokens of for itself. Errors: api.ErrNotFound, api.ErrNotReady.
func (f *Fleet) Authorizations(camera string) ([]api.Authorization, error) {
	return f.fleet.Authorizations(camera)
}

// RotateIssuer makes new signing keys for the fleet's issuer; the old ones stay
// published.
func (f *Fleet) RotateIssuer() (api.IssuerKeys, error) { return f.fleet.RotateIssuer() }

// Reboot starts a camera's reboot and returns. Errors: api.ErrNotFound,
// api.ErrNotReady.
func (f *Fleet) Reboot(ctx context.Context, camera string) error { return f.fleet.Reboot(ctx, camera) }

// FactoryDefault makes a camera what it left the factory as, starts its reboot and
// returns. A hard one brings back accounts, network, keys and certificates of the
// factory; a soft one keeps those of now. Errors: api.ErrNotFound, api.ErrNotReady.
func (f *Fleet) FactoryDefault(ctx context.Context, camera string, hard bool) error {
	return f.fleet.FactoryDefault(ctx, camera, hard)
}

// CA returns the fleet's root certificate as PEM, or with signing its
// media-signing root; with a camera's name that camera's chain, leaf first.
func (f *Fleet) CA(camera string, signing bool) ([]byte, error) { return f.fleet.CA(camera, signing) }

// Close stops everything the fleet started and waits for it. It may be called
// again and then gives the same error.
func (f *Fleet) Close() error {
	f.once.Do(func() {
		f.closeControl()
		f.err = f.fleet.Close()
	})
	return f.err
}

func (f *Fleet) closeControl() {
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	if f.server.Shutdown(ctx) != nil {
		f.server.Close() //nolint:errcheck // it is over
	}
	f.split.Close() //nolint:errcheck // the server has closed it
	f.served.Wait()
}

// Operations lists every ONVIF operation and whether it is simulated; a
// profile's name or file adds those it has switched off.
func Operations(profile string) ([]api.Operation, error) {
	l, err := fleet.NewLibrary()
	if err != nil {
		return nil, err
	}
	return l.Operations(profile)
}

// TPMs says why cameras of this program on this machine have no TPM of their
// own; nil: they have.
func TPMs(ctx context.Context, log *slog.Logger) error {
	h, err := tpm.StartHost(ctx, tpm.HostConfig{Log: log})
	if err != nil {
		return err
	}
	return h.Close()
}
