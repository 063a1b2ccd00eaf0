package soap

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is an xs:duration: months and a span of seconds, both of one sign.
// A year is twelve months and a day 24 hours, as the schema language compares
// durations (XML Schema 3.2.6).
type Duration struct {
	Months int
	Span   time.Duration // to the nanosecond
}

// DurationOf is the duration of d, without months.
func DurationOf(d time.Duration) Duration { return Duration{Span: d} }

// After is the instant d after t: months by the calendar, then the span. The
// day is cut at the end of a shorter month, as the schema language adds
// durations to instants.
func (d Duration) After(t time.Time) time.Time {
	if d.Months != 0 {
		first := time.Date(t.Year(), t.Month()+time.Month(d.Months), 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location())
		last := first.AddDate(0, 1, -1).Day()
		t = first.AddDate(0, 0, min(t.Day(), last)-1)
	}
	return t.Add(d.Span)
}

// String is the canonical form: "PT5S", "-P1DT2H", "P14M" is "P1Y2M".
func (d Duration) String() string {
	if d == (Duration{}) {
		return "PT0S"
	}
	months, span := uint64(max(d.Months, -d.Months)), uint64(d.Span)
	b := make([]byte, 0, 32)
	if d.Months < 0 || d.Span < 0 {
		b = append(b, '-')
	}
	if d.Span < 0 {
		span = -span
	}
	b = append(b, 'P')
	unit := func(n uint64, letter byte) {
		if n != 0 {
			b = append(strconv.AppendUint(b, n, 10), letter)
		}
	}
	unit(months/12, 'Y')
	unit(months%12, 'M')
	unit(span/uint64(24*time.Hour), 'D')
	if span %= uint64(24 * time.Hour); span == 0 {
		return string(b)
	}
	b = append(b, 'T')
	unit(span/uint64(time.Hour), 'H')
	unit(span/uint64(time.Minute)%60, 'M')
	return string(appendSeconds(b, span%uint64(time.Minute)))
}

// appendSeconds writes nanoseconds as decimal seconds, nothing for none.
func appendSeconds(b []byte, nanos uint64) []byte {
	if nanos == 0 {
		return b
	}
	b = strconv.AppendUint(b, nanos/1e9, 10)
	if f := nanos % 1e9; f != 0 {
		b = append(b, '.')
		b = append(b, strings.TrimRight(fmt.Sprintf("%09d", f), "0")...)
	}
	return append(b, 'S')
}

// MarshalText is String; months and span of different signs are an error.
func (d Duration) MarshalText() ([]byte, error) {
	if d.Months > 0 && d.Span < 0 || d.Months < 0 && d.Span > 0 {
		return nil, fmt.Errorf("duration of %d months and %v: signs differ", d.Months, d.Span)
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads the forms P[nY][nM][nD][T[nH][nM][n.nS]] with an optional
// leading minus. What doesn't fit (about 292 years of span) is an error.
func (d *Duration) UnmarshalText(text []byte) error {
	p, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = p
	return nil
}

// ParseDuration reads an xs:duration.
func ParseDuration(s string) (Duration, error) {
	bad := fmt.Errorf("%q is not an xs:duration", s)
	rest, negative := strings.CutPrefix(s, "-")
	rest, ok := strings.CutPrefix(rest, "P")
	if !ok || rest == "" {
		return Duration{}, bad
	}
	date, clock, hasClock := strings.Cut(rest, "T")
	if hasClock && clock == "" {
		return Duration{}, bad
	}
	var d Duration
	if !d.add(date, "YMD", [3]unit{{months: 12}, {months: 1}, {span: 24 * time.Hour}}) ||
		!d.add(clock, "HMS", [3]unit{{span: time.Hour}, {span: time.Minute}, {span: time.Second}}) {
		return Duration{}, bad
	}
	if d.Span < 0 || d.Months > maxMonths {
		return Duration{}, fmt.Errorf("%q is too long", s)
	}
	if negative {
		d.Months, d.Span = -d.Months, -d.Span
	}
	return d, nil
}

// maxMonths is 100,000 years; the span ends where time.Duration does.
const maxMonths = 12 * 100_000

// unit is what one letter of a duration counts.
type unit struct {
	months int
	span   time.Duration
}

// add reads the parts of text, a number and one of the letters each, in their
// order. What overflows leaves a negative span.
func (d *Duration) add(text, letters string, units [3]unit) bool {
	from := 0
	for text != "" {
		end := strings.IndexAny(text, letters[from:])
		if end < 1 {
			return false
		}
		i := strings.IndexByte(letters, text[end])
		n, nanos, ok := decimal(text[:end], text[end] == 'S')
		if !ok {
			return false
		}
		d.Months += int(n) * units[i].months
		if u := units[i].span; d.Span >= 0 && u > 0 {
			if time.Duration(n) > (math.MaxInt64-d.Span)/u {
				d.Span = -1
			} else {
				d.Span += time.Duration(n)*u + time.Duration(nanos) // overflow is negative
			}
		}
		from, text = i+1, text[end+1:]
	}
	return true
}

// decimal reads digits, with a fraction of up to nine digits where allowed
// (further digits are dropped).
func decimal(s string, fraction bool) (n int64, nanos int64, ok bool) {
	whole, frac, dot := strings.Cut(s, ".")
	if dot && (!fraction || frac == "") {
		return 0, 0, false
	}
	for _, r := range whole + frac {
		if r < '0' || r > '9' {
			return 0, 0, false
		}
	}
	n, err := strconv.ParseInt(whole, 10, 33)
	if err != nil {
		return 0, 0, false
	}
	if frac != "" {
		nanos, _ = strconv.ParseInt((frac + "00000000")[:9], 10, 64) // digits only
	}
	return n, nanos, true
}
