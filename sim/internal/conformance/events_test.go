package conformance

import (
	"strings"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
)

// eventCases are those of the Event service, version 21.12, that are about
// topics, pull points and capabilities.
func eventCases() []testCase {
	return with(append(pullCases(), []testCase{
		{"EVENT-1-1-2", "event properties", nil, eventProperties},
		{"EVENT-3-1-9", "pull point made", nil, pullPointIsMade},
		{"EVENT-3-1-12", "pull point renewed", []need{operations("wsnt:Renew")}, pullPointIsRenewed},
		{"EVENT-3-1-15", "messages after a synchronization point", nil, messagesAreRepeated},
		{"EVENT-3-1-16", "messages of one topic", nil, messagesAreFiltered},
		{"EVENT-3-1-19", "pull point gone", nil, pullPointIsGone},
		{"EVENT-3-1-22", "topic expression nobody can read", nil, badTopicIsRefused},
		{"EVENT-3-1-36", "unsubscribed", nil, pullPointIsGone},
		{"EVENT-3-1-37", "as many pull points as announced", []need{capability("tev/MaxPullPoints")}, pullPointsAreMany},
		{"EVENT-5-1-1", "capabilities", nil, func(s *session) { s.do("<tev:GetServiceCapabilities/>") }},
		{"EVENT-5-1-2", "capabilities in GetServices", nil, func(s *session) { s.sameCapabilities("tev") }},
	}...), service("tev", "event"), capability("tev/MaxPullPoints"))
}

// eventsApart are those that cannot be run.
func eventsApart() []exception {
	return []exception{
		{"EVENT-2-1-9 EVENT-2-1-12 EVENT-2-1-17 EVENT-2-1-18 EVENT-2-1-19 EVENT-2-1-21 EVENT-2-1-22 EVENT-2-1-23 EVENT-2-1-24 EVENT-2-1-25 EVENT-2-1-26 EVENT-2-1-27 EVENT-2-1-28 EVENT-2-1-29",
			"cameras do not send notifications by themselves, they are pulled", []string{"wsnt:Subscribe", "wsnt:Notify"}},
		{"EVENT-4-1-6 EVENT-4-1-7 EVENT-4-1-8 EVENT-4-1-9 EVENT-4-1-10",
			"they write the namespaces of Subscribe in five ways; DEVICE-6-1-1 to DEVICE-6-1-5 do it for other requests", []string{"wsnt:Subscribe"}},
		{"EVENT-6-1-3 EVENT-6-1-4 EVENT-6-1-5", "no camera keeps its events", []string{"tev:Seek"}},
		{"EVENT-7-1-1 EVENT-7-1-2 EVENT-7-1-3 EVENT-7-1-4 EVENT-7-2-1 EVENT-7-2-2 EVENT-7-2-3 EVENT-7-2-4 EVENT-7-2-5 EVENT-7-2-6 EVENT-7-2-7",
			"no camera speaks MQTT", []string{"tev:AddEventBroker", "tev:GetEventBrokers", "tev:DeleteEventBroker"}},
	}
}

const lastReboot = "tns1:Monitoring/OperatingTime/LastReboot"

func eventProperties(s *session) {
	a := s.do("<tev:GetEventProperties/>")
	dialects := strings.Join(a.Texts("./TopicExpressionDialect"), " ")
	for _, want := range []string{"http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete", dialect} {
		if !strings.Contains(dialects, want) {
			s.Errorf("dialects %s, without %s", dialects, want)
		}
	}
	if len(s.features.topics) == 0 || len(a.Texts("./MessageContentFilterDialect")) == 0 {
		s.Error("no topic, or no dialect of content filters")
	}
}

// terms checks the times of an answer.
func (s *session) terms(a cameratest.Answer) {
	s.Helper()
	if now, end := a.Text("./CurrentTime"), a.Text("./TerminationTime"); now == "" || end <= now {
		s.Errorf("it is %s, and ends at %s", now, end)
	}
}

func pullPointIsMade(s *session) {
	p := s.subscribe("")
	s.terms(p.created)
	s.terms(p.pull("PT0S", 1))
}

func pullPointIsRenewed(s *session) {
	p := s.subscribe("")
	s.terms(p.ask(element("wsnt:Renew", element("wsnt:TerminationTime", "PT5M"))))
}

// messagesAreRepeated: properties come when the pull point is made and after
// SetSynchronizationPoint; never more messages than were asked for.
func messagesAreRepeated(s *session) {
	p := s.subscribe(lastReboot)
	for range 2 {
		a := p.pull("PT60S", 1)
		if n := len(a.Texts("./NotificationMessage")); n != 1 {
			s.Errorf("%d messages, want 1", n)
		}
		s.terms(a)
		p.ask("<tev:SetSynchronizationPoint/>")
	}
}

func messagesAreFiltered(s *session) {
	for _, topics := range []string{lastReboot, "tns1:Monitoring//.", lastReboot + "|tns1:Advancedsecurity//."} {
		p := s.subscribe(topics)
		for _, text := range p.pull("PT60S", 1).Texts("./NotificationMessage/Topic") {
			if !strings.HasPrefix(text, "tns1:Monitoring/") {
				s.Errorf("%s: a message of %s", topics, text)
			}
		}
		p.end()
	}
}

func pullPointIsGone(s *session) {
	p := s.subscribe("")
	p.end()
	for _, body := range []string{pullMessages("PT0S", 1), "<wsnt:Unsubscribe/>"} {
		if a := s.post(p.address, admin, "", body); a.Fault == "" {
			s.Errorf("%s: %s", body, a.Body)
		}
	}
}

func badTopicIsRefused(s *session) {
	a := s.post(s.features.addresses["tev"], admin, "", element("tev:CreatePullPointSubscription", filter("tns1:Monitoring/[")))
	if a.Root == nil || a.Root.FindElement(".//InvalidTopicExpressionFault") == nil && a.Root.FindElement(".//InvalidFilterFault") == nil {
		s.Errorf("%d %s", a.Status, a.Body)
	}
}

func pullPointsAreMany(s *session) {
	seen := map[string]bool{}
	for range s.features.number("tev/MaxPullPoints") {
		seen[s.subscribe(lastReboot).address] = true
	}
	if len(seen) != s.features.number("tev/MaxPullPoints") {
		s.Errorf("%d addresses", len(seen))
	}
}
