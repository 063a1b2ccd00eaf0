package events

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/onvif/tev"
	"github.com/camfleet/camfleet/sim/internal/onvif/wsa"
	"github.com/camfleet/camfleet/sim/internal/onvif/wsnt"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// SubscriptionPath is where pull points are; their name follows.
const SubscriptionPath = "/onvif/subscription/"

// referenceParameter is the local name of a header block that names a pull
// point for clients that post to the address of the service.
const referenceParameter = "SubscriptionId"

// createPullPointSubscription makes a pull point. Core 9.1.1; READ_MEDIA.
func (s service) createPullPointSubscription(c *svc.Call, req *tev.CreatePullPointSubscription) (*tev.CreatePullPointSubscriptionResponse, error) {
	sub := event.Subscription{By: caller(c), Until: until(req.InitialTerminationTime)}
	var err error
	if sub.Filter, err = s.filter(c, req.Filter); err != nil {
		return nil, err
	}
	if sub.ChangedOnly, err = policy(req.SubscriptionPolicy); err != nil {
		return nil, err
	}
	id, terms, err := s.broker.Subscribe(sub)
	if err != nil {
		return nil, err
	}
	return &tev.CreatePullPointSubscriptionResponse{
		SubscriptionReference: reference(c.URL(SubscriptionPath + id)),
		CurrentTime:           terms.Current, TerminationTime: &terms.Termination,
	}, nil
}

// policy reads a subscription policy: only tev:ChangedOnly is known.
func policy(p *tev.CreatePullPointSubscriptionSubscriptionPolicy) (changedOnly bool, _ error) {
	if p == nil {
		return false, nil
	}
	for _, el := range p.Any {
		switch name := (soap.QName{Space: el.NamespaceURI(), Local: el.Tag}); name {
		case soap.QName{Space: tev.Namespace, Local: "ChangedOnly"}:
			changedOnly = true
		case soap.QName{Space: wsnt.Namespace, Local: "UseRaw"}:
			return false, &nameError{fault: "wsnt:UnsupportedPolicyRequestFault", part: "wsnt:UnsupportedPolicy", name: name}
		default:
			return false, &nameError{fault: "wsnt:UnrecognizedPolicyRequestFault", part: "wsnt:UnrecognizedPolicy", name: name}
		}
	}
	return changedOnly, nil
}

// pullMessages answers the messages that wait, or waits for one. Core 9.1.2;
// READ_MEDIA.
func (s service) pullMessages(c *svc.Call, req *tev.PullMessages) (*tev.PullMessagesResponse, error) {
	base := time.Unix(0, 0).UTC() // only for the length of months
	timeout := req.Timeout.After(base).Sub(base)
	if timeout < 0 {
		return nil, fmt.Errorf("timeout %s: %w", req.Timeout, svc.ErrArgument)
	}
	list, terms, err := s.broker.Pull(c, subscription(c), caller(c), timeout, req.MessageLimit)
	if err != nil {
		return nil, err
	}
	resp := &tev.PullMessagesResponse{CurrentTime: terms.Current, TerminationTime: terms.Termination}
	if resp.NotificationMessage, err = messages(c, list); err != nil {
		return nil, err
	}
	return resp, nil
}

// setSynchronizationPoint repeats the properties. Core 9.5; READ_MEDIA.
func (s service) setSynchronizationPoint(c *svc.Call, _ *tev.SetSynchronizationPoint) (*tev.SetSynchronizationPointResponse, error) {
	return &tev.SetSynchronizationPointResponse{}, s.broker.Synchronize(subscription(c), caller(c))
}

// renew sets a new termination time. Core 9.1.3; READ_MEDIA.
func (s service) renew(c *svc.Call, req *wsnt.Renew) (*wsnt.RenewResponse, error) {
	wanted := until(req.TerminationTime)
	if wanted == nil { // xsi:nil asks for a subscription without end
		wanted = func(now time.Time) time.Time { return now.Add(1<<63 - 1) }
	}
	terms, err := s.broker.Renew(subscription(c), caller(c), wanted)
	if err != nil {
		return nil, err
	}
	return &wsnt.RenewResponse{TerminationTime: &terms.Termination, CurrentTime: &terms.Current}, nil
}

// unsubscribe ends a pull point. Core 9.1.4; READ_MEDIA.
func (s service) unsubscribe(c *svc.Call, _ *wsnt.Unsubscribe) (*wsnt.UnsubscribeResponse, error) {
	return &wsnt.UnsubscribeResponse{}, s.broker.Unsubscribe(subscription(c), caller(c))
}

// until is the termination time a client wants, nil if it leaves that to the
// camera.
func until(t *soap.AbsoluteOrRelativeTime) func(time.Time) time.Time {
	if t == nil {
		return nil
	}
	return t.From
}

func caller(c *svc.Call) event.Caller {
	id := c.Exchange.Identity
	return event.Caller{User: id.User, Administrator: id.Level == auth.Administrator}
}

func reference(address string) wsa.EndpointReferenceType {
	return wsa.EndpointReferenceType{Address: wsa.AttributedURIType{Value: address}}
}

// subscription is the name of the pull point a request is for: in the path it
// was posted to, else in wsa:To, else in a reference parameter. Empty if it
// names none.
func subscription(c *svc.Call) string {
	if id, ok := strings.CutPrefix(c.Exchange.Request.Path, SubscriptionPath); ok {
		return strings.TrimSuffix(id, "/")
	}
	h := &c.Exchange.Message.Header
	if to, err := url.Parse(h.To); err == nil {
		if id, ok := strings.CutPrefix(to.Path, SubscriptionPath); ok {
			return strings.TrimSuffix(id, "/")
		}
	}
	for _, el := range h.Reference {
		if el.Tag == referenceParameter {
			return strings.TrimSpace(el.Text())
		}
	}
	return ""
}
