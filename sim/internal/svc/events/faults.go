package events

import (
	"errors"
	"fmt"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// nameError is a part of a request that is not known or not supported.
type nameError struct {
	fault, part string // prefixed names: the fault's, and of the element that tells the name
	name        soap.QName
}

func (e *nameError) Error() string { return fmt.Sprintf("%.128s is not supported", e.name) }

// faultNames says which fault each error is (Core 9.9, WS-BaseNotification
// 1.3). Those with further content are not here.
func faultNames() []struct {
	err  error
	name string
} {
	return []struct {
		err  error
		name string
	}{
		{event.ErrUnknown, "wsrfr:ResourceUnknownFault"},
		{event.ErrTooMany, "wsnt:SubscribeCreationFailedFault"},
		{event.ErrFilters, "wsnt:SubscribeCreationFailedFault"},
		{event.ErrClosed, "wsnt:SubscribeCreationFailedFault"},
		{event.ErrBusy, "wsnt:UnableToGetMessagesFault"},
		{event.ErrInterrupted, "wsnt:UnableToGetMessagesFault"},
		{event.ErrTopicDialect, "wsnt:TopicExpressionDialectUnknownFault"},
		{event.ErrTopicExpression, "wsnt:InvalidTopicExpressionFault"},
		{event.ErrTopicNotSupported, "wsnt:TopicNotSupportedFault"},
		{event.ErrContentExpression, "wsnt:InvalidMessageContentExpressionFault"},
	}
}

// fault makes the WS-BaseNotification fault of an error, nil if there is none.
func (s service) fault(row *op.Row, err error) *soap.Fault {
	base := soap.BaseFault{Time: s.broker.Now(), Description: err.Error()}
	for _, f := range faultNames() {
		if errors.Is(err, f.err) {
			return soap.NotificationFault(soap.Name(f.name), base)
		}
	}
	var termination *event.TerminationError
	var timeout *event.TimeoutError
	var name *nameError
	switch {
	case errors.As(err, &termination):
		base.Content = []*etree.Element{
			text("wsnt:MinimumTime", soap.FormatTime(termination.Minimum)),
			text("wsnt:MaximumTime", soap.FormatTime(termination.Maximum)),
		}
		if row.Name == "Renew" {
			return soap.NotificationFault(soap.Name("wsnt:UnacceptableTerminationTimeFault"), base)
		}
		return soap.NotificationFault(soap.Name("wsnt:UnacceptableInitialTerminationTimeFault"), base)
	case errors.As(err, &timeout):
		return timeoutFault(timeout)
	case errors.As(err, &name):
		base.Content = []*etree.Element{qname(name.part, name.name)}
		return soap.NotificationFault(soap.Name(name.fault), base)
	}
	return svc.Common().Of(row, err)
}

// timeoutFault tells the upper limits of a pull's arguments (Core 9.1.2).
func timeoutFault(e *event.TimeoutError) *soap.Fault {
	el := etree.NewElement("tev:PullMessagesFaultResponse")
	el.AddChild(text("tev:MaxTimeout", soap.DurationOf(e.MaxTimeout).String()))
	el.AddChild(text("tev:MaxMessageLimit", fmt.Sprint(e.MaxMessageLimit)))
	f := &soap.Fault{Code: soap.Receiver, Reason: e.Error(), Detail: etree.NewElement("env:Detail")}
	f.Detail.AddChild(el)
	return f
}

func text(name, content string) *etree.Element {
	el := etree.NewElement(name)
	el.SetText(content)
	return el
}

// qname is an element whose text is a qualified name.
func qname(element string, name soap.QName) *etree.Element {
	el := etree.NewElement(element)
	if name.Space == "" {
		el.SetText(name.Local)
		return el
	}
	prefix, ok := soap.PrefixOf(name.Space)
	if !ok {
		prefix = "q"
	}
	el.CreateAttr("xmlns:"+prefix, name.Space)
	el.SetText(prefix + ":" + name.Local)
	return el
}
