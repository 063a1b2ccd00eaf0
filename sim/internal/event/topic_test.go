package event_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// topicCase is an expression and the topics it selects; err instead, if it is
// none.
type topicCase struct {
	dialect, text string
	matches       []string
	err           error
}

func topicCases() []topicCase {
	const concrete, set = event.DialectConcrete, event.DialectConcreteSet
	return []topicCase{
		{concrete, "tns1:VideoSource/MotionAlarm", []string{motion}, nil},
		{concrete, "t:VideoSource/t:MotionAlarm", []string{motion}, nil},
		{concrete, " \n\ttns1:Media/ProfileChanged\r ", []string{changed}, nil},
		{concrete, "tns1:Device/acme:Fire/Smoke", []string{acmeFire}, nil},
		{concrete, "tns1:Device/acme:Fire/acme:Smoke", []string{acmeFire}, nil},
		{" " + set + "\n", "tns1:Media/ProfileChanged", []string{changed}, nil},
		{set, "tns1:Monitoring//.", []string{reboot}, nil},
		{set, "tns1:Monitoring/OperatingTime//.", []string{reboot}, nil},
		{set, "tns1:Monitoring/OperatingTime/LastReboot//.", []string{reboot}, nil},
		{set, "tns1:Media//. | tns1:VideoSource//.", []string{motion, changed}, nil},
		{set, "tns1:Media//.|tns1:Nothing", []string{changed}, nil},
		{set, "tns1:Device/acme:Fire//.", []string{acmeFire}, nil},
		{set, "tns1:Device//.", []string{acmeFire}, nil},
		// a topic above, part of a name, another namespace, another case
		{set, "tns1:Monitoring/OperatingTime", nil, nil},
		{set, "tns1:Media/Profile", nil, nil},
		{set, "tns1:Med//.", nil, nil},
		{set, "acme:Media//.", nil, nil},
		{set, "Media/ProfileChanged", nil, nil},
		{set, "tns1:media/ProfileChanged", nil, nil},
		{set, "tns1:Device/Fire/Smoke", nil, nil},
		{set, "xyz", nil, nil},

		{"", "tns1:Media//.", nil, event.ErrTopicDialect},
		{"http://docs.oasis-open.org/wsn/t-1/TopicExpression/Full", "*//.", nil, event.ErrTopicDialect},
		{concrete, "tns1:Media//.", nil, event.ErrTopicExpression},
		{concrete, "tns1:Media/ProfileChanged|tns1:Device", nil, event.ErrTopicExpression},
		{set, "", nil, event.ErrTopicExpression},
		{set, " ", nil, event.ErrTopicExpression},
		{set, "//.", nil, event.ErrTopicExpression},
		{set, "|", nil, event.ErrTopicExpression},
		{set, "tns1:Media//.|", nil, event.ErrTopicExpression},
		{set, "|tns1:Media//.", nil, event.ErrTopicExpression},
		{set, "tns1:Media||tns1:Device", nil, event.ErrTopicExpression},
		{set, "/tns1:Media", nil, event.ErrTopicExpression},
		{set, "tns1:Media/", nil, event.ErrTopicExpression},
		{set, "tns1:Media//ProfileChanged", nil, event.ErrTopicExpression},
		{set, "tns1:Media//", nil, event.ErrTopicExpression},
		{set, "tns1:Media//.//.", nil, event.ErrTopicExpression},
		{set, "tns1:Media//./ProfileChanged", nil, event.ErrTopicExpression},
		{set, "tns1:Media//*", nil, event.ErrTopicExpression},
		{set, "tns1:*", nil, event.ErrTopicExpression},
		{set, "tns1:Media / ProfileChanged", nil, event.ErrTopicExpression},
		{set, "tns1 :Media", nil, event.ErrTopicExpression},
		{set, "tns1:", nil, event.ErrTopicExpression},
		{set, ":Media", nil, event.ErrTopicExpression},
		{set, "tns1:a:Media", nil, event.ErrTopicExpression},
		{set, "tns9:Media", nil, event.ErrTopicExpression},
		{set, "empty:Media", nil, event.ErrTopicExpression},
		{set, "tns1:Device/tns9:Fire", nil, event.ErrTopicExpression},
		{set, "tns1:1Media", nil, event.ErrTopicExpression},
		{set, `boolean(//tt:SimpleItem[@Name="xyz"])`, nil, event.ErrTopicExpression},
		{set, "tns1:Media\x00", nil, event.ErrTopicExpression},
		{set, "{http://www.onvif.org/ver10/topics}Media", nil, event.ErrTopicExpression},
	}
}

func TestTopicExpressionsSelectTheirTopics(t *testing.T) {
	t.Parallel()
	for _, c := range topicCases() {
		e, err := event.ParseTopicExpression(c.dialect, c.text, spaces, event.Limits{})
		if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%q: %v, want %v", c.text, err, c.err)
			continue
		}
		if err != nil {
			continue
		}
		want := strings.Join(c.matches, ",")
		var got []string
		for _, name := range []string{motion, reboot, changed, acmeFire} {
			if e.Matches(name) {
				got = append(got, name)
			}
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%q selects %v, want %v", c.text, got, c.matches)
		}
	}
}

func TestTopicsThatDoNotExistAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, event.Limits{})
	for _, c := range topicCases() {
		if c.err != nil {
			continue
		}
		e, err := event.ParseTopicExpression(c.dialect, c.text, spaces, event.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		id, _, err := r.Subscribe(event.Subscription{Filter: event.Filter{Topics: []event.TopicExpression{e}}})
		if unknown := errors.Is(err, event.ErrTopicNotSupported); unknown != (len(c.matches) == 0) || unknown == (err == nil) {
			t.Errorf("%q: %v", c.text, err)
		}
		if err == nil {
			if err := r.Unsubscribe(id, event.Caller{}); err != nil {
				t.Error(err)
			}
		}
	}
	// one that exists does not make up for one that does not: both must hold
	f := topicFilter(t, "tns1:Media//.", "tns1:Nothing")
	if _, _, err := r.Subscribe(event.Subscription{Filter: f}); !errors.Is(err, event.ErrTopicNotSupported) {
		t.Error(err)
	}
}

func TestTopicNamesAreWrittenWithUsualPrefixes(t *testing.T) {
	t.Parallel()
	var got []string
	for _, topic := range newRig(t, event.Limits{}).Topics() {
		got = append(got, topic.Path.String())
	}
	if want := strings.Join([]string{motion, reboot, changed, acmeFire}, " "); strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestTopicsThatCannotBeAreNotAnnounced(t *testing.T) {
	t.Parallel()
	item := func(names ...string) (out []event.ItemDescription) {
		for _, n := range names {
			out = append(out, event.ItemDescription{Name: n, Type: soap.Name("xs:int")})
		}
		return out
	}
	path := event.NewPath(event.SpaceTopics, "A", "B")
	for name, topic := range map[string]event.Topic{
		"no path":           {},
		"empty step":        {Path: event.NewPath(event.SpaceTopics, "A", "")},
		"slash in a step":   {Path: event.NewPath(event.SpaceTopics, "A/B")},
		"no namespace":      {Path: event.NewPath("", "A")},
		"key of an event":   {Path: path, Key: item("K")},
		"name twice":        {Path: path, Source: item("N"), Data: item("N")},
		"item without name": {Path: path, Source: item("")},
		"item without type": {Path: path, Source: []event.ItemDescription{{Name: "N"}}},
		"there already":     {Path: event.NewPath(event.SpaceTopics, "Media", "ProfileChanged")},
	} {
		r := newRig(t, event.Limits{})
		good := event.Topic{Path: event.NewPath(event.SpaceTopics, "Good")}
		if err := r.Announce(good, topic); !errors.Is(err, event.ErrAnnounced) {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(r.Topics()); n != 4 {
			t.Errorf("%s: %d topics, want none of the two", name, n)
		}
	}
	r := newRig(t, event.Limits{})
	if err := r.Announce(event.Topic{Path: path}, event.Topic{Path: path}); !errors.Is(err, event.ErrAnnounced) {
		t.Error(err)
	}
}

func TestExpressionLengthIsBounded(t *testing.T) {
	t.Parallel()
	l := event.Limits{Expression: 40}
	at := "tns1:" + strings.Repeat("a", 35)
	if _, err := event.ParseTopicExpression(event.DialectConcrete, at, spaces, l); err != nil {
		t.Error(err)
	}
	if _, err := event.ParseTopicExpression(event.DialectConcrete, at+"a", spaces, l); !errors.Is(err, event.ErrTopicExpression) {
		t.Error(err)
	}
	at = `boolean(//SimpleItem[@Name="` + strings.Repeat("a", 9) + `"])`
	if _, err := event.ParseContentExpression(event.DialectItemFilter, at, spaces, l); err != nil {
		t.Error(err)
	}
	if _, err := event.ParseContentExpression(event.DialectItemFilter, at+" ", spaces, l); !errors.Is(err, event.ErrContentExpression) {
		t.Error(err)
	}
}

// FuzzTopicExpression looks for texts that crash the parser or that it reads
// as something that selects no topic of its own name.
func FuzzTopicExpression(f *testing.F) {
	for _, c := range topicCases() {
		f.Add(c.text, true)
		f.Add(c.text, false)
	}
	f.Fuzz(func(t *testing.T, text string, set bool) {
		dialect := event.DialectConcrete
		if set {
			dialect = event.DialectConcreteSet
		}
		e, err := event.ParseTopicExpression(dialect, text, spaces, event.Limits{})
		if err != nil {
			if !errors.Is(err, event.ErrTopicExpression) {
				t.Fatal(err)
			}
			return
		}
		for part := range strings.SplitSeq(text, "|") {
			path, deep := strings.CutSuffix(strings.Trim(part, " \t\r\n"), "//.")
			p, err := event.ParsePath(path, spaces)
			if err != nil {
				t.Fatal(err)
			}
			if !e.Matches(p.String()) || deep && !e.Matches(p.String()+"/Below") {
				t.Fatalf("%q does not select %s", text, p)
			}
		}
	})
}
