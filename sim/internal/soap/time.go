package soap

import (
	"fmt"
	"strings"
	"time"
)

// FormatTime writes an xs:dateTime in UTC with a Z, with as many digits of a
// second as there are, down to nanoseconds.
func FormatTime(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.999999999Z")
}

// ParseTime reads an xs:dateTime. Without a zone it is UTC; 24:00:00 is the
// start of the next day; years other than 0000 to 9999 are refused.
func ParseTime(s string) (time.Time, error) {
	text := s
	midnight := len(s) >= 19 && s[10] == 'T' && s[11:19] == "24:00:00"
	if midnight {
		text = s[:11] + "00" + s[13:]
	}
	layout := "2006-01-02T15:04:05.999999999"
	if len(text) > 19 && (strings.HasSuffix(text, "Z") || strings.ContainsAny(text[19:], "+-")) {
		layout += "Z07:00"
	}
	t, err := time.Parse(layout, text)
	if err != nil || strings.Contains(s, ",") || len(s) < 19 || s[13] != ':' {
		return time.Time{}, fmt.Errorf("%q is not an xs:dateTime", s)
	}
	if midnight {
		if t.Nanosecond() != 0 {
			return time.Time{}, fmt.Errorf("%q is not an xs:dateTime", s)
		}
		t = t.AddDate(0, 0, 1)
	}
	return t.UTC(), nil
}

// AbsoluteOrRelativeTime is wsnt:AbsoluteOrRelativeTimeType: an instant, or a
// duration from now. A zero Time means the duration counts.
type AbsoluteOrRelativeTime struct {
	Time     time.Time
	Duration Duration
}

// From is the instant meant when it is now.
func (a AbsoluteOrRelativeTime) From(now time.Time) time.Time {
	if !a.Time.IsZero() {
		return a.Time
	}
	return a.Duration.After(now)
}

// MarshalText writes whichever counts.
func (a AbsoluteOrRelativeTime) MarshalText() ([]byte, error) {
	if !a.Time.IsZero() {
		return []byte(FormatTime(a.Time)), nil
	}
	return a.Duration.MarshalText()
}

// UnmarshalText reads either form.
func (a *AbsoluteOrRelativeTime) UnmarshalText(text []byte) error {
	s := string(text)
	if strings.HasPrefix(s, "P") || strings.HasPrefix(s, "-P") {
		d, err := ParseDuration(s)
		*a = AbsoluteOrRelativeTime{Duration: d}
		return err
	}
	t, err := ParseTime(s)
	*a = AbsoluteOrRelativeTime{Time: t}
	return err
}
