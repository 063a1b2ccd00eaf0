package soap_test

import (
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/soap"
	"pgregory.net/rapid"
)

func TestDurationsOfEveryForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		duration  soap.Duration
		canonical string
	}{
		"PT0S":            {soap.Duration{}, "PT0S"},
		"P0D":             {soap.Duration{}, "PT0S"},
		"PT5S":            {soap.Duration{Span: 5 * time.Second}, "PT5S"},
		"PT60S":           {soap.Duration{Span: time.Minute}, "PT1M"},
		"PT0.250S":        {soap.Duration{Span: 250 * time.Millisecond}, "PT0.25S"},
		"PT1.0000000019S": {soap.Duration{Span: time.Second + 1}, "PT1.000000001S"},
		"PT36H":           {soap.Duration{Span: 36 * time.Hour}, "P1DT12H"},
		"P1Y2M3DT4H5M6S":  {soap.Duration{Months: 14, Span: 3*24*time.Hour + 4*time.Hour + 5*time.Minute + 6*time.Second}, "P1Y2M3DT4H5M6S"},
		"-P1M":            {soap.Duration{Months: -1}, "-P1M"},
		"-PT1M":           {soap.Duration{Span: -time.Minute}, "-PT1M"},
		"P14M":            {soap.Duration{Months: 14}, "P1Y2M"},
		"P106751D":        {soap.Duration{Span: 106751 * 24 * time.Hour}, "P106751D"},
	} {
		got, err := soap.ParseDuration(text)
		if err != nil || got != want.duration || got.String() != want.canonical {
			t.Errorf("%s: %+v %q %v, want %+v %q", text, got, got.String(), err, want.duration, want.canonical)
		}
	}
}

var badDurations = []string{
	"", "P", "PT", "5", "5S", "P5", "PT5", "P5S", "PT5D", "P1M1Y", "PT1S1M", "P1DT", "P1.5D", "PT.S", "PT1.S", "PT-1S", "P-1D",
	"--P1D", "+P1D", "P 1D", "P1D ", "PT1,5S", "P106752D", "P9999999999Y", "P100001Y", "PT99999999999S", "p1d", "P1D1D", "PT1E3S",
}

func TestBadDurationsAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range badDurations {
		if d, err := soap.ParseDuration(text); err == nil {
			t.Errorf("%q is read as %v", text, d)
		}
	}
	if _, err := (soap.Duration{Months: 1, Span: -1}).MarshalText(); err == nil {
		t.Error("signs that differ are written")
	}
}

func TestDurationsAreAddedByTheCalendar(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"PT1M": "2026-01-31T12:01:00Z", "P1M": "2026-02-28T12:00:00Z", "P1Y1M": "2027-02-28T12:00:00Z",
		"P25M": "2028-02-29T12:00:00Z", "-P2M": "2025-11-30T12:00:00Z", "P1DT12H": "2026-02-02T00:00:00Z",
	} {
		d, err := soap.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := soap.FormatTime(d.After(at)); got != want {
			t.Errorf("%s after %v: %s, want %s", text, at, got, want)
		}
	}
}

func TestTimesOfEveryForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-11-21T18:41:32Z":            "2026-11-21T18:41:32Z",
		"2026-11-21T18:41:32":             "2026-11-21T18:41:32Z",
		"2026-11-21T18:41:32.5":           "2026-11-21T18:41:32.5Z",
		"2026-11-21T18:41:32.120+02:00":   "2026-11-21T16:41:32.12Z",
		"2026-11-21T18:41:32-00:30":       "2026-11-21T19:11:32Z",
		"2026-12-31T24:00:00Z":            "2027-01-01T00:00:00Z",
		"2026-12-31T24:00:00.0Z":          "2027-01-01T00:00:00Z",
		"2024-02-29T00:00:00.1234567894Z": "2024-02-29T00:00:00.123456789Z",
	} {
		got, err := soap.ParseTime(text)
		if err != nil || soap.FormatTime(got) != want {
			t.Errorf("%s: %v %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "2026-11-21", "18:41:32Z", "2026-11-21 18:41:32Z", "2026-02-29T00:00:00Z", "2026-11-21T18:41Z", "2026-11-21T25:00:00Z",
		"2026-12-31T24:00:01Z", "2026-12-31T24:00:00.1Z", "2026-11-21T18:41:60Z", "26-11-21T18:41:32Z", "2026-11-21T18:41:32,5Z",
		"2026-11-21T8:41:32Z", "2026-11-21T18:41:32.Z", "2026-11-21t18:41:32z", "-0001-11-21T18:41:32Z", "2026-11-21T18:41:32+2:00",
	} {
		if got, err := soap.ParseTime(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestTerminationTimesAreAbsoluteOrRelative(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"PT1M": "2026-11-21T00:01:00Z", "-PT1M": "2026-11-20T23:59:00Z", "2026-12-01T00:00:00Z": "2026-12-01T00:00:00Z",
	} {
		var a soap.AbsoluteOrRelativeTime
		if err := a.UnmarshalText([]byte(text)); err != nil || soap.FormatTime(a.From(now)) != want {
			t.Errorf("%s: %+v %v, want %s", text, a, err, want)
		}
		if back, err := a.MarshalText(); err != nil || string(back) != text {
			t.Errorf("%s became %s, %v", text, back, err)
		}
	}
	if err := new(soap.AbsoluteOrRelativeTime).UnmarshalText([]byte("soon")); err == nil {
		t.Error("soon is a time")
	}
}

func TestDurationsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := soap.Duration{Months: rapid.IntRange(0, 1_200_000).Draw(t, "months"), Span: time.Duration(rapid.Int64Range(0, 1<<63-1).Draw(t, "span"))}
		if rapid.Bool().Draw(t, "negative") {
			d.Months, d.Span = -d.Months, -d.Span
		}
		if back, err := soap.ParseDuration(d.String()); err != nil || back != d {
			t.Fatalf("%+v became %q, %+v, %v", d, d.String(), back, err)
		}
	})
}

func FuzzDuration(f *testing.F) {
	for _, text := range append(badDurations, "PT0S", "-P1Y2M3DT4H5M6.7S") {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := soap.ParseDuration(text)
		if err != nil {
			return
		}
		if back, err := soap.ParseDuration(d.String()); err != nil || back != d {
			t.Fatalf("%q is %+v is %q is %+v, %v", text, d, d.String(), back, err)
		}
	})
}

func FuzzTime(f *testing.F) {
	for _, text := range []string{"2026-11-21T18:41:32.120+02:00", "2026-12-31T24:00:00Z", "2026-11-21T18:41:32"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := soap.ParseTime(text)
		if err != nil {
			return
		}
		if back, err := soap.ParseTime(soap.FormatTime(at)); at.Year() >= 0 && at.Year() <= 9999 && (err != nil || !back.Equal(at)) {
			t.Fatalf("%q is %v is %v, %v", text, at, back, err)
		}
	})
}
