package device

import (
	"fmt"
	"math"
	"time"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/onvif/tds"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// getDeviceInformation answers who made the device. Core 8.3.1; READ_SYSTEM.
func getDeviceInformation(c *svc.Call, _ *tds.GetDeviceInformation) (*tds.GetDeviceInformationResponse, error) {
	i := c.View().Device.Identity
	return &tds.GetDeviceInformationResponse{
		Manufacturer: i.Manufacturer, Model: i.Model, FirmwareVersion: i.FirmwareVersion,
		SerialNumber: i.SerialNumber, HardwareId: i.HardwareID,
	}, nil
}

// getEndpointReference answers the address WS-Discovery knows the device by.
// Core 8.4.9; PRE_AUTH.
func getEndpointReference(c *svc.Call, _ *tds.GetEndpointReference) (*tds.GetEndpointReferenceResponse, error) {
	return &tds.GetEndpointReferenceResponse{GUID: c.View().Device.Identity.EndpointReference()}, nil
}

// systemReboot restarts the camera after its answer. Core 8.3.13; UNRECOVERABLE.
func systemReboot(c *svc.Call, _ *tds.SystemReboot) (*tds.SystemRebootResponse, error) {
	away := c.Reboot()
	return &tds.SystemRebootResponse{
		Message: fmt.Sprintf("Rebooting, back in %d s", int(math.Ceil(away.Seconds()))),
	}, nil
}

// setSystemFactoryDefault makes the camera what it was when it left the factory, and
// restarts it after its answer. Core 8.3.8; UNRECOVERABLE.
func setSystemFactoryDefault(c *svc.Call, req *tds.SetSystemFactoryDefault) (*tds.SetSystemFactoryDefaultResponse, error) {
	if _, err := c.FactoryDefault(req.FactoryDefault == tt.FactoryDefaultTypeHard); err != nil {
		return nil, err
	}
	return &tds.SetSystemFactoryDefaultResponse{}, nil
}

// getSystemDateAndTime answers the camera's clock. Core 8.3.6; PRE_AUTH, so
// that clients can adapt the time in their credentials.
func getSystemDateAndTime(c *svc.Call, _ *tds.GetSystemDateAndTime) (*tds.GetSystemDateAndTimeResponse, error) {
	set := c.View().Device.Time
	now := c.Clock.Now()
	answer := tt.SystemDateTime{
		DateTimeType: tt.SetDateTimeType(set.Type), DaylightSavings: set.DaylightSavings,
		UTCDateTime: dateTime(now), LocalDateTime: dateTime(set.Local(now)),
	}
	if set.TimeZone != "" {
		answer.TimeZone = &tt.TimeZone{TZ: set.TimeZone}
	}
	return &tds.GetSystemDateAndTimeResponse{SystemDateAndTime: answer}, nil
}

func dateTime(t time.Time) *tt.DateTime {
	return &tt.DateTime{
		Time: tt.Time{Hour: t.Hour(), Minute: t.Minute(), Second: t.Second()},
		Date: tt.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()},
	}
}

// setSystemDateAndTime sets the camera's clock, by hand or to its NTP servers.
// Core 8.3.7; WRITE_SYSTEM.
func setSystemDateAndTime(c *svc.Call, req *tds.SetSystemDateAndTime) (*tds.SetSystemDateAndTimeResponse, error) {
	utc, err := instant(req.UTCDateTime)
	if err != nil {
		return nil, err
	}
	zone := ""
	if req.TimeZone != nil {
		if zone = req.TimeZone.TZ; zone == "" {
			return nil, device.ErrTimeZone
		}
	}
	err = c.Update(func(tx *state.Tx) error {
		return tx.Device().SetDateAndTime(device.TimeType(req.DateTimeType), req.DaylightSavings, zone, utc, c.Base.Now())
	})
	if err != nil {
		return nil, err
	}
	return &tds.SetSystemDateAndTimeResponse{}, nil
}

// instant is the UTC time of d, zero if there is none. A date that no calendar
// has is [device.ErrDateTime].
func instant(d *tt.DateTime) (time.Time, error) {
	if d == nil {
		return time.Time{}, nil
	}
	t := time.Date(d.Date.Year, time.Month(d.Date.Month), d.Date.Day, d.Time.Hour, d.Time.Minute, d.Time.Second, 0, time.UTC)
	if leap := d.Time.Second == 60; leap {
		t = t.Add(-time.Second)
		d.Time.Second = 59
	}
	if *dateTime(t) != *d {
		return time.Time{}, fmt.Errorf("%04d-%02d-%02d %02d:%02d:%02d: %w", d.Date.Year, d.Date.Month, d.Date.Day,
			d.Time.Hour, d.Time.Minute, d.Time.Second, device.ErrDateTime)
	}
	return t, nil
}
