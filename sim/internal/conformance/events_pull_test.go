package conformance

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
)

// pullCases are those of pull points (21.12, chapter 5.3) that take time or look
// into the messages.
func pullCases() []testCase {
	two := need{"two properties", func(f *features) bool { return f.topics[lastReboot] && f.topics[lastClock] }}
	return []testCase{
		{id: "EVENT-3-1-17", title: "content filter nobody can read", run: badContentIsRefused},
		{id: "EVENT-3-1-20", title: "pull point runs out", run: pullPointRunsOut},
		{id: "EVENT-3-1-24", title: "pulling keeps a pull point", run: pullingKeeps},
		{id: "EVENT-3-1-25", title: "properties are told again", needs: []need{topic(lastReboot)}, run: propertiesAreRepeated},
		{id: "EVENT-3-1-32", title: "pulling ends with its timeout", run: pullingEnds},
		{id: "EVENT-3-1-33", title: "messages of either topic", needs: []need{two}, run: messagesOf(lastReboot+"|"+lastClock, lastReboot, lastClock)},
		{id: "EVENT-3-1-34", title: "messages of a branch of topics", needs: []need{topic(lastReboot)}, run: messagesOf("tns1:Monitoring//.", lastReboot)},
		{id: "EVENT-3-1-35", title: "messages of either branch", needs: []need{two},
			run: messagesOf("tns1:Monitoring//.|tns1:Advancedsecurity//.", lastReboot, lastClock)},
		{id: "EVENT-3-1-38", title: "messages filtered by content", needs: []need{topic(lastReboot)}, run: contentIsFiltered},
	}
}

// lastClock is the other property that every camera has.
const lastClock = "tns1:Monitoring/OperatingTime/LastClockSynchronization"

// contentFilter is a filter of messages by their items.
func contentFilter(expression string) string {
	return element("tev:Filter", `<wsnt:MessageContent Dialect="http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter">`+expression+`</wsnt:MessageContent>`)
}

// hasItem is an expression that holds for messages with an item of a name and a value.
func hasItem(name, value string) string {
	return fmt.Sprintf(`boolean(//tt:SimpleItem[@Name="%s" and @Value="%s"])`, name, value)
}

// badContentIsRefused: the expression of the case has a parenthesis too many.
func badContentIsRefused(s *session) {
	body := element("tev:CreatePullPointSubscription", contentFilter(`boolean((//tt:SimpleItem[@Name="xyz" and @Value="xyz"])`))
	a := s.post(s.features.addresses["tev"], admin, "", body)
	if a.Root == nil || a.Root.FindElement(".//InvalidMessageContentExpressionFault") == nil && a.Root.FindElement(".//InvalidFilterFault") == nil {
		s.Fatalf("%d %s", a.Status, a.Body)
	}
	if a.Text(".//Description") == "" || a.Text(".//Timestamp") == "" {
		s.Errorf("no time or no description: %s", a.Body)
	}
}

func pullPointRunsOut(s *session) {
	p := s.subscribeWith(element("tev:InitialTerminationTime", "PT20S"))
	s.terms(p.created)
	s.camera.Clock.Advance(20*time.Second + time.Millisecond)
	if a := s.post(p.address, admin, "", "<wsnt:Unsubscribe/>"); a.Fault == "" {
		s.Errorf("it is still there: %s", a.Body)
	}
}

// instantAt is the time in an element of an answer.
func (s *session) instantAt(a cameratest.Answer, path string) time.Time {
	s.Helper()
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(a.Text(path)))
	if err != nil {
		s.Fatalf("%s: %v\n%s", path, err, a.Body)
	}
	return at
}

// pullingKeeps: a device that says how long pulling may take at most is asked again
// with that.
func pullingKeeps(s *session) {
	p := s.subscribeWith("")
	ends := s.instantAt(p.created, "./TerminationTime")
	wait := ends.Sub(s.instantAt(p.created, "./CurrentTime")) + 20*time.Second
	s.camera.Clock.Advance(time.Second)
	body := pullMessages(fmt.Sprintf("PT%dS", int(wait.Seconds())), 1)
	a := s.post(p.address, admin, "", body)
	if a.Root != nil && a.Root.FindElement(".//PullMessagesFaultResponse") != nil {
		a = p.pull(a.Text(".//MaxTimeout"), 1)
	}
	if a.Fault != "" {
		s.Fatalf("%s", a.Body)
	}
	s.terms(a)
	if now := s.instantAt(a, "./TerminationTime"); !now.After(ends) {
		s.Errorf("it ends at %s, as before pulling: %s", now, ends)
	}
}

// told pulls, one message at a time, until there was one of each topic; there is to
// be no other.
func (p subscription) told(topics ...string) map[string]*etree.Element {
	p.s.Helper()
	seen := map[string]*etree.Element{}
	for len(seen) < len(topics) {
		a := p.pull("PT60S", 1)
		list := a.Root.FindElements("./NotificationMessage")
		if len(list) != 1 {
			p.s.Fatalf("%d messages, want 1: %s", len(list), a.Body)
		}
		name := list[0].FindElement("./Topic").Text()
		if !slices.Contains(topics, name) {
			p.s.Fatalf("a message of %s", name)
		}
		seen[name] = list[0]
	}
	return seen
}

// messagesOf subscribes to an expression, and is told the properties it selects.
func messagesOf(expression string, topics ...string) func(*session) {
	return func(s *session) {
		p := s.subscribe(expression)
		p.told(topics...)
		p.end()
	}
}

func propertiesAreRepeated(s *session) {
	p := s.subscribe(lastReboot)
	first := p.told(lastReboot)[lastReboot]
	p.ask("<tev:SetSynchronizationPoint/>")
	again := p.told(lastReboot)[lastReboot]
	for _, m := range []*etree.Element{first, again} {
		s.want("PropertyOperation", m.FindElement("./Message/Message").SelectAttrValue("PropertyOperation", ""), "Initialized")
	}
	s.want("source", sourceOf(s, again), sourceOf(s, first))
	p.end()
}

// sourceOf is what a message is about, as text; "" is nothing.
func sourceOf(s *session, m *etree.Element) string {
	s.Helper()
	var b strings.Builder
	for _, item := range m.FindElements("./Message/Message/Source/SimpleItem") {
		fmt.Fprintf(&b, "%s=%s ", item.SelectAttrValue("Name", ""), item.SelectAttrValue("Value", ""))
	}
	return b.String()
}

// pullingEnds: with nothing to tell the answer comes when the timeout is over, and
// tells nothing.
func pullingEnds(s *session) {
	p := s.subscribe(lastReboot)
	s.terms(p.pull("PT60S", 1))
	answer := make(chan cameratest.Answer, 1)
	before := s.camera.Clock.Now()
	go func() {
		defer close(answer)
		answer <- s.post(p.address, admin, "", pullMessages("PT60S", 1))
	}()
	var a cameratest.Answer
	s.camera.Until(time.Millisecond, func() bool {
		select {
		case a = <-answer:
			return true
		default:
			return false
		}
	})
	if n := len(a.Texts("./NotificationMessage")); a.Fault != "" || n != 0 || s.camera.Clock.Now().Sub(before) < 60*time.Second {
		s.Errorf("after %s: %d messages, %s", s.camera.Clock.Now().Sub(before), n, a.Fault)
	}
	s.terms(a)
	p.end()
}

func contentIsFiltered(s *session) {
	p := s.subscribe(lastReboot)
	item := p.told(lastReboot)[lastReboot].FindElement("./Message/Message/Data/SimpleItem")
	p.end()
	name, value := item.SelectAttrValue("Name", ""), item.SelectAttrValue("Value", "")
	p = s.subscribeWith(contentFilter(hasItem(name, value)))
	a := p.pull("PT60S", 1)
	if list := a.Root.FindElements(".//SimpleItem"); len(list) != 1 || list[0].SelectAttrValue("Name", "") != name || list[0].SelectAttrValue("Value", "") != value {
		s.Errorf("%s", a.Body)
	}
	p.end()
}
