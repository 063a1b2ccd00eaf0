package events_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/google/go-cmp/cmp"
)

// announced walks a TopicSet and returns each topic with its description:
// "tns1:Media/ProfileChanged property=false Source/Token:tt:ReferenceToken".
func announced(t *testing.T, r reply) []string {
	t.Helper()
	var out []string
	var walk func(el *etree.Element, path string)
	walk = func(el *etree.Element, path string) {
		if el.SelectAttr("xmlns") != nil {
			t.Errorf("default namespace on %s", path)
		}
		topic := el.SelectAttrValue("wstop:topic", "") == "true"
		description := el.FindElement("./tt:MessageDescription")
		if topic != (description != nil) {
			t.Errorf("%s: a topic is what has a description", path)
		}
		if topic {
			words := []string{path, "property=" + description.SelectAttrValue("IsProperty", "missing")}
			for _, item := range description.FindElements("*/*") {
				words = append(words, item.Parent().Tag+"/"+item.SelectAttrValue("Name", "")+":"+item.SelectAttrValue("Type", ""))
			}
			out = append(out, strings.Join(words, " "))
		}
		for _, child := range el.ChildElements() {
			if child != description {
				walk(child, path+"/"+child.FullTag())
			}
		}
	}
	for _, root := range r.root.FindElements("//TopicSet/*") {
		walk(root, root.FullTag())
	}
	return out
}

func TestEventPropertiesAreWhatCanOccur(t *testing.T) { // EVENT-1-1-2
	t.Parallel()
	sent := schematest.Collect(t)
	always := "tns1:Monitoring/OperatingTime/LastReboot property=true Data/Status:xs:dateTime"
	clock := "tns1:Monitoring/OperatingTime/LastClockSynchronization property=true Data/Status:xs:dateTime"
	key := "tns1:Advancedsecurity/Keystore/KeyStatus property=false Source/KeyID:tas:KeyID Data/OldStatus:tas:KeyStatus Data/NewStatus:tas:KeyStatus"
	profile := "tns1:Media/ProfileChanged property=false Source/Token:tt:ReferenceToken"
	configuration := "tns1:Media/ConfigurationChanged property=false Source/Token:tt:ReferenceToken Source/Type:xs:string"
	for name, c := range map[string]struct {
		config config
		want   []string
	}{
		"as it is":      {config{strict: true}, []string{always, clock}},
		"clock off":     {config{off: []string{"tds:SetSystemDateAndTime"}}, []string{always}},
		"more services": {config{services: future()}, []string{always, clock, key, profile, configuration}},
		"keys off":      {config{services: future(), off: []string{"tas:CreateRSAKeyPair"}}, []string{always, clock, profile, configuration}},
	} {
		cam := newCamera(t, c.config, sent)
		r := cam.do(t, "event:GetEventProperties", request{body: `<tev:GetEventProperties/>`, user: "viewer User"})
		if diff := cmp.Diff(c.want, announced(t, r)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		// what is announced can be subscribed to, what is not cannot
		for _, line := range []string{always, clock, key, profile, configuration} {
			topicName, _, _ := strings.Cut(line, " ")
			answer := cam.do(t, "event:CreatePullPointSubscription", request{body: filter(topic(topicName))})
			if want := slices.Contains(c.want, line); want != (answer.status == http.StatusOK) {
				t.Errorf("%s: subscription to %s: %d", name, topicName, answer.status)
			}
		}
		got := map[string][]string{}
		for _, el := range r.root.FindElement("//GetEventPropertiesResponse").ChildElements() {
			got[el.Tag] = append(got[el.Tag], el.Text())
		}
		delete(got, "TopicSet")
		want := map[string][]string{
			"TopicNamespaceLocation":       {"http://www.onvif.org/onvif/ver10/topics/topicns.xml"},
			"FixedTopicSet":                {"true"},
			"TopicExpressionDialect":       {event.DialectConcrete, event.DialectConcreteSet},
			"MessageContentFilterDialect":  {event.DialectItemFilter},
			"MessageContentSchemaLocation": {"http://www.onvif.org/onvif/ver10/schema/onvif.xsd"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// vendor are topics of a vendor: below one of ONVIF's, one above the other,
// and with elements.
func vendor() []event.Topic {
	frame := []event.ItemDescription{{Name: "Frame", Type: soap.Name("tt:Frame"), Element: true}}
	word := []event.ItemDescription{{Name: "acme:Word", Type: soap.Name("xs:string")}}
	below := event.NewPath(event.SpaceTopics, "Monitoring")
	below = append(below, event.NewPath(schematest.VendorSpace, "Fire", "Smoke")...)
	return []event.Topic{
		{Path: below, Property: true, Source: word, Key: []event.ItemDescription{{Name: "Object", Type: soap.Name("xs:int")}}, Data: frame},
		{Path: below[:2], Data: word},
		{Path: event.NewPath(schematest.VendorSpace, "Own", "Root"), Data: word},
	}
}

func TestVendorTopicsHavePrefixesOfTheirOwn(t *testing.T) {
	t.Parallel()
	c := newCamera(t, config{off: []string{"tds:SetSystemDateAndTime"}}, schematest.Collect(t))
	if err := c.broker.Announce(vendor()...); err != nil {
		t.Fatal(err)
	}
	r := c.do(t, "event:GetEventProperties", request{body: `<tev:GetEventProperties/>`})
	prefix := r.root.FindElement("//Root").Parent().Space
	want := []string{
		"tns1:Monitoring/OperatingTime/LastReboot property=true Data/Status:xs:dateTime",
		"tns1:Monitoring/" + prefix + ":Fire property=false Data/acme:Word:xs:string",
		"tns1:Monitoring/" + prefix + ":Fire/Smoke property=true Source/acme:Word:xs:string Key/Object:xs:int Data/Frame:tt:Frame",
		prefix + ":Own/Root property=false Data/acme:Word:xs:string",
	}
	if diff := cmp.Diff(want, announced(t, r)); diff != "" {
		t.Error(diff)
	}
	if n := len(r.root.FindElements("//TopicSet/*")); n != 2 {
		t.Errorf("%d roots", n)
	}

	path := c.do(t, "event:CreatePullPointSubscription", request{body: strings.Replace(
		filter(topic("tns1:Monitoring/a:Fire//.|a:Own//.")), "<tev:Filter", `<tev:Filter xmlns:a="`+schematest.VendorSpace+`"`, 1)}).path(t)
	word := []event.Item{{Name: "acme:Word", Value: `<&"> ü`}}
	err := c.broker.Publish(
		event.Message{Topic: vendor()[0].Path.String(), Source: word, Data: []event.Item{{Name: "Frame", Element: etree.NewElement("tt:Frame")}}},
		event.Message{Topic: vendor()[1].Path.String(), Data: word}, event.Message{Topic: vendor()[2].Path.String()},
	)
	if err != nil {
		t.Fatal(err)
	}
	answer := c.do(t, "event:PullMessages", request{path: path, body: pullBody("PT1M", 2)})
	want = []string{
		"tns1:Monitoring/" + prefix + `:Fire/Smoke Initialized acme:Word=<&"> ü`,
		"tns1:Monitoring/" + prefix + `:Fire acme:Word=<&"> ü`,
	}
	if diff := cmp.Diff(want, answer.messages()); diff != "" {
		t.Error(diff)
	}
	for _, el := range answer.root.FindElements("//Topic") {
		if el.SelectAttrValue("Dialect", "") != event.DialectConcrete || el.SelectAttrValue("xmlns:"+prefix, "") != schematest.VendorSpace {
			t.Errorf("%s", answer.xml)
		}
	}
	if el := answer.root.FindElement("//ElementItem[@Name='Frame']/tt:Frame"); el == nil {
		t.Errorf("%s", answer.xml)
	}
}

func TestCapabilitiesAreTrue(t *testing.T) { // EVENT-5-1-1, EVENT-5-1-2
	t.Parallel()
	c := newCamera(t, config{limits: profiles.EventLimits{PullPoints: 4}, strict: true}, schematest.Collect(t))
	r := c.do(t, "event:GetServiceCapabilities", request{body: `<tev:GetServiceCapabilities/>`, user: "-"})
	got := map[string]string{}
	for _, a := range r.root.FindElement("//Capabilities").Attr {
		got[a.Key] = a.Value
	}
	want := map[string]string{
		"WSSubscriptionPolicySupport": "false", "WSPausableSubscriptionManagerInterfaceSupport": "false",
		"MaxNotificationProducers": "0", "MaxPullPoints": "4", "PersistentNotificationStorage": "false",
		"MaxEventBrokers": "0", "MetadataOverMQTT": "false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for range 4 {
		c.subscribe(t, "")
	}
	r = c.do(t, "device:GetServices", request{body: `<tds:GetServices><tds:IncludeCapability>true</tds:IncludeCapability></tds:GetServices>`, user: "-"})
	for _, s := range r.root.FindElements("//Service") {
		if s.FindElement("Namespace").Text() != "http://www.onvif.org/ver10/events/wsdl" {
			continue
		}
		listed := map[string]string{}
		for _, a := range s.FindElement("Capabilities/Capabilities").Attr {
			listed[a.Key] = a.Value
		}
		if diff := cmp.Diff(got, listed); diff != "" {
			t.Error(diff)
		}
		if s.FindElement("XAddr").Text() != "http://camera.example:8080/onvif/event_service" {
			t.Error(r.xml)
		}
		return
	}
	t.Error("GetServices does not list the event service")
}
