package camera_test

import (
	"bytes"
	"fmt"
	"image/jpeg"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/streams/strip"
	"github.com/pion/rtcp"
)

// setClock is a SetSystemDateAndTime by hand.
func setClock(at time.Time) string {
	return fmt.Sprintf("<tds:SetSystemDateAndTime><tds:DateTimeType>Manual</tds:DateTimeType><tds:DaylightSavings>false</tds:DaylightSavings>"+
		"<tds:UTCDateTime><tt:Time><tt:Hour>%d</tt:Hour><tt:Minute>%d</tt:Minute><tt:Second>%d</tt:Second></tt:Time>"+
		"<tt:Date><tt:Year>%d</tt:Year><tt:Month>%d</tt:Month><tt:Day>%d</tt:Day></tt:Date></tds:UTCDateTime></tds:SetSystemDateAndTime>",
		at.Hour(), at.Minute(), at.Second(), at.Year(), at.Month(), at.Day())
}

// shownTime is what GetSystemDateAndTime shows.
func shownTime(t *testing.T, c *cameratest.Camera) time.Time {
	t.Helper()
	a := c.As(t, "", "<tds:GetSystemDateAndTime/>")
	var n [6]int
	for i, path := range []string{"Date/Year", "Date/Month", "Date/Day", "Time/Hour", "Time/Minute", "Time/Second"} {
		if _, err := fmt.Sscan(a.Text(".//UTCDateTime/"+path), &n[i]); err != nil {
			t.Fatal(err)
		}
	}
	return time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, time.UTC)
}

// overlay is the instant that the picture's strip carries.
func overlay(t *testing.T, c *cameratest.Camera) time.Time {
	t.Helper()
	still, err := c.Still(t.Context(), "sub")
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(still))
	if err != nil {
		t.Fatal(err)
	}
	mark, err := strip.DecodeImage(img)
	if err != nil {
		t.Fatal(err)
	}
	return mark.Time
}

// TestClockMovesEverythingAtOnce: what is shown, what credentials are measured
// by, and what is written into the picture.
func TestClockMovesEverythingAtOnce(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	token := func(nonce string, at time.Time) int {
		return c.Call(t, cameratest.Call{Body: "<tds:GetDNS/>", Header: cameratest.UsernameToken("viewer", cameratest.Password, nonce, at)}).Status
	}
	for i, at := range []time.Time{
		cameratest.Start(), time.Date(1999, 12, 31, 23, 59, 58, 0, time.UTC), time.Date(2041, 6, 1, 12, 0, 0, 0, time.UTC), cameratest.Start().Add(4 * time.Minute),
	} {
		if i > 0 {
			if a := c.As(t, "admin", setClock(at)); a.Fault != "" {
				t.Fatal(a.Fault)
			}
		}
		c.Clock.Advance(1500 * time.Millisecond)
		now := at.Add(1500 * time.Millisecond)
		if got := shownTime(t, c); !got.Equal(now.Truncate(time.Second)) {
			t.Errorf("shown %v, want %v", got, now)
		}
		if got := overlay(t, c); !got.Equal(now) {
			t.Errorf("in the picture %v, want %v", got, now)
		}
		for when, want := range map[time.Duration]int{0: 200, -299 * time.Second: 200, 299 * time.Second: 200, -302 * time.Second: 400, 302 * time.Second: 400} {
			if got := token(fmt.Sprint(i, when), now.Add(when)); got != want {
				t.Errorf("at %v: token made %v from now: %d, want %d", now, when, got, want)
			}
		}
	}
}

// TestDriftMovesTheCamerasClock and nothing that is paced by the fleet's.
func TestDriftMovesTheCamerasClock(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Change: func(p *profiles.Profile) { p.Clock.DriftPPM = 100_000; p.Clock.Offset = time.Hour }})
	c.Clock.Advance(100 * time.Second)
	if want := cameratest.Start().Add(time.Hour + 110*time.Second); !shownTime(t, c).Equal(want) || !overlay(t, c).Equal(want) {
		t.Errorf("shown %v, in the picture %v, want %v", shownTime(t, c), overlay(t, c), want)
	}
	set := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	if a := c.As(t, "admin", setClock(set)); a.Fault != "" {
		t.Fatal(a.Fault)
	}
	if got := shownTime(t, c); !got.Equal(set) {
		t.Errorf("set to %v, shown %v", set, got)
	}
	c.Clock.Advance(10 * time.Second)
	if want := set.Add(11 * time.Second); !shownTime(t, c).Equal(want) {
		t.Errorf("ten seconds later %v, want %v", shownTime(t, c), want)
	}
}

// TestClockMovesSenderReports of a stream that plays already.
func TestClockMovesSenderReports(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Listen: true, Clock: clock.Real()})
	years := make(chan int, 100)
	play(t, c, func(client *gortsplib.Client, _ *description.Session) {
		client.OnPacketRTCPAny(func(_ *description.Media, p rtcp.Packet) {
			if sr, ok := p.(*rtcp.SenderReport); ok && len(years) < cap(years) {
				seconds := int64(sr.NTPTime>>32) - 2208988800 // RFC 3550 4: since 1900
				years <- time.Unix(seconds, 0).UTC().Year()
			}
		})
	})
	if year := <-years; year < 2025 || year > 2105 {
		t.Errorf("first report of the year %d", year)
	}
	if a := c.As(t, "admin", setClock(time.Date(2005, 6, 1, 0, 0, 0, 0, time.UTC))); a.Fault != "" {
		t.Fatal(a.Fault)
	}
	for year := range years {
		if year == 2005 {
			return
		}
	}
}
