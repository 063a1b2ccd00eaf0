package device

import (
	"fmt"
	"time"
)

// TimeType says where the camera has its time from (tt:SetDateTimeType).
type TimeType string

// The date and time types of the schema.
const (
	Manual  TimeType = "Manual"
	NTPTime TimeType = "NTP"
)

// Time is the camera's clock set-up (Core 8.3.6). The camera's time is the
// fleet's clock plus Offset; with NTP the offset is zero.
type Time struct {
	Type            TimeType      `json:"type"`
	DaylightSavings bool          `json:"daylightSavings"`
	TimeZone        string        `json:"timeZone"` // POSIX form (IEEE 1003.1 8.3); "" : UTC
	Offset          time.Duration `json:"offset"`   // nanoseconds ahead of the fleet's clock
}

// SetDateAndTime sets the clock (Core 8.3.7). An empty zone leaves the zone;
// utc is what the clock is to show now and may be zero only with NTP; now is
// the fleet's clock. Years outside 1970 to 2105 are refused.
func (s *Section) SetDateAndTime(t TimeType, daylight bool, zone string, utc, now time.Time) error {
	next := s.Time
	next.Type, next.DaylightSavings = t, daylight
	if zone != "" {
		if len(zone) > s.Limits.WithDefaults().TimeZone {
			return fmt.Errorf("time zone of %d bytes: %w", len(zone), ErrTimeZone)
		}
		if _, err := ParseTimeZone(zone); err != nil {
			return err
		}
		next.TimeZone = zone
	}
	switch t {
	case NTPTime:
		if len(s.Network.NTP.Manual) == 0 && (!s.Network.NTP.FromDHCP || len(s.Network.NTP.Assigned) == 0) {
			return fmt.Errorf("date and time: %w", ErrNTPServerUndefined)
		}
		next.Offset = 0
	case Manual:
		if utc.IsZero() || utc.Year() < 1970 || utc.Year() > 2105 {
			return fmt.Errorf("date and time %v: %w", utc, ErrDateTime)
		}
		next.Offset = utc.Sub(now)
	default:
		return fmt.Errorf("date and time type %.64q: %w", t, ErrDateTime)
	}
	s.Time, s.Boot.LastClockSync = next, now.UTC()
	return nil
}

// Local returns the instant utc in the camera's time zone, with daylight
// saving only if it is switched on.
func (t Time) Local(utc time.Time) time.Time {
	z, err := ParseTimeZone(t.TimeZone)
	if err != nil {
		return utc.UTC() // an empty zone; others are refused when set
	}
	return z.Local(utc, t.DaylightSavings)
}
