package events_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/wsa"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc/events"
	"github.com/google/go-cmp/cmp"
)

const (
	lastReboot = "tns1:Monitoring/OperatingTime/LastReboot"
	lastSync   = "tns1:Monitoring/OperatingTime/LastClockSynchronization"
	unknown    = "wsrfr:ResourceUnknownFault"
)

// TestLifeOfAPullPoint is Core 9.1 from the subscription to its end.
func TestLifeOfAPullPoint(t *testing.T) {
	t.Parallel()
	bubble(t, config{strict: true}, func(t *testing.T, c *camera) {
		r := c.do(t, "event:CreatePullPointSubscription", request{
			body: `<tev:CreatePullPointSubscription><tev:InitialTerminationTime>PT60S</tev:InitialTerminationTime></tev:CreatePullPointSubscription>`,
		})
		path := r.path(t)
		if !strings.HasPrefix(path, events.SubscriptionPath) {
			t.Errorf("pull point at %s", path)
		}
		const created = "CreatePullPointSubscriptionResponse"
		now, end := r.instant(t, "Body", created, "CurrentTime"), r.instant(t, "Body", created, "TerminationTime")
		if !now.Equal(c.Clock.Now()) || end.Sub(now) != time.Minute {
			t.Errorf("from %v to %v", now, end)
		}
		if r.action() != "http://www.onvif.org/ver10/events/wsdl/EventPortType/CreatePullPointSubscriptionResponse" || r.text("Header", "RelatesTo") != "urn:uuid:1" {
			t.Errorf("%s", r.xml)
		}

		r = c.pull(t, path, "PT20S", 1)
		want := []string{lastReboot + " Initialized Status=2000-01-01T00:00:00Z"}
		if diff := cmp.Diff(want, r.messages()); diff != "" {
			t.Error(diff)
		}
		r = c.pull(t, path, "PT20S", 100)
		want = []string{lastSync + " Initialized Status=1970-01-01T00:00:00Z"}
		if diff := cmp.Diff(want, r.messages()); diff != "" {
			t.Error(diff)
		}
		begin := c.Base.Now()
		if r = c.pull(t, path, "PT20S", 100); len(r.messages()) != 0 || c.Base.Now().Sub(begin) != 20*time.Second {
			t.Errorf("after %v: %s", c.Base.Now().Sub(begin), r.xml)
		}
		if r.action() != "http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/PullMessagesResponse" {
			t.Error(r.action())
		}

		r = c.do(t, "event:SetSynchronizationPoint", request{path: path, body: `<tev:SetSynchronizationPoint/>`})
		if r.status != http.StatusOK {
			t.Errorf("%d %s", r.status, r.xml)
		}
		if got := c.pull(t, path, "PT1S", 100).messages(); len(got) != 2 {
			t.Errorf("after a synchronization point: %v", got)
		}

		r = c.do(t, "event:Renew", request{path: path, body: `<wsnt:Renew><wsnt:TerminationTime>PT1H</wsnt:TerminationTime></wsnt:Renew>`})
		now, end = r.instant(t, "Body", "RenewResponse", "CurrentTime"), r.instant(t, "Body", "RenewResponse", "TerminationTime")
		if end.Sub(now) != time.Hour {
			t.Errorf("renewed from %v to %v", now, end)
		}
		absolute := soap.FormatTime(c.Clock.Now().Add(2 * time.Hour))
		r = c.do(t, "event:Renew", request{path: path, body: `<wsnt:Renew><wsnt:TerminationTime>` + absolute + `</wsnt:TerminationTime></wsnt:Renew>`})
		if got := r.text("Body", "RenewResponse", "TerminationTime"); got != absolute {
			t.Errorf("renewed until %s, want %s", got, absolute)
		}

		for i, want := range []string{"", unknown} {
			r = c.do(t, "event:Unsubscribe", request{path: path, body: `<wsnt:Unsubscribe/>`})
			if r.fault() != want {
				t.Errorf("unsubscribe, time %d: %s", i+1, r.xml)
			}
		}
	})
}

func TestPullPointTimesOut(t *testing.T) { // EVENT-3-1-20
	t.Parallel()
	bubble(t, config{}, func(t *testing.T, c *camera) {
		path := c.do(t, "event:CreatePullPointSubscription", request{
			body: `<tev:CreatePullPointSubscription><tev:InitialTerminationTime>PT20S</tev:InitialTerminationTime></tev:CreatePullPointSubscription>`,
		}).path(t)
		c.pass(20 * time.Second)
		if r := c.do(t, "event:Unsubscribe", request{path: path, body: `<wsnt:Unsubscribe/>`}); r.fault() != unknown {
			t.Error(r.xml)
		}
	})
}

func TestPullMessagesKeepsAlive(t *testing.T) { // EVENT-3-1-24
	t.Parallel()
	bubble(t, config{}, func(t *testing.T, c *camera) {
		r := c.do(t, "event:CreatePullPointSubscription", request{body: `<tev:CreatePullPointSubscription/>`})
		const created = "CreatePullPointSubscriptionResponse"
		c1, t1 := r.instant(t, "Body", created, "CurrentTime"), r.instant(t, "Body", created, "TerminationTime")
		c.pass(time.Second)
		r = c.pull(t, r.path(t), fmt.Sprintf("PT%dS", int(t1.Sub(c1).Seconds())+20), 1)
		if end := r.instant(t, "Body", "PullMessagesResponse", "TerminationTime"); !end.After(t1) {
			t.Errorf("ends at %v, not after %v", end, t1)
		}
	})
}

func TestPullAnswersWhenTheStateChanges(t *testing.T) {
	t.Parallel()
	bubble(t, config{services: future()}, func(t *testing.T, c *camera) {
		path := c.subscribe(t, topic("tns1:Advancedsecurity//."))
		var r reply
		var wg sync.WaitGroup
		begin := c.Base.Now()
		wg.Go(func() { r = c.pull(t, path, "PT1M", 10) })
		c.pass(7 * time.Second)
		if r := c.do(t, "event:PullMessages", request{path: path, body: pullBody("PT1M", 1)}); r.fault() != "wsnt:UnableToGetMessagesFault" {
			t.Errorf("a second pull: %s", r.xml)
		}
		err := c.State.Update(func(tx *state.Tx) error {
			for range 2 {
				if _, err := tx.Keystore().BeginKey(keystore.Spec{Algorithm: keystore.ECDSA, Bits: 256}, "", tx.Random()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		if d := c.Base.Now().Sub(begin); len(r.messages()) != 2 || d != 7*time.Second {
			t.Errorf("after %v: %s", d, r.xml)
		}
	})
}

func TestRebootAndLostConnectionsEndPulls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end   func(cancel context.CancelFunc, c *camera)
		fault string
	}{
		"context":     {func(cancel context.CancelFunc, _ *camera) { cancel() }, "wsnt:UnableToGetMessagesFault"},
		"broker":      {func(_ context.CancelFunc, c *camera) { c.broker.Close() }, unknown},
		"unsubscribe": {func(_ context.CancelFunc, c *camera) { c.broker.Unsubscribe(c.broker.PullPoints()[0].ID, admin()) }, unknown}, //nolint:errcheck // seen by the pull
	} {
		end, fault := c.end, c.fault
		bubble(t, config{}, func(t *testing.T, c *camera) {
			path := c.subscribe(t, content(`boolean(//tt:SimpleItem[@Name="none"])`))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var r reply
			var wg sync.WaitGroup
			wg.Go(func() {
				r = c.do(t, "event:PullMessages", request{path: path, body: pullBody("PT1M", 1), ctx: ctx})
			})
			synctest.Wait()
			begin := c.Base.Now()
			end(cancel, c)
			wg.Wait()
			if r.fault() != fault || r.status != http.StatusInternalServerError || !c.Base.Now().Equal(begin) {
				t.Errorf("%s: %s", name, r.xml)
			}
		})
	}
}

func TestPullPointIsFoundWhereverItIsNamed(t *testing.T) {
	t.Parallel()
	bubble(t, config{}, func(t *testing.T, c *camera) {
		path := c.subscribe(t, "")
		id := strings.TrimPrefix(path, events.SubscriptionPath)
		for name, q := range map[string]request{
			"path":                {path: path},
			"path and a slash":    {path: path + "/"},
			"address":             {header: `<wsa:To s:mustUnderstand="1">http://camera.example:8080` + path + `</wsa:To>`},
			"reference parameter": {header: `<x:SubscriptionId xmlns:x="urn:vendor" wsa:IsReferenceParameter="true" s:mustUnderstand="1">` + id + `</x:SubscriptionId>`},
		} {
			q.body = `<tev:SetSynchronizationPoint/>`
			if r := c.do(t, "event:SetSynchronizationPoint", q); r.status != http.StatusOK {
				t.Errorf("%s: %d %s", name, r.status, r.xml)
			}
		}
		for name, q := range map[string]request{
			"nowhere":         {},
			"another":         {path: events.SubscriptionPath + strings.Repeat("0", 32)},
			"none":            {path: events.SubscriptionPath},
			"bad address":     {header: `<wsa:To>http://[::1</wsa:To>`},
			"the path counts": {path: events.SubscriptionPath + "x", header: `<wsa:To>http://camera.example:8080` + path + `</wsa:To>`},
			"10 kB":           {path: events.SubscriptionPath + strings.Repeat("0", 10_000)},
		} {
			q.body = `<tev:SetSynchronizationPoint/>`
			if r := c.do(t, "event:SetSynchronizationPoint", q); r.fault() != unknown {
				t.Errorf("%s: %d %s", name, r.status, r.xml)
			}
		}
	})
}

func TestReferenceFollowsTheRequest(t *testing.T) {
	t.Parallel()
	bubble(t, config{}, func(t *testing.T, c *camera) {
		for _, secure := range []bool{false, true} {
			scheme := map[bool]string{false: "http", true: "https"}[secure]
			r := c.do(t, "event:CreatePullPointSubscription", request{body: `<tev:CreatePullPointSubscription/>`, secure: secure, bare: true})
			address := r.text("Body", "CreatePullPointSubscriptionResponse", "SubscriptionReference", "Address")
			if !strings.HasPrefix(address, scheme+"://camera.example:8080"+events.SubscriptionPath) {
				t.Error(address)
			}
			if strings.Contains(r.xml, "Header") || strings.Contains(r.xml, wsa.Namespace+`/`) {
				t.Errorf("the request has no WS-Addressing: %s", r.xml)
			}
			pulled := c.do(t, "event:PullMessages", request{path: r.path(t), body: pullBody("PT1S", 1), secure: secure})
			if got := pulled.root.FindElement("//ProducerReference/Address").Text(); got != scheme+"://camera.example:8080"+events.Path {
				t.Errorf("producer %s", got)
			}
		}
	})
}

func TestOnlyItsMakerAndAdministratorsUseAPullPoint(t *testing.T) {
	t.Parallel()
	bubble(t, config{}, func(t *testing.T, c *camera) {
		path := c.do(t, "event:CreatePullPointSubscription", request{body: `<tev:CreatePullPointSubscription/>`, user: "viewer User"}).path(t)
		for user, may := range map[string]bool{"viewer User": true, "admin Administrator": true, "operator Operator": false, "other User": false} {
			r := c.do(t, "event:PullMessages", request{path: path, body: pullBody("PT0S", 1), user: user})
			if may && r.status != http.StatusOK || !may && r.fault() != unknown {
				t.Errorf("%s: %d %s", user, r.status, r.xml)
			}
		}
		for _, body := range []string{`<tev:CreatePullPointSubscription/>`, pullBody("PT0S", 1), `<tev:GetEventProperties/>`, `<wsnt:Unsubscribe/>`} {
			if r := c.do(t, "", request{path: path, body: body, user: "-"}); r.status != http.StatusUnauthorized {
				t.Errorf("nobody: %d %s", r.status, r.xml)
			}
		}
	})
}

func TestSubscriptionsAreBounded(t *testing.T) {
	t.Parallel()
	limits := profiles.EventLimits{PullPoints: 2, Queue: 3, MessageLimit: 2, PullTimeout: time.Minute, Lifetime: time.Hour}
	bubble(t, config{limits: limits}, func(t *testing.T, c *camera) {
		path := c.subscribe(t, "")
		c.subscribe(t, "")
		r := c.do(t, "event:CreatePullPointSubscription", request{body: `<tev:CreatePullPointSubscription/>`})
		if r.fault() != "wsnt:SubscribeCreationFailedFault" {
			t.Error(r.xml)
		}
		c.do(t, "event:SetSynchronizationPoint", request{path: path, body: `<tev:SetSynchronizationPoint/>`})
		if got := c.pull(t, path, "PT1M", 100).messages(); len(got) != 2 { // of four, one is lost
			t.Error(got)
		}
		if got := c.pull(t, path, "PT1M", 100).messages(); len(got) != 1 {
			t.Error(got)
		}
		r = c.do(t, "event:PullMessages", request{path: path, body: pullBody("PT1M0.001S", 1)})
		if r.fault() != "tev:PullMessagesFaultResponse" ||
			r.text("Body", "Fault", "Detail", "PullMessagesFaultResponse", "MaxTimeout") != "PT1M" ||
			r.text("Body", "Fault", "Detail", "PullMessagesFaultResponse", "MaxMessageLimit") != "2" {
			t.Error(r.xml)
		}
	})
}
