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
	var total float64
	var d Duration
	part := func(text, letters string, units []time.Duration, months []int) bool {
		for text != "" {
			end := strings.IndexAny(text, letters)
			if end < 1 {
				return false
			}
			i := strings.IndexByte(letters, text[end])
			n, nanos, ok := decimal(text[:end], text[end] == 'S')
			if !ok {
				return false
			}
			total += float64(n)*(float64(units[i])+float64(months[i])*1e15) + float64(nanos)
			d.Months += int(n) * months[i]
			d.Span += time.Duration(n)*units[i] + time.Duration(nanos)
			letters, units, months = letters[i+1:], units[i+1:], months[i+1:]
			text = text[end+1:]
		}
		return true
	}
	if !part(date, "YMD", []time.Duration{0, 0, 24 * time.Hour}, []int{12, 1, 0}) ||
		!part(clock, "HMS", []time.Duration{time.Hour, time.Minute, time.Second}, []int{0, 0, 0}) {
		return Duration{}, bad
	}
	if d.Span < 0 || d.Months < 0 || d.Months > 12*100_000 || spanOverflows(total, d.Months) {
		return Duration{}, fmt.Errorf("%q is too long", s)
	}
	if negative {
		d.Months, d.Span = -d.Months, -d.Span
	}
	return d, nil
}

// spanOverflows reports whether the nanoseconds summed in total, beside the
// months weighed 1e15 each, are more than a time.Duration holds.
func spanOverflows(total float64, months int) bool {
	return total-float64(months)*1e15 >= math.MaxInt64
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
