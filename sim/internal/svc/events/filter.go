package events

import (
	"fmt"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/onvif/wsnt"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// filter reads the filter of a subscription: any number of topic and content
// expressions, all of which must hold (WS-BaseNotification 1.3, 4.2).
func (s service) filter(c *svc.Call, f *wsnt.FilterType) (event.Filter, error) {
	var out event.Filter
	if f == nil {
		return out, nil
	}
	for _, el := range f.Any {
		name := soap.QName{Space: el.NamespaceURI(), Local: el.Tag}
		switch name {
		case soap.QName{Space: wsnt.Namespace, Local: "TopicExpression"}:
			e, err := s.topicExpression(c, el)
			if err != nil {
				return event.Filter{}, err
			}
			out.Topics = append(out.Topics, e)
		case soap.QName{Space: wsnt.Namespace, Local: "MessageContent"}:
			e, err := s.contentExpression(c, el)
			if err != nil {
				return event.Filter{}, err
			}
			out.Contents = append(out.Contents, e)
		default:
			return event.Filter{}, &nameError{fault: "wsnt:InvalidFilterFault", part: "wsnt:UnknownFilter", name: name}
		}
	}
	return out, nil
}

func (s service) topicExpression(c *svc.Call, el *etree.Element) (event.TopicExpression, error) {
	var q wsnt.TopicExpressionType
	if err := c.Binder.Decode(el, &q); err != nil {
		return event.TopicExpression{}, fmt.Errorf("%w: %w", event.ErrTopicExpression, err)
	}
	if len(q.Any) > 0 {
		return event.TopicExpression{}, fmt.Errorf("%w: it has the element %s", event.ErrTopicExpression, q.Any[0].Tag)
	}
	return event.ParseTopicExpression(q.Dialect, q.Text, scope(el), s.broker.Limits())
}

func (s service) contentExpression(c *svc.Call, el *etree.Element) (event.ContentExpression, error) {
	var q wsnt.QueryExpressionType
	if err := c.Binder.Decode(el, &q); err != nil {
		return event.ContentExpression{}, fmt.Errorf("%w: %w", event.ErrContentExpression, err)
	}
	if len(q.Any) > 0 {
		return event.ContentExpression{}, fmt.Errorf("%w: it has the element %s", event.ErrContentExpression, q.Any[0].Tag)
	}
	return event.ParseContentExpression(q.Dialect, q.Text, scope(el), s.broker.Limits())
}

// scope looks prefixes up where an expression stands. The binder hands
// elements out with the declarations their text uses; the usual prefixes it
// knows besides are not the client's.
func scope(el *etree.Element) func(prefix string) (string, bool) {
	return func(prefix string) (string, bool) {
		for _, a := range el.Attr {
			if a.Space == "xmlns" && a.Key == prefix {
				return a.Value, true
			}
		}
		return "", false
	}
}
