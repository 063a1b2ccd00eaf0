package events

import (
	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/onvif/wsnt"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// messages are notifications as PullMessages answers them (Core 9.4.1).
func messages(c *svc.Call, list []*event.Notification) ([]wsnt.NotificationMessageHolderType, error) {
	producer := reference(c.URL(Path))
	out := make([]wsnt.NotificationMessageHolderType, len(list))
	for i, n := range list {
		el, err := c.Binder.Encode(soap.QName{Space: tt.Namespace, Local: "Message"}, message(n))
		if err != nil {
			return nil, err
		}
		topic := topicOf(n.Topic.Path)
		out[i] = wsnt.NotificationMessageHolderType{
			Topic: &topic, ProducerReference: &producer,
			Message: wsnt.NotificationMessageHolderTypeMessage{Any: []*etree.Element{el}},
		}
	}
	return out, nil
}

// message is a notification's content.
func message(n *event.Notification) *tt.Message {
	m := &tt.Message{UtcTime: n.Time, Source: items(n.Source), Key: items(n.Key), Data: items(n.Data)}
	if n.Operation != "" {
		m.PropertyOperation = svc.Ref(tt.PropertyOperation(n.Operation))
	}
	return m
}

// items is a group of items, nil if there are none.
func items(list []event.Item) *tt.ItemList {
	if len(list) == 0 {
		return nil
	}
	out := &tt.ItemList{}
	for _, i := range list {
		if i.Element != nil {
			out.ElementItem = append(out.ElementItem, tt.ItemListElementItem{Name: i.Name, Any: []*etree.Element{i.Element}})
		} else {
			out.SimpleItem = append(out.SimpleItem, tt.ItemListSimpleItem{Name: i.Name, Value: i.Value})
		}
	}
	return out
}

// topicOf writes a path as a Concrete expression with the prefixes it needs.
func topicOf(p event.Path) wsnt.TopicExpressionType {
	t := wsnt.TopicExpressionType{Dialect: event.DialectConcrete, Namespaces: soap.Namespaces{}}
	above := ""
	for i, step := range p {
		if i > 0 {
			t.Text += "/"
		}
		if step.Space != above {
			prefix := prefixFor(step.Space)
			t.Namespaces[prefix] = step.Space
			t.Text += prefix + ":"
			above = step.Space
		}
		t.Text += step.Local
	}
	return t
}
