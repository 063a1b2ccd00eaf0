package camera

import (
	"slices"
	"strconv"

	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/svc"
	"github.com/camfleet/camfleet/sim/internal/svc/device"
	"github.com/camfleet/camfleet/sim/internal/svc/events"
	"github.com/camfleet/camfleet/sim/internal/svc/media"
	"github.com/camfleet/camfleet/sim/internal/svc/media2"
	"github.com/camfleet/camfleet/sim/internal/svc/security"
	"github.com/camfleet/camfleet/sim/internal/tpm"
)

// services are the camera's ONVIF services and what finds them.
type services struct {
	camera   *svc.Camera
	table    *op.Table[*svc.Call]
	byName   map[string]svc.Service // row.Service to service
	offOps   map[string]bool
	broker   *event.Broker
	unfollow func() // nil: the events do not follow the state yet
}

// Catalogue is the services there are and their operations: a fleet has one for
// all its cameras. It is never changed.
type Catalogue struct{ all []offer }

// offer is one service with its operations.
type offer struct {
	svc.Service
	table *op.Table[*svc.Call]
}

func newOffer(s svc.Service) offer { return offer{s, op.NewTable(s.Entries)} }

// NewCatalogue makes the catalogue, in the order of GetServices. The event
// service in it is only to be looked at: each camera has its own.
func NewCatalogue() *Catalogue {
	var c Catalogue
	for _, s := range []svc.Service{device.Service(), media.Service(), media2.Service(), events.Service(nil), security.Service()} {
		c.all = append(c.all, newOffer(s))
	}
	return &c
}

func newServices(r *run) *services {
	c := r.camera
	p := c.config.Profile
	s := &services{byName: map[string]svc.Service{}, offOps: switchedOff(p), broker: newBroker(c)}
	var all []svc.Service
	var tables []*op.Table[*svc.Call]
	for _, o := range c.config.Catalogue.all {
		if o.Name != "device" && !slices.Contains(p.ONVIF.Services, o.Name) {
			continue
		}
		if o.Name == "event" {
			o = newOffer(events.Service(s.broker))
		}
		all = append(all, o.Service)
		tables = append(tables, o.table)
		s.byName[o.Name] = o.Service
	}
	s.table = op.Join(tables...)
	s.camera = &svc.Camera{
		Name: c.config.Name, Profile: p, State: c.config.State, Clock: c.wall, Base: c.paced, Jobs: c.config.Clock,
		Log: c.log, TPM: holds{c.config.TPM}, Vault: c.vault, Binder: c.config.Binder,
		Services: all, Table: s.table, Off: s.off, Reboot: c.Reboot, FactoryDefault: c.FactoryDefault, SetProtocols: r.setProtocols,
		Signing: r.signs,
		KeyFrame: func(stream string) {
			if st, ok := r.streams[stream]; ok {
				r.announce(stream)
				st.RequestKeyFrame()
			}
		},
	}
	return s
}

// newBroker makes the broker of one life: pull points do not outlive a reboot,
// and their names do not come again.
func newBroker(c *Camera) *event.Broker {
	life := strconv.FormatUint(c.config.State.View().Device.Boot.Boots, 10)
	return event.New(event.Config{
		Clock: c.wall, Base: c.config.Clock, Random: c.config.Seed.Stream("events/" + life),
		Limits: events.Limits(c.config.Profile.Limits.Events), Log: c.log,
	})
}

// follow makes the events follow the state. It belongs after the boot is noted
// and before the first client comes.
func (s *services) follow() (err error) {
	if s.unfollow, err = events.Follow(s.camera, s.broker); err != nil {
		return err
	}
	if s.camera.State.View().Keystore.MediaSigning.Factory == "" {
		return nil
	}
	return s.broker.Announce(signingTopic())
}

func (s *services) close() {
	if s.unfollow != nil {
		s.unfollow()
	}
	s.broker.Close()
}

// off reports whether the profile has the operation switched off.
func (s *services) off(row *op.Row) bool { return s.offOps[row.ID()] }

// fault asks the operation's service what fault an error is.
func (s *services) fault(row *op.Row, err error) *soap.Fault {
	if service, ok := s.byName[row.Service]; ok && service.Fault != nil {
		return service.Fault(row, err)
	}
	return nil
}

// holds tells what the camera's TPM can hold.
type holds struct{ t *tpm.TPM }

func (h holds) Holds(s keystore.Spec) bool {
	algorithm := tpm.ECDSA
	if s.Algorithm == keystore.RSA {
		algorithm = tpm.RSA
	}
	return h.t.Supports(tpm.KeySpec{Algorithm: algorithm, Bits: s.Bits})
}
