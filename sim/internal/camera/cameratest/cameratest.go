// Package cameratest gives tests a camera without a fleet: made by the factory
// from a fixed seed, by a clock that stands still unless it is moved, so that
// the same requests have the same answers, byte for byte.
package cameratest

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/factory"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/tpm"
)

// Start is where the clock of a camera stands at first.
func Start() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

// Password is that of every account.
const Password = "camfleet"

// Config says what camera a test gets. The zero value is a flagship that can
// only be reached in process and whose keys are nowhere.
type Config struct {
	Profile string // built-in profile; "": flagship
	// Opened is instead a profile from [Open], for tests with many cameras:
	// opening one takes longer than all the rest.
	Opened *profiles.Profile
	// Change may change the camera's own copy of the profile; lists are replaced,
	// not written into.
	Change func(*profiles.Profile)
	// Clock is the fleet's; nil: one that stands at [Start].
	Clock clock.Clock
	// First is the state the camera starts with; nil: that of a new one.
	First *state.Tree
	// Host runs the camera's TPM, which has the keys; nil: there is none, and no TLS.
	Host *tpm.Host
	// Listen opens the listeners of all protocols of the profile (without TPM:
	// those without TLS) on loopback ports.
	Listen bool
	// Listeners are instead listeners of the test's own.
	Listeners camera.Listeners
	// Open opens a listener again after a reboot; nil: net.Listen.
	Open func(ctx context.Context, address string) (net.Listener, error)
	// Issuers are the keys of trusted token issuers.
	Issuers auth.KeySource
	// Revoked reports which of their tokens are withdrawn; nil: none.
	Revoked func(issuer, jti string) bool
	// Dial opens connections to other issuers; nil: those of the machine.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Status and Observe are given to the camera.
	Status  func(camera.Status)
	Observe func(op.Record)
	// Changed is asked before every change of the state, and may refuse it.
	Changed func(before, after *state.Tree) error
	// Saver stores every change before it counts; nil: nothing is stored.
	Saver state.Saver
	// Answered gets every SOAP answer that the methods of Camera see.
	Answered func(Answer)
}

// Camera is a running camera that ends with its test.
type Camera struct {
	*camera.Camera
	State   *state.Camera
	Profile *profiles.Profile
	TPM     *tpm.TPM
	// Clock is the fleet's clock, nil if the test gave another.
	Clock *clock.Manual
	Roots *factory.Roots
	// Addresses are where the listeners are, host and port.
	Addresses map[device.ProtocolName]string

	answered func(Answer)
	digest   digest
}

// New starts a camera. The camera's own mistakes (see op.Config.Bug) fail the test.
func New(t testing.TB, c Config) *Camera {
	t.Helper()
	b := &Camera{Profile: profile(t, c), answered: c.Answered, Addresses: map[device.ProtocolName]string{}}
	fleet := c.Clock
	if fleet == nil {
		b.Clock = clock.NewManual(Start())
		fleet = b.Clock
	}
	listeners := b.listen(t, c)
	first := b.make(t, c)
	if c.First != nil {
		first = *c.First
	}
	b.State = state.New(first, state.Config{
		Seed: seed.New(1).Sub("cam-0001"), Validate: c.Changed, Saver: c.Saver, Durable: c.Saver != nil,
	})
	if c.Open == nil {
		c.Open = func(ctx context.Context, address string) (net.Listener, error) {
			var l net.ListenConfig
			return l.Listen(ctx, "tcp", address)
		}
	}
	b.Camera = camera.New(camera.Config{
		Name: "cam-0001", Number: 1, Profile: b.Profile, State: b.State, TPM: b.TPM,
		Seed: seed.New(1).Sub("cam-0001"), Clock: fleet, Binder: soap.NewBinder(), Issuers: c.Issuers, Revoked: c.Revoked, Dial: c.Dial,
		Listen: c.Open, Status: c.Status, Observe: c.Observe,
		Bug: func(row *op.Row, err error) { t.Errorf("the camera made a mistake: %v", err) },
	})
	if err := b.Start(listeners); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close the camera: %v", err)
		}
	})
	return b
}

// Open opens a built-in profile; "" is flagship.
func Open(t testing.TB, name string) *profiles.Profile {
	t.Helper()
	if name == "" {
		name = "flagship"
	}
	p, err := profiles.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// profile is the camera's own profile.
func profile(t testing.TB, c Config) *profiles.Profile {
	t.Helper()
	if c.Opened == nil {
		c.Opened = Open(t, c.Profile)
	}
	p := *c.Opened
	if c.Host == nil {
		p.TPM.Backend = tpm.None
	}
	if c.Change != nil {
		c.Change(&p)
	}
	return &p
}

// listen opens the listeners.
func (b *Camera) listen(t testing.TB, c Config) camera.Listeners {
	t.Helper()
	if c.Listeners != nil {
		return c.Listeners
	}
	listeners := camera.Listeners{}
	on := b.Profile.Network.Protocols
	for name, wanted := range map[device.ProtocolName]bool{
		device.HTTP: on.HTTP, device.RTSP: on.RTSP, device.HTTPS: on.HTTPS && c.Host != nil, device.RTSPS: on.RTSPS && c.Host != nil,
	} {
		if !c.Listen || !wanted {
			continue
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners[name], b.Addresses[name] = l, l.Addr().String()
	}
	return listeners
}

// ports are those of the listeners, or made-up ones.
func (b *Camera) ports() camera.Ports {
	port := func(name device.ProtocolName, usual int) int {
		if a, err := netip.ParseAddrPort(b.Addresses[name]); err == nil {
			return int(a.Port())
		}
		return usual
	}
	return camera.Ports{
		HTTP: port(device.HTTP, 20004), HTTPS: port(device.HTTPS, 20005), RTSP: port(device.RTSP, 20006), RTSPS: port(device.RTSPS, 20007),
	}
}

// make opens the camera's TPM and has the camera made in the factory.
func (b *Camera) make(t testing.TB, c Config) state.Tree {
	t.Helper()
	config := tpm.Config{Backend: b.Profile.TPM.Backend}
	if c.Host != nil {
		config.Entropy = seed.New(1).Bytes("tpm", tpm.EntropySize)
	}
	var err error
	if b.TPM, err = c.Host.Open(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	date := factory.ManufactureDate(seed.New(1), Start())
	if b.Roots, err = factory.NewRoots(seed.New(1), date); err != nil {
		t.Fatal(err)
	}
	spec, err := camera.Spec(b.Profile, camera.Birth{
		Name: "cam-0001", Number: 1, Address: netip.MustParseAddr("127.0.0.1"), Ports: b.ports(),
		Issuer: "https://issuer.example", Password: Password,
	})
	if err != nil {
		t.Fatal(err)
	}
	var keys factory.TPM = &software{random: seed.New(1).Stream("software keys")}
	if c.Host != nil {
		keys = factory.FromTPM(t.Context(), b.TPM)
	}
	first, err := factory.New(b.Roots, seed.New(1), date).Make(spec, keys)
	if err != nil {
		t.Fatal(err)
	}
	return first
}
