package device

import (
	"fmt"
	"strings"
	"time"
)

// TimeZone is a time zone in the form of IEEE 1003.1 section 8.3, as in
// "CET-1CEST,M3.5.0,M10.5.0/3".
type TimeZone struct {
	name, dstName string
	offset, dst   int // seconds east of UTC; positive in POSIX text means west
	start, end    transition
}

// transition is one change between standard and daylight saving time.
type transition struct {
	kind            byte // 'M', 'J' or 'N' (day number from 0, leap days counted)
	month, week, wd int  // kind M
	day             int  // kinds J and N
	seconds         int  // local time of the change, after midnight
}

// ParseTimeZone parses a zone; errors are [ErrTimeZone].
func ParseTimeZone(text string) (TimeZone, error) {
	p := zoneParser{rest: text}
	z := p.zone()
	if p.bad || p.rest != "" {
		return TimeZone{}, fmt.Errorf("time zone %.64q: %w", text, ErrTimeZone)
	}
	return z, nil
}

// HasDaylightSavings reports whether the zone names daylight saving time.
func (z TimeZone) HasDaylightSavings() bool { return z.dstName != "" }

// Local returns the instant utc in the zone; daylight saving time only if
// daylight is true and the zone has it.
func (z TimeZone) Local(utc time.Time, daylight bool) time.Time {
	name, offset := z.name, z.offset
	if daylight && z.inDaylight(utc) {
		name, offset = z.dstName, z.dst
	}
	return utc.In(time.FixedZone(name, offset))
}

// inDaylight tells whether utc lies between the year's two transitions; the
// year is that of standard time.
func (z TimeZone) inDaylight(utc time.Time) bool {
	if z.dstName == "" {
		return false
	}
	year := utc.UTC().Add(time.Duration(z.offset) * time.Second).Year()
	begin := z.start.in(year).Add(-time.Duration(z.offset) * time.Second)
	end := z.end.in(year).Add(-time.Duration(z.dst) * time.Second)
	if begin.Before(end) {
		return !utc.Before(begin) && utc.Before(end)
	}
	return !utc.Before(begin) || utc.Before(end)
}

// in returns the local time of the transition in a year, written as UTC.
func (t transition) in(year int) time.Time {
	var day time.Time
	switch t.kind {
	case 'J': // 1 to 365, 29 February never counted
		day = time.Date(year, 1, t.day, 0, 0, 0, 0, time.UTC)
		if t.day > 59 && isLeap(year) {
			day = day.AddDate(0, 0, 1)
		}
	case 'N':
		day = time.Date(year, 1, 1+t.day, 0, 0, 0, 0, time.UTC)
	default: // day wd of week "week" of the month; week 5 is the last one
		first := time.Date(year, time.Month(t.month), 1, 0, 0, 0, 0, time.UTC)
		d := (t.wd - int(first.Weekday()) + 7) % 7
		d += 7 * (t.week - 1)
		if last := first.AddDate(0, 1, -1).Day(); d >= last {
			d -= 7
		}
		day = first.AddDate(0, 0, d)
	}
	return day.Add(time.Duration(t.seconds) * time.Second)
}

func isLeap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

// zoneParser eats a zone from the left; bad is set at the first mistake.
type zoneParser struct {
	rest string
	bad  bool
}

func (p *zoneParser) zone() TimeZone {
	z := TimeZone{name: p.zoneName()}
	z.offset = -p.clock(24)
	if p.rest == "" || p.bad {
		return z
	}
	z.dstName = p.zoneName()
	z.dst = z.offset + 3600
	if p.rest != "" && p.rest[0] != ',' {
		z.dst = -p.clock(24)
	}
	// Without a rule it is up to the implementation: the rule of the USA.
	z.start = transition{kind: 'M', month: 3, week: 2, seconds: 7200}
	z.end = transition{kind: 'M', month: 11, week: 1, seconds: 7200}
	if p.eat(',') {
		z.start = p.transition()
		p.must(',')
		z.end = p.transition()
	}
	return z
}

// zoneName is three or more letters, or <…> with digits and signs as well.
func (p *zoneParser) zoneName() string {
	quoted := p.eat('<')
	n := 0
	for n < len(p.rest) && isZoneRune(p.rest[n], quoted) {
		n++
	}
	name := p.rest[:n]
	p.rest = p.rest[n:]
	if quoted {
		p.must('>')
	}
	if n < 3 {
		p.bad = true
	}
	return name
}

func isZoneRune(c byte, quoted bool) bool {
	letter := c|0x20 >= 'a' && c|0x20 <= 'z'
	return letter || quoted && (c >= '0' && c <= '9' || c == '+' || c == '-')
}

// clock is [+|-]hh[:mm[:ss]] in seconds, hours up to max.
func (p *zoneParser) clock(max int) int {
	sign := 1
	if p.eat('-') {
		sign = -1
	} else {
		p.eat('+')
	}
	s := p.number(0, max, 2) * 3600
	if p.eat(':') {
		s += p.number(0, 59, 2) * 60
		if p.eat(':') {
			s += p.number(0, 59, 2)
		}
	}
	return sign * s
}

func (p *zoneParser) transition() transition {
	t := transition{kind: 'N', seconds: 7200}
	switch {
	case p.eat('J'):
		t.kind = 'J'
		t.day = p.number(1, 365, 3)
	case p.eat('M'):
		t.kind = 'M'
		t.month = p.number(1, 12, 2)
		p.must('.')
		t.week = p.number(1, 5, 1)
		p.must('.')
		t.wd = p.number(0, 6, 1)
	default:
		t.day = p.number(0, 365, 3)
	}
	if p.eat('/') {
		if strings.HasPrefix(p.rest, "-") || strings.HasPrefix(p.rest, "+") {
			p.bad = true // the time of a change has no sign in IEEE 1003.1
		}
		t.seconds = p.clock(24)
	}
	return t
}

func (p *zoneParser) number(min, max, digits int) int {
	n, i := 0, 0
	for i < len(p.rest) && i < digits && p.rest[i] >= '0' && p.rest[i] <= '9' {
		n = n*10 + int(p.rest[i]-'0')
		i++
	}
	p.rest = p.rest[i:]
	if i == 0 || n < min || n > max {
		p.bad = true
	}
	return n
}

func (p *zoneParser) eat(c byte) bool {
	if p.rest != "" && p.rest[0] == c {
		p.rest = p.rest[1:]
		return true
	}
	return false
}

func (p *zoneParser) must(c byte) {
	if !p.eat(c) {
		p.bad = true
	}
}
