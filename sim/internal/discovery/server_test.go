package discovery

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/google/go-cmp/cmp"
)

func TestCameraSaysHelloWhenItComesAndByeWhenItLeaves(t *testing.T) {
	t.Parallel()
	start(t, DefaultLimits(), func(t *testing.T, s *Server, w *wire) {
		begin := time.Now()
		d := s.Add(target(1))
		settle()
		sent := w.take()
		if got := kinds(t, sent); !cmp.Equal(got, []string{"Hello"}) {
			t.Fatalf("sent %v", got)
		}
		if len(sent) != 2 || string(sent[0].data) != string(sent[1].data) {
			t.Errorf("sent %d messages, want one and its equal repeat", len(sent))
		}
		if late := sent[0].at.Sub(begin); late < 0 || late > 500*time.Millisecond {
			t.Errorf("Hello after %v, want at most 500ms", late)
		}
		if gap := sent[1].at.Sub(sent[0].at); gap < repeatLeast || gap > repeatMost {
			t.Errorf("repeated after %v", gap)
		}
		for name, want := range map[string]string{
			"Types": "tds:Device dn:NetworkVideoTransmitter", "MetadataVersion": "1", "Action": nsDiscovery + "/Hello", "To": everybody,
			"Address": target(1).Address, "Scopes": strings.Join(target(1).Scopes, " "),
			"XAddrs": "http://192.0.2.1:20010/onvif/device_service https://192.0.2.1:20011/onvif/device_service",
		} {
			if got := field(t, sent[0], name); got != want {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
		}
		if sent[0].path != link() {
			t.Errorf("sent to %+v", sent[0].path)
		}
		d.Leave()
		d.Leave()
		settle()
		if got := kinds(t, w.take()); !cmp.Equal(got, []string{"Bye"}) {
			t.Errorf("after leaving: %v", got)
		}
		w.ask(asker(9), probeOf("urn:uuid:1", "", "", ""))
		d.Update(target(1))
		settle()
		if got := w.take(); len(got) != 0 {
			t.Errorf("a camera that left said %v", kinds(t, got))
		}
	})
}

func TestCloseSaysByeForEveryCameraThatIsSeen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWire()
		s, err := Start(Config{Conns: []Conn{w}, Clock: clock.Real(), Random: seed.New(1).Stream("d"), Limits: DefaultLimits()})
		if err != nil {
			t.Fatal(err)
		}
		for n := range 100 {
			tgt := target(n)
			tgt.Hidden = n%2 == 1
			s.Add(tgt)
		}
		settle()
		w.take()
		begin := time.Now()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got := w.take(); len(got) != 50 {
			t.Errorf("%d Byes, want 50", len(got))
		}
		if took := time.Since(begin); took > 500*time.Millisecond {
			t.Errorf("took %v", took)
		}
		s.Add(target(1000)).Leave()
		if got := w.take(); len(got) != 0 {
			t.Errorf("a closed server said %v", got)
		}
	})
}

func TestProbeIsAnsweredByTheCamerasItMeans(t *testing.T) {
	t.Parallel()
	start(t, DefaultLimits(), func(t *testing.T, s *Server, w *wire) {
		plain := target(2)
		plain.Types = []QName{DeviceType(), {"urn:x", "Special"}}
		hidden := target(3)
		hidden.Hidden = true
		silent := target(4)
		silent.XAddrs = func(Path) []string { return nil }
		for _, tgt := range []Target{target(1), plain, hidden, silent} {
			s.Add(tgt)
		}
		settle()
		w.take()
		for i, c := range []struct {
			name, types, rule, scopes string
			want                      string // numbers of the cameras that answer
		}{
			{"everything", "", "", "", "12"},
			{"devices", "tds:Device", "", "", "12"},
			{"transmitters", "dn:NetworkVideoTransmitter", "", "", "1"},
			{"foreign type", "x:Special", "", "", "2"},
			{"no such type", "x:Device", "", "", ""},
			{"both types", "tds:Device dn:NetworkVideoTransmitter", "", "", "1"},
			{"profile", "", "", "onvif://www.onvif.org/Profile", "12"},
			{"name", "", "", "onvif://www.onvif.org/name/cam2", "2"},
			{"part of a segment", "", "", "onvif://www.onvif.org/hardware/D1", ""},
			{"exact", "", ruleExact, "onvif://www.onvif.org/hardware/D1-566", "12"},
			{"exact prefix", "", ruleExact, "onvif://www.onvif.org/hardware", ""},
			{"unknown rule", "", "urn:x", "onvif://www.onvif.org/hardware", ""},
		} {
			id := fmt.Sprintf("urn:uuid:probe-%d", i)
			begin := time.Now()
			w.ask(asker(10+i), probeOf(id, c.types, c.rule, c.scopes))
			settle()
			got := map[string]bool{}
			for _, d := range w.take() {
				got[field(t, d, "Address")] = true
				if d.path.Peer != asker(10+i).Peer || d.path.Multicast || d.path.Local != asker(1).Local {
					t.Errorf("%s: answered to %+v", c.name, d.path)
				}
				if field(t, d, "RelatesTo") != id || field(t, d, "To") != anonymous || body(t, d).Tag != "ProbeMatches" {
					t.Errorf("%s: got %s", c.name, d.data)
				}
				if late := d.at.Sub(begin); late > 500*time.Millisecond+repeatMost {
					t.Errorf("%s: answered after %v", c.name, late)
				}
			}
			if len(got) != len(c.want) {
				t.Errorf("%s: %d answers, want of %q", c.name, len(got), c.want)
			}
			for _, n := range c.want {
				if !got[target(int(n-'0')).Address] {
					t.Errorf("%s: camera %c is silent", c.name, n)
				}
			}
		}
	})
}

func TestResolveIsAnsweredByTheOneCamera(t *testing.T) {
	t.Parallel()
	start(t, DefaultLimits(), func(t *testing.T, s *Server, w *wire) {
		for n := range 3 {
			s.Add(target(n))
		}
		settle()
		w.take()
		resolve := func(id, address string) string {
			return envelopeOf(id, "Resolve", `<d:Resolve xmlns:d="`+nsDiscovery+`" xmlns:a="`+nsAddressing+`"><a:EndpointReference><a:Address>`+address+`</a:Address></a:EndpointReference></d:Resolve>`)
		}
		w.ask(asker(1), resolve("urn:uuid:1", target(1).Address))
		w.ask(asker(1), resolve("urn:uuid:2", "urn:uuid:nobody"))
		settle()
		sent := w.take()
		if got := kinds(t, sent); !cmp.Equal(got, []string{"ResolveMatches"}) {
			t.Fatalf("got %v", got)
		}
		if field(t, sent[0], "RelatesTo") != "urn:uuid:1" || field(t, sent[0], "XAddrs") == "" {
			t.Errorf("%s", sent[0].data)
		}
	})
}

func TestUnknownRuleIsAFaultToASingleAskerOnly(t *testing.T) {
	t.Parallel()
	start(t, DefaultLimits(), func(t *testing.T, s *Server, w *wire) {
		for n := range 3 {
			s.Add(target(n))
		}
		settle()
		w.take()
		single := asker(1)
		single.Multicast = false
		w.ask(single, probeOf("urn:uuid:1", "", "urn:x", "onvif://www.onvif.org/x"))
		w.ask(asker(2), probeOf("urn:uuid:2", "", "urn:x", "onvif://www.onvif.org/x"))
		settle()
		sent := w.take()
		if got := kinds(t, sent); !cmp.Equal(got, []string{"Fault"}) {
			t.Fatalf("got %v", got)
		}
		if got := field(t, sent[0], "SupportedMatchingRules"); got != strings.Join(rules(), " ") {
			t.Errorf("rules %q", got)
		}
		if field(t, sent[0], "RelatesTo") != "urn:uuid:1" || !strings.Contains(string(sent[0].data), "<env:Value>d:MatchingRuleNotSupported</env:Value>") {
			t.Errorf("%s", sent[0].data)
		}
	})
}

func TestUpdateRaisesTheVersionAndSaysHello(t *testing.T) {
	t.Parallel()
	start(t, DefaultLimits(), func(t *testing.T, s *Server, w *wire) {
		tgt := target(1)
		tgt.MetadataVersion = 7
		d := s.Add(tgt)
		settle()
		w.take()
		tgt.Scopes = []string{"onvif://www.onvif.org/name/new"}
		d.Update(tgt)
		settle()
		sent := w.take()
		if got := kinds(t, sent); !cmp.Equal(got, []string{"Hello"}) {
			t.Errorf("scopes: %v", got)
		}
		if field(t, sent[0], "MetadataVersion") != "8" || field(t, sent[0], "Scopes") != tgt.Scopes[0] || d.Version() != 8 {
			t.Errorf("%s", sent[0].data)
		}
		tgt.Hidden = true
		d.Update(tgt)
		settle()
		if got := kinds(t, w.take()); !cmp.Equal(got, []string{"Bye"}) {
			t.Errorf("hidden: %v", got)
		}
		d.Update(tgt)
		w.ask(asker(1), probeOf("urn:uuid:1", "", "", ""))
		settle()
		if got := w.take(); len(got) != 0 {
			t.Errorf("a hidden camera said %v", kinds(t, got))
		}
		tgt.Hidden, tgt.MetadataVersion = false, 100
		d.Update(tgt)
		settle()
		if sent := w.take(); !cmp.Equal(kinds(t, sent), []string{"Hello"}) || field(t, sent[0], "MetadataVersion") != "100" {
			t.Errorf("seen again: %v", kinds(t, sent))
		}
		d.Update(tgt)
		if d.Version() != 101 {
			t.Errorf("version %d, want 101", d.Version())
		}
	})
}

func TestApplicationSequenceRisesAndStartsAnewAfterAReboot(t *testing.T) {
	t.Parallel()
	start(t, DefaultLimits(), func(t *testing.T, s *Server, w *wire) {
		sequence := func(d datagram) (instance, number string) {
			t.Helper()
			text := string(d.data)
			_, rest, _ := strings.Cut(text, `InstanceId="`)
			instance, rest, _ = strings.Cut(rest, `"`)
			_, rest, _ = strings.Cut(rest, `MessageNumber="`)
			number, _, _ = strings.Cut(rest, `"`)
			return instance, number
		}
		d := s.Add(target(1))
		settle()
		d.Update(target(1))
		settle()
		d.Leave()
		s.Add(target(1)) // within the same second
		settle()
		var got []string
		seen := map[string]bool{}
		for _, m := range w.take() {
			if id := field(t, m, "MessageID"); !seen[id] {
				seen[id] = true
				i, n := sequence(m)
				got = append(got, i+"/"+n)
			}
		}
		first := uint32(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()) // where a bubble's time begins
		second := first + 20
		want := []string{fmt.Sprintf("%d/1", first), fmt.Sprintf("%d/2", first), fmt.Sprintf("%d/3", first), fmt.Sprintf("%d/1", second)}
		if !cmp.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		again := s.Add(target(1)) // same second as the one before: one more
		if again.instance != second+10 {
			t.Errorf("instance %d, want %d", again.instance, second+10)
		}
		if once := s.Add(target(1)); once.instance != again.instance+1 {
			t.Errorf("instance %d after %d in one second", once.instance, again.instance)
		}
	})
}

func TestBadDatagramsAreMetWithSilence(t *testing.T) {
	t.Parallel()
	start(t, DefaultLimits(), func(t *testing.T, s *Server, w *wire) {
		s.Add(target(1))
		settle()
		w.take()
		for _, text := range wrong() {
			w.ask(asker(1), text)
		}
		for _, peer := range []string{"239.255.255.250:3702", "192.0.2.1:0", "0.0.0.0:5", "255.255.255.255:5", "[ff02::c]:3702"} {
			p := asker(1)
			p.Peer = mustAddrPort(t, peer)
			w.ask(p, probeOf("urn:uuid:"+peer, "", "", ""))
		}
		settle()
		if got := w.take(); len(got) != 0 {
			t.Errorf("answered %s", got[0].data)
		}
	})
}

func TestRepeatedQuestionIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	start(t, DefaultLimits(), func(t *testing.T, s *Server, w *wire) {
		s.Add(target(1))
		settle()
		w.take()
		answers := func() int { settleShort(); return len(kinds(t, w.take())) }
		p := probeOf("urn:uuid:1", "", "", "")
		w.ask(asker(1), p)
		w.ask(asker(1), p)
		if got := answers(); got != 1 {
			t.Errorf("%d answers to a repeated probe", got)
		}
		w.ask(asker(2), p)
		if got := answers(); got != 1 {
			t.Errorf("%d answers to another asker with the same identifier", got)
		}
		time.Sleep(DefaultLimits().Window)
		w.ask(asker(1), p)
		if got := answers(); got != 1 {
			t.Errorf("%d answers after the window", got)
		}
		if got := s.Stats(); got.Questions != 4 || got.Repeated != 1 {
			t.Errorf("%+v", got)
		}
	})
}

func TestServerRefusesALimitThatIsNone(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Config){
		"no connection": func(c *Config) { c.Conns = nil },
		"no clock":      func(c *Config) { c.Clock = nil },
		"no random":     func(c *Config) { c.Random = nil },
		"no queue":      func(c *Config) { c.Limits.Queue = 0 },
		"no rate":       func(c *Config) { c.Limits.Rate = 0 },
	} {
		w := newWire()
		cfg := Config{Conns: []Conn{w}, Clock: clock.Real(), Random: seed.New(1).Stream("d"), Limits: DefaultLimits()}
		change(&cfg)
		if s, err := Start(cfg); s != nil || err == nil {
			t.Errorf("%s: got %v, %v", name, s, err)
		}
		select {
		case <-w.gone:
		default:
			if name != "no connection" {
				t.Errorf("%s: the connection is left open", name)
			}
		}
	}
}

func TestNetworkThatFailsIsCountedAndTriedAgain(t *testing.T) {
	t.Parallel()
	start(t, DefaultLimits(), func(t *testing.T, s *Server, w *wire) {
		w.mu.Lock()
		w.fail = errors.New("network is unreachable")
		w.mu.Unlock()
		d := s.Add(target(1))
		settle()
		if got := s.Stats(); got.Failed != 1 || got.Sent != 0 {
			t.Errorf("%+v", got)
		}
		w.mu.Lock()
		w.fail = nil
		w.mu.Unlock()
		d.Update(target(1))
		settle()
		if got := kinds(t, w.take()); !cmp.Equal(got, []string{"Hello"}) {
			t.Errorf("got %v", got)
		}
	})
}
