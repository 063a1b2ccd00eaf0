package events_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

func admin() event.Caller { return event.Caller{User: "admin", Administrator: true} }

// create is the request for a pull point with that content.
func create(content string) string {
	return `<tev:CreatePullPointSubscription>` + content + `</tev:CreatePullPointSubscription>`
}

func filter(content string) string { return create(`<tev:Filter>` + content + `</tev:Filter>`) }

func policy(content string) string {
	return create(`<tev:SubscriptionPolicy>` + content + `</tev:SubscriptionPolicy>`)
}

func until(text string) string {
	return create(`<tev:InitialTerminationTime>` + text + `</tev:InitialTerminationTime>`)
}

func renew(text string) string {
	return `<wsnt:Renew><wsnt:TerminationTime>` + text + `</wsnt:TerminationTime></wsnt:Renew>`
}

// TestFaultsAreThoseOfBaseNotification is Core 9.9: env:Receiver without
// subcode, HTTP 500, the action of faults, a description and a time.
func TestFaultsAreThoseOfBaseNotification(t *testing.T) {
	t.Parallel()
	sent := schematest.Collect(t)
	c := newCamera(t, config{strict: true}, sent)
	path := c.subscribe(t, "")
	const (
		createOp = "event:CreatePullPointSubscription"
		badTopic = "wsnt:InvalidTopicExpressionFault"
		badWords = "wsnt:InvalidMessageContentExpressionFault"
		early    = "wsnt:UnacceptableInitialTerminationTimeFault"
		late     = "wsnt:UnacceptableTerminationTimeFault"
	)
	for name, q := range map[string]struct{ operation, body, fault string }{
		"topic that is none":        {createOp, filter(topic("xyz")), "wsnt:TopicNotSupportedFault"}, // EVENT-3-1-22
		"topic without description": {createOp, filter(topic("tns1:Monitoring")), "wsnt:TopicNotSupportedFault"},
		"topic of another space":    {createOp, filter(topic("tt:Monitoring//.")), "wsnt:TopicNotSupportedFault"},
		"prefix not declared":       {createOp, filter(topic("nowhere:Monitoring//.")), badTopic},
		"usual prefix not declared": {createOp, filter(topic("tas:Monitoring//.")), badTopic},
		"topic expression":          {createOp, filter(topic("tns1:Monitoring//*")), badTopic},
		"empty topic expression":    {createOp, filter(topic("")), badTopic},
		"element in a topic":        {createOp, filter(topic("<tt:a/>tns1:Monitoring")), badTopic},
		"no dialect":                {createOp, filter("<wsnt:TopicExpression>tns1:Monitoring//.</wsnt:TopicExpression>"), badTopic},
		"topic dialect":             {createOp, filter(`<wsnt:TopicExpression Dialect="urn:x">tns1:Monitoring//.</wsnt:TopicExpression>`), "wsnt:TopicExpressionDialectUnknownFault"},
		"content":                   {createOp, filter(content(`boolean((//tt:SimpleItem[@Name="xyz" and @Value="xyz"])`)), badWords}, // EVENT-3-1-17
		"content with another name": {createOp, filter(content(`boolean(//tns1:SimpleItem[@Name="xyz"])`)), badWords},
		"element in the content":    {createOp, filter(content(`<tt:a/>`)), badWords},
		"no content dialect":        {createOp, filter(`<wsnt:MessageContent>boolean(//tt:SimpleItem[@Name="x"])</wsnt:MessageContent>`), badWords},
		"content dialect":           {createOp, filter(`<wsnt:MessageContent Dialect="urn:x">1</wsnt:MessageContent>`), badWords},
		"producer properties":       {createOp, filter(`<wsnt:ProducerProperties Dialect="urn:x">1</wsnt:ProducerProperties>`), "wsnt:InvalidFilterFault"},
		"unknown filter":            {createOp, filter(`<f:Filter xmlns:f="urn:f"/>`), "wsnt:InvalidFilterFault"},
		"filter without namespace":  {createOp, filter(`<TopicExpression/>`), "wsnt:InvalidFilterFault"},
		"many filters":              {createOp, filter(strings.Repeat(topic("tns1:Monitoring//."), 17)), "wsnt:SubscribeCreationFailedFault"},
		"raw messages":              {createOp, policy(`<wsnt:UseRaw/>`), "wsnt:UnsupportedPolicyRequestFault"},
		"policy":                    {createOp, policy(`<tev:ChangedOnly/><p:Policy xmlns:p="urn:p"/>`), "wsnt:UnrecognizedPolicyRequestFault"},
		"no lifetime":               {createOp, until("PT0S"), early},
		"negative lifetime":         {createOp, until("-PT10S"), early},
		"long lifetime":             {createOp, until("P1M"), early},
		"end in the past":           {createOp, until("1999-12-31T23:59:59Z"), early},
		"renewed for too long":      {"event:Renew", renew("P1Y"), late},
		"renewed for ever":          {"event:Renew", `<wsnt:Renew><wsnt:TerminationTime xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/></wsnt:Renew>`, late},
		"renewed into the past":     {"event:Renew", renew("1999-12-31T23:59:59Z"), late},
		"timeout":                   {"event:PullMessages", pullBody("PT1H", 1), "tev:PullMessagesFaultResponse"},
		"timeout in months":         {"event:PullMessages", pullBody("P1M", 1), "tev:PullMessagesFaultResponse"},
	} {
		r := c.do(t, q.operation, request{path: path, body: q.body})
		if r.fault() != q.fault {
			t.Errorf("%s: %s", name, r.xml)
			continue
		}
		if r.status != http.StatusInternalServerError || r.action() != "http://www.w3.org/2005/08/addressing/soap/fault" {
			t.Errorf("%s: status %d, action %s", name, r.status, r.action())
		}
		if code := r.text("Body", "Fault", "Code", "Value"); code != "env:Receiver" || strings.Contains(r.xml, "Subcode") {
			t.Errorf("%s: %s", name, r.xml)
		}
		detail := strings.TrimPrefix(q.fault, "wsnt:")
		if detail != q.fault {
			r.instant(t, "Body", "Fault", "Detail", detail, "Timestamp")
			if r.text("Body", "Fault", "Detail", detail, "Description") == "" {
				t.Errorf("%s: no description: %s", name, r.xml)
			}
		}
	}
	if n := len(c.broker.PullPoints()); n != 1 {
		t.Errorf("%d pull points, want the one that was not refused", n)
	}
}

func TestFaultsSayWhatWouldDo(t *testing.T) {
	t.Parallel()
	bubble(t, config{}, func(t *testing.T, c *camera) {
		at := func(name string) []string {
			return []string{"Body", "Fault", "Detail", "UnacceptableInitialTerminationTimeFault", name}
		}
		r := c.do(t, "event:CreatePullPointSubscription", request{body: until("PT25H")})
		for _, name := range []string{"MinimumTime", "MaximumTime"} {
			offer := soap.FormatTime(r.instant(t, at(name)...))
			c.do(t, "event:CreatePullPointSubscription", request{body: until(offer)}).path(t)
		}
		r = c.do(t, "event:CreatePullPointSubscription", request{body: filter(`<f:Filter xmlns:f="urn:f"/>`)})
		if !strings.Contains(r.xml, `<wsnt:UnknownFilter xmlns:q="urn:f">q:Filter</wsnt:UnknownFilter>`) {
			t.Error(r.xml)
		}
		r = c.do(t, "event:CreatePullPointSubscription", request{body: policy(`<wsnt:UseRaw/>`)})
		if !strings.Contains(r.xml, `<wsnt:UnsupportedPolicy>wsnt:UseRaw</wsnt:UnsupportedPolicy>`) {
			t.Error(r.xml)
		}
	})
}

func TestMalformedArgumentsAreTheSenders(t *testing.T) {
	t.Parallel()
	c := newCamera(t, config{}, schematest.Collect(t))
	path := c.subscribe(t, "")
	for name, q := range map[string]struct{ operation, body, subcode string }{
		"negative timeout":    {"event:PullMessages", pullBody("-PT1S", 1), "ter:InvalidArgVal"},
		"timeout of no kind":  {"event:PullMessages", pullBody("5", 1), "ter:InvalidArg"},
		"no message limit":    {"event:PullMessages", `<tev:PullMessages><tev:Timeout>PT1S</tev:Timeout></tev:PullMessages>`, "ter:InvalidArgs"},
		"lifetime of no kind": {"event:CreatePullPointSubscription", until("soon"), "ter:InvalidArg"},
		"order":               {"event:CreatePullPointSubscription", create(`<tev:SubscriptionPolicy/><tev:Filter/>`), "ter:TagMismatch"},
	} {
		r := c.do(t, q.operation, request{path: path, body: q.body})
		if got := r.text("Body", "Fault", "Code", "Subcode", "Value"); r.status != http.StatusBadRequest || !strings.HasPrefix(got, q.subcode) {
			t.Errorf("%s: %d %s", name, r.status, r.xml)
		}
	}
}

func TestWhatIsNotSimulatedSaysSo(t *testing.T) {
	t.Parallel()
	c := newCamera(t, config{off: []string{"wsnt:Renew"}, strict: true}, schematest.Collect(t))
	path := c.subscribe(t, "")
	for name, q := range map[string]struct{ operation, body string }{
		"subscribe": {"", `<wsnt:Subscribe/>`},
		"notify":    {"", `<wsnt:Notify/>`},
		"seek":      {"event:Seek", `<tev:Seek><tev:UtcTime>2000-01-01T00:00:00Z</tev:UtcTime></tev:Seek>`},
		"brokers":   {"event:GetEventBrokers", `<tev:GetEventBrokers/>`},
		"off":       {"event:Renew", renew("PT1M")},
	} {
		r := c.do(t, q.operation, request{path: path, body: q.body})
		if got := r.text("Body", "Fault", "Code", "Subcode", "Value"); got != "ter:ActionNotSupported" {
			t.Errorf("%s: %d %s", name, r.status, r.xml)
		}
	}
}

func TestZeroTimeoutAnswersAtOnce(t *testing.T) {
	t.Parallel()
	bubble(t, config{}, func(t *testing.T, c *camera) {
		path := c.subscribe(t, content(`boolean(//tt:SimpleItem[@Name="none"])`))
		begin := c.Base.Now()
		if r := c.pull(t, path, "PT0S", 10); len(r.messages()) > 0 || c.Base.Now().Sub(begin) > 0 {
			t.Error(r.xml)
		}
		if r := c.pull(t, path, "PT1M0S", -5); len(r.messages()) > 0 || c.Base.Now().Sub(begin) != time.Minute {
			t.Error(r.xml)
		}
	})
}
