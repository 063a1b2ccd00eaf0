package conformance

import (
	"strings"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
)

// dialect is that of topic filters with more than one topic (Core 9.6.3).
const dialect = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"

// subscription is a pull point.
type subscription struct {
	s       *session
	address string
	created cameratest.Answer
}

// filter is one of topics; "" is none.
func filter(topics string) string {
	if topics == "" {
		return ""
	}
	return element("tev:Filter", `<wsnt:TopicExpression Dialect="`+dialect+`">`+topics+`</wsnt:TopicExpression>`)
}

// subscribe makes a pull point for topics.
func (s *session) subscribe(topics string) subscription {
	s.Helper()
	return s.subscribeWith(filter(topics) + element("tev:InitialTerminationTime", "PT10M"))
}

// subscribeWith makes a pull point of a request's content.
func (s *session) subscribeWith(content string) subscription {
	s.Helper()
	a := s.do(element("tev:CreatePullPointSubscription", content))
	p := subscription{s, strings.TrimSpace(a.Text("./SubscriptionReference/Address")), a}
	if p.address == "" {
		s.Fatalf("no address\n%s", a.Body)
	}
	s.finally(func() { s.post(p.address, admin, "", "<wsnt:Unsubscribe/>") })
	return p
}

// ask sends a request to the pull point, which is to be granted.
func (p subscription) ask(body string) cameratest.Answer {
	p.s.Helper()
	a := p.s.post(p.address, admin, "", body)
	if a.Fault != "" || a.Root == nil {
		p.s.Fatalf("%.400s: %d %s", body, a.Status, a.Body)
	}
	p.s.check.Add("", []byte(cameratest.Envelope("", body)))
	return a
}

// pull asks for messages.
func (p subscription) pull(timeout string, limit int) cameratest.Answer {
	p.s.Helper()
	return p.ask(pullMessages(timeout, limit))
}

func pullMessages(timeout string, limit int) string {
	return element("tev:PullMessages", element("tev:Timeout", timeout), element("tev:MessageLimit", itoa(limit)))
}

// end unsubscribes.
func (p subscription) end() {
	p.s.Helper()
	p.ask("<wsnt:Unsubscribe/>")
}
