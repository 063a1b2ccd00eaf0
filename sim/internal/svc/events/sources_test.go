package events_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc/events"
	"github.com/google/go-cmp/cmp"
)

// change changes the state and waits until everybody is told.
func (c *camera) change(t testing.TB, f func(tx *state.Tx) error) {
	t.Helper()
	if err := c.State.Update(f); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

// since returns the messages that came, in short.
func (c *camera) since(t testing.TB, path string) []string {
	t.Helper()
	return c.pull(t, path, "PT0S", 100).messages()
}

func (c *camera) changesOnly(t testing.TB) (path string) {
	t.Helper()
	return c.do(t, "event:CreatePullPointSubscription", request{body: policy(`<tev:ChangedOnly/>`)}).path(t)
}

func TestSettingTheClockIsTold(t *testing.T) { // DEVICE-9-1-6 and DEVICE-9-1-7
	t.Parallel()
	bubble(t, config{}, func(t *testing.T, c *camera) {
		path := c.changesOnly(t)
		c.pass(time.Second)
		const head = `<tds:SetSystemDateAndTime><tds:DateTimeType>`
		manual := head + `Manual</tds:DateTimeType><tds:DaylightSavings>false</tds:DaylightSavings><tds:UTCDateTime>` +
			`<tt:Time><tt:Hour>12</tt:Hour><tt:Minute>30</tt:Minute><tt:Second>15</tt:Second></tt:Time>` +
			`<tt:Date><tt:Year>2031</tt:Year><tt:Month>2</tt:Month><tt:Day>3</tt:Day></tt:Date></tds:UTCDateTime></tds:SetSystemDateAndTime>`
		if r := c.do(t, "device:SetSystemDateAndTime", request{body: manual}); r.fault() != "" {
			t.Fatal(r.xml)
		}
		synctest.Wait()
		r := c.pull(t, path, "PT0S", 100)
		if diff := cmp.Diff([]string{lastSync + " Changed Status=2031-02-03T12:30:15Z"}, r.messages()); diff != "" {
			t.Error(diff)
		}
		if got := r.root.FindElement("//tt:Message").SelectAttrValue("UtcTime", ""); got != "2031-02-03T12:30:15Z" {
			t.Errorf("UtcTime %s", got)
		}
		c.pass(time.Second)
		c.change(t, func(tx *state.Tx) error {
			if err := tx.Device().SetNTP(false, []device.Host{{DNSName: "pool.ntp.org"}}); err != nil {
				return err
			}
			return tx.Device().SetDateAndTime(device.NTPTime, false, "UTC0", time.Time{}, c.Base.Now())
		})
		if diff := cmp.Diff([]string{lastSync + " Changed Status=2000-01-01T00:00:02Z"}, c.since(t, path)); diff != "" {
			t.Error(diff)
		}
		c.change(t, func(tx *state.Tx) error { return tx.Device().SetHostname("other") })
		if got := c.since(t, path); len(got) > 0 {
			t.Errorf("of another change: %v", got)
		}
	})
}

func TestLastRebootIsThatOfTheCamerasClock(t *testing.T) { // DEVICE-9-1-3 and DEVICE-9-1-4
	t.Parallel()
	bubble(t, config{}, func(t *testing.T, c *camera) {
		path := c.subscribe(t, topic(lastReboot))
		if diff := cmp.Diff([]string{lastReboot + " Initialized Status=2000-01-01T00:00:00Z"}, c.since(t, path)); diff != "" {
			t.Error(diff)
		}
		c.pass(30 * time.Second)
		c.change(t, func(tx *state.Tx) error {
			tx.Device().Time.Offset = -time.Hour
			tx.Device().Booted(c.Base.Now())
			return nil
		})
		if diff := cmp.Diff([]string{lastReboot + " Changed Status=1999-12-31T23:00:30Z"}, c.since(t, path)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestKeyStatusFollowsTheKeystore(t *testing.T) { // Security 5.9.1
	t.Parallel()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	bubble(t, config{services: future()}, func(t *testing.T, c *camera) {
		const name = "tns1:Advancedsecurity/Keystore/KeyStatus"
		path := c.subscribe(t, topic(name))
		var first, second keystore.Key
		c.change(t, func(tx *state.Tx) (err error) {
			spec := keystore.Spec{Algorithm: keystore.ECDSA, Bits: 256}
			if first, err = tx.Keystore().BeginKey(spec, "", tx.Random()); err != nil {
				return err
			}
			second, err = tx.Keystore().BeginKey(spec, "", tx.Random())
			return err
		})
		c.change(t, func(tx *state.Tx) error {
			return tx.Keystore().FinishKey(first.ID, &private.PublicKey, keystore.Blob{})
		})
		c.change(t, func(tx *state.Tx) error { return tx.Keystore().FailKey(second.ID) })
		c.change(t, func(tx *state.Tx) error { return tx.Device().SetHostname("other") })
		c.change(t, func(tx *state.Tx) error { return tx.Keystore().DeleteKey(first.ID) })
		c.change(t, func(tx *state.Tx) error { // uploaded: ok from the start
			_, err := tx.Keystore().AddKey(&private.PublicKey, keystore.Blob{}, "", true, tx.Random())
			return err
		})
		want := []string{
			name + " KeyID=" + first.ID + " NewStatus=generating",
			name + " KeyID=" + second.ID + " NewStatus=generating",
			name + " KeyID=" + first.ID + " OldStatus=generating NewStatus=ok",
			name + " KeyID=" + second.ID + " OldStatus=generating NewStatus=corrupt",
		}
		if diff := cmp.Diff(want, c.since(t, path)); diff != "" {
			t.Error(diff)
		}
		// only the end of the second one's generation
		path = c.subscribe(t, topic(name)+content(`boolean(//tt:SimpleItem[@Name="NewStatus" and @Value="ok"])`))
		var third keystore.Key
		c.change(t, func(tx *state.Tx) (err error) {
			third, err = tx.Keystore().BeginKey(keystore.Spec{Algorithm: keystore.RSA, Bits: 2048}, "", tx.Random())
			return err
		})
		if got := c.since(t, path); len(got) > 0 {
			t.Errorf("%s: %v", third.ID, got)
		}
	})
}

func TestMediaChangesAreTold(t *testing.T) {
	t.Parallel()
	bubble(t, config{services: future()}, func(t *testing.T, c *camera) {
		path := c.subscribe(t, topic("tns1:Media//."))
		const profile, configuration = "tns1:Media/ProfileChanged ", "tns1:Media/ConfigurationChanged "
		for _, step := range []struct {
			change func(m *mediacfg.Section)
			want   []string
		}{
			{func(m *mediacfg.Section) { m.Profiles = append(m.Profiles, mediacfg.Profile{Token: "new"}) }, []string{profile + "Token=new"}},
			{func(m *mediacfg.Section) { m.Profiles[0].VideoEncoder = "vec" }, []string{profile + "Token=main"}},
			{func(m *mediacfg.Section) { m.Profiles = m.Profiles[1:] }, []string{profile + "Token=main"}},
			{func(m *mediacfg.Section) { m.Encoders[0].BitRate = 5 }, []string{configuration + "Token=vec Type=VideoEncoder"}},
			{func(m *mediacfg.Section) { m.SourceConfigurations[0].Bounds.Width = 5 }, []string{configuration + "Token=vsc Type=VideoSource"}},
			{func(m *mediacfg.Section) { m.Encoders = append(m.Encoders, mediacfg.VideoEncoder{Token: "more"}) }, nil},
			{func(*mediacfg.Section) {}, nil},
		} {
			c.change(t, func(tx *state.Tx) error { step.change(tx.Media()); return nil })
			if diff := cmp.Diff(step.want, c.since(t, path)); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func TestNothingIsToldAfterTheStop(t *testing.T) {
	t.Parallel()
	bubble(t, config{}, func(t *testing.T, c *camera) {
		path := c.changesOnly(t)
		c.stop()
		c.change(t, func(tx *state.Tx) error { tx.Device().Booted(c.Base.Now().Add(time.Hour)); return nil })
		if got := c.since(t, path); len(got) > 0 {
			t.Error(got)
		}
	})
}

func TestChangesDuringTheStartAreToldOnce(t *testing.T) {
	t.Parallel()
	bubble(t, config{}, func(t *testing.T, c *camera) {
		for i := range 50 {
			b := event.New(event.Config{Clock: c.Clock, Base: c.Base, Random: bytes.NewReader(make([]byte, 16))})
			done := make(chan error)
			go func() {
				done <- c.State.Update(func(tx *state.Tx) error {
					tx.Device().Booted(c.Base.Now().Add(time.Duration(i) * time.Hour))
					return nil
				})
			}()
			stop, err := events.Follow(c.Camera, b)
			if err != nil {
				t.Fatal(err)
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			id, _, err := b.Subscribe(event.Subscription{})
			if err != nil {
				t.Fatal(err)
			}
			list, _, err := b.Pull(t.Context(), id, event.Caller{}, 0, 10)
			want := c.State.View().Device.Boot.LastReboot.Format("2006-01-02T15:04:05Z")
			if err != nil || len(list) != 2 || list[0].Data[0].Value != want {
				t.Fatalf("%v, %v; want %s", list, err, want)
			}
			stop()
			b.Close()
		}
	})
}

func TestTopicsAreAnnouncedOnce(t *testing.T) {
	t.Parallel()
	c := newCamera(t, config{}, schematest.Collect(t))
	if _, err := events.Follow(c.Camera, c.broker); err == nil {
		t.Error("the same topics twice")
	}
}

func TestLostEventsAreLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCamera(t, config{services: future()}, nil)
		var log bytes.Buffer
		b := event.New(event.Config{Clock: c.Clock, Base: c.Base, Limits: event.Limits{Properties: 1}})
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
		stop, err := events.Follow(c.Camera, b)
		if err != nil {
			t.Fatal(err)
		}
		stop()
		b.Close()
		if !bytes.Contains(log.Bytes(), []byte("too many properties")) {
			t.Errorf("log: %s", log.String())
		}
	})
}
