package device_test

import (
	"errors"
	"testing"
	"time"
	_ "time/tzdata" // the machine need not have it

	"github.com/camfleet/camfleet/sim/internal/device"
)

// zones are time zones with the IANA zone that has the same rules now.
func zones() map[string]string {
	return map[string]string{
		"CET-1CEST,M3.5.0,M10.5.0/3":                  "Europe/Berlin",
		"EST5EDT,M3.2.0,M11.1.0":                      "America/New_York",
		"EST5EDT":                                     "America/New_York",
		"AEST-10AEDT,M10.1.0,M4.1.0/3":                "Australia/Sydney",
		"NZST-12NZDT,M9.5.0,M4.1.0/3":                 "Pacific/Auckland",
		"UTC0":                                        "UTC",
		"IST-5:30":                                    "Asia/Kolkata",
		"<+0545>-5:45":                                "Asia/Kathmandu",
		"<-03>3":                                      "America/Sao_Paulo",
		"NST3:30NDT,M3.2.0,M11.1.0":                   "America/St_Johns",
		"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0":        "Australia/Lord_Howe",
		"GMT0IST-1,M3.5.0/1:00:00,M10.5.0/02:00":      "Europe/Dublin",
		"CET-01:00:00CEST-02:00:00,M3.5.0,M10.5.0/03": "Europe/Berlin",
	}
}

func TestTimeZonesAgreeWithIANA(t *testing.T) {
	t.Parallel()
	for text, iana := range zones() {
		z, err := device.ParseTimeZone(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		location, err := time.LoadLocation(iana)
		if err != nil {
			t.Fatal(err)
		}
		for at := time.Date(2024, 1, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2026; at = at.Add(time.Hour) {
			got, want := z.Local(at, true).Format(time.DateTime), at.In(location).Format(time.DateTime)
			if got != want {
				t.Errorf("%s: %v is %s, in %s it is %s", text, at, got, iana, want)
				break
			}
		}
	}
}

func TestDaylightSavingIsLeftOutWhenSwitchedOff(t *testing.T) {
	t.Parallel()
	summer := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	clock := device.Time{TimeZone: "CET-1CEST,M3.5.0,M10.5.0/3"}
	if got := clock.Local(summer).Hour(); got != 13 {
		t.Errorf("off: hour %d", got)
	}
	clock.DaylightSavings = true
	if got := clock.Local(summer); got.Hour() != 14 || got.Location().String() != "CEST" {
		t.Errorf("on: %v", got)
	}
	if got := (device.Time{DaylightSavings: true}).Local(summer); !got.Equal(summer) || got.Hour() != 12 {
		t.Errorf("no zone: %v", got)
	}
}

func TestJulianDaysSkipTheLeapDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone string
		year int
		want time.Month
		day  int
	}{
		{"AAA0BBB,J60/0,J300", 2024, 3, 1}, // 1 March, leap year or not
		{"AAA0BBB,J60/0,J300", 2025, 3, 1},
		{"AAA0BBB,J59/0,J300", 2024, 2, 28},
		{"AAA0BBB,59/0,300", 2024, 2, 29}, // from 0, the leap day counts
		{"AAA0BBB,59/0,300", 2025, 3, 1},
	} {
		z, err := device.ParseTimeZone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Date(c.year, c.want, c.day, 0, 0, 0, 0, time.UTC)
		before, after := z.Local(start.Add(-time.Second), true), z.Local(start, true)
		if before.Location().String() != "AAA" || after.Location().String() != "BBB" {
			t.Errorf("%s in %d: %v, %v", c.zone, c.year, before, after)
		}
	}
}

func badZones() []string {
	return []string{
		"", "A", "AB0", "CET", "CET-", "CET-25", "CET-1:60", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J10", "CET-1CEST,366,1", "CET-1CEST,M3.5.0,M10.5.0/25", "CET-1CEST,M3.5.0/-1,M10.5.0", "CET-1 ", "<CET-1", "<>0",
		"Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0,", "CET-1CEST;M3.5.0;M10.5.0", "GMT+1:00:00:00", "GMT+100", "C T0", "\x00\x00\x000",
	}
}

func TestBadTimeZonesAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range badZones() {
		if _, err := device.ParseTimeZone(text); !errors.Is(err, device.ErrTimeZone) {
			t.Errorf("%q: %v", text, err)
		}
	}
	z, err := device.ParseTimeZone("UTC0")
	if err != nil || z.HasDaylightSavings() {
		t.Error(err)
	}
}

func FuzzParseTimeZone(f *testing.F) {
	for text := range zones() {
		f.Add(text, int64(0))
	}
	for _, text := range badZones() {
		f.Add(text, int64(1<<33))
	}
	f.Fuzz(func(t *testing.T, text string, at int64) {
		z, err := device.ParseTimeZone(text)
		if err != nil {
			return
		}
		utc := time.Unix(at%(1<<35), 0)
		for _, daylight := range []bool{false, true} {
			local := z.Local(utc, daylight)
			if _, offset := local.Zone(); !local.Equal(utc) || offset > 25*3600 || offset < -25*3600 {
				t.Errorf("%q: %v is %v", text, utc, local)
			}
		}
	})
}
