package events

import (
	"hash/crc32"
	"strconv"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/onvif/tev"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/onvif/wstop"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// Where the ONVIF topic namespace and schema are published.
const (
	topicNamespaceLocation = "http://www.onvif.org/onvif/ver10/topics/topicns.xml"
	schemaLocation         = "http://www.onvif.org/onvif/ver10/schema/onvif.xsd"
)

// getEventProperties answers the topics and the filter dialects. Core 9.7;
// READ_MEDIA.
func (s service) getEventProperties(c *svc.Call, _ *tev.GetEventProperties) (*tev.GetEventPropertiesResponse, error) {
	set, err := topicSet(c.Binder, s.broker.Topics())
	if err != nil {
		return nil, err
	}
	return &tev.GetEventPropertiesResponse{
		TopicNamespaceLocation:       []string{topicNamespaceLocation},
		FixedTopicSet:                true,
		TopicSet:                     wstop.TopicSetType{Any: set},
		TopicExpressionDialect:       []string{event.DialectConcrete, event.DialectConcreteSet},
		MessageContentFilterDialect:  []string{event.DialectItemFilter},
		MessageContentSchemaLocation: []string{schemaLocation},
	}, nil
}

// topicSet makes the tree of topics (WS-Topics 1.3, 9; Core 9.6.2). Steps have
// a prefix where their namespace is not that of the step above: no default
// namespace is in scope.
func topicSet(b *soap.Binder, topics []event.Topic) ([]*etree.Element, error) {
	var roots []*etree.Element
	nodes := map[string]*etree.Element{}
	for _, t := range topics {
		var at *etree.Element
		for i := range t.Path {
			name := t.Path[:i+1].String()
			el := nodes[name]
			if el == nil {
				el = step(t.Path, i)
				nodes[name] = el
				if at == nil {
					roots = append(roots, el)
				} else {
					at.AddChild(el)
				}
			}
			at = el
		}
		d, err := b.Encode(soap.QName{Space: tt.Namespace, Local: "MessageDescription"}, description(t))
		if err != nil {
			return nil, err
		}
		at.CreateAttr("wstop:topic", "true")
		at.InsertChildAt(0, d) // before the topics below
	}
	return roots, nil
}

// step is the element of the path's step i.
func step(p event.Path, i int) *etree.Element {
	el := &etree.Element{Tag: p[i].Local}
	if i == 0 || p[i].Space != p[i-1].Space {
		el.Space = prefixFor(p[i].Space)
		el.CreateAttr("xmlns:"+el.Space, p[i].Space)
	}
	return el
}

// prefixFor is a namespace's usual prefix, else one made of its name.
func prefixFor(space string) string {
	if prefix, ok := soap.PrefixOf(space); ok {
		return prefix
	}
	return "tns" + strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(space))), 36)
}

// description says what messages of the topic hold (Core 9.4.3).
func description(t event.Topic) *tt.MessageDescription {
	return &tt.MessageDescription{
		IsProperty: svc.Ref(t.Property),
		Source:     descriptions(t.Source), Key: descriptions(t.Key), Data: descriptions(t.Data),
	}
}

func descriptions(list []event.ItemDescription) *tt.ItemListDescription {
	if len(list) == 0 {
		return nil
	}
	out := &tt.ItemListDescription{}
	for _, d := range list {
		if d.Element {
			out.ElementItemDescription = append(out.ElementItemDescription,
				tt.ItemListDescriptionElementItemDescription{Name: d.Name, Type: d.Type})
		} else {
			out.SimpleItemDescription = append(out.SimpleItemDescription,
				tt.ItemListDescriptionSimpleItemDescription{Name: d.Name, Type: d.Type})
		}
	}
	return out
}
