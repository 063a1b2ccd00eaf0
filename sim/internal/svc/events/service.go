// Package events is the Event Service (Core chapter 9) with pull points: thin
// handlers between the generated messages and a camera's event broker, and the
// table of the messages that follow from changes of the camera's state.
//
// Base notification, event brokers and Seek are not simulated, and the
// capabilities say so.
package events

import (
	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/onvif/tev"
	"github.com/camfleet/camfleet/sim/internal/onvif/wsnt"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// Path is where the service is; pull points are below [SubscriptionPath].
const Path = "/onvif/event_service"

// Limits are a profile's bounds as the broker takes them.
func Limits(l profiles.EventLimits) event.Limits {
	return event.Limits{
		PullPoints: l.PullPoints, Queue: l.Queue, MessageLimit: l.MessageLimit,
		PullTimeout: l.PullTimeout, Lifetime: l.Lifetime,
	}
}

// service has the handlers.
type service struct{ broker *event.Broker }

// Service describes the service to the camera whose events the broker has. To
// look at what is simulated, a nil broker is enough.
func Service(b *event.Broker) svc.Service {
	s := service{b}
	return svc.Service{
		Name: "event", Namespace: tev.Namespace, Path: Path,
		Version:          svc.Release,
		Capabilities:     func(c *svc.Call) any { return s.capabilities(c) },
		CapabilitiesName: soap.QName{Space: tev.Namespace, Local: "Capabilities"},
		Entries:          s.entries(),
		Fault:            s.fault,
	}
}

// entries is the whole table: a field left out answers ter:ActionNotSupported.
func (s service) entries() []op.Entry[*svc.Call] {
	return append(
		tev.Handlers[*svc.Call]{
			GetServiceCapabilities:      s.getServiceCapabilities,
			GetEventProperties:          s.getEventProperties,
			CreatePullPointSubscription: s.createPullPointSubscription,
			PullMessages:                s.pullMessages,
			SetSynchronizationPoint:     s.setSynchronizationPoint,
			Unsubscribe:                 s.unsubscribe,
		}.Entries(),
		wsnt.Handlers[*svc.Call]{
			Renew: s.renew,
		}.Entries()...,
	)
}

// getServiceCapabilities answers what the service offers. Core 9.8; PRE_AUTH.
func (s service) getServiceCapabilities(c *svc.Call, _ *tev.GetServiceCapabilities) (*tev.GetServiceCapabilitiesResponse, error) {
	return &tev.GetServiceCapabilitiesResponse{Capabilities: *s.capabilities(c)}, nil
}

func (s service) capabilities(c *svc.Call) *tev.Capabilities {
	pullPoints := 0
	if c.SimulatedAll("tev:CreatePullPointSubscription", "tev:PullMessages", "tev:Unsubscribe") {
		pullPoints = s.broker.Limits().PullPoints
	}
	return &tev.Capabilities{
		WSSubscriptionPolicySupport:                   svc.Ref(false),
		WSPausableSubscriptionManagerInterfaceSupport: svc.Ref(false),
		MaxNotificationProducers:                      svc.Ref(0),
		MaxPullPoints:                                 svc.Ref(pullPoints),
		PersistentNotificationStorage:                 svc.Ref(false),
		MaxEventBrokers:                               svc.Ref(0),
		MetadataOverMQTT:                              svc.Ref(false),
	}
}
