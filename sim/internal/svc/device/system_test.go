package device_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

func addrs(list ...string) []netip.Addr {
	var out []netip.Addr
	for _, a := range list {
		out = append(out, netip.MustParseAddr(a))
	}
	return out
}

func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }

// setTime is a SetSystemDateAndTime; at is "2030-06-01 12:30:15" or empty.
func setTime(kind, daylight, zone, at string) string {
	if zone != "" {
		zone = "<tds:TimeZone><tt:TZ>" + zone + "</tt:TZ></tds:TimeZone>"
	}
	if at != "" {
		var y, mo, d, h, m, s int64
		if _, err := fmt.Sscanf(at, "%d-%d-%d %d:%d:%d", &y, &mo, &d, &h, &m, &s); err != nil {
			panic(err)
		}
		at = fmt.Sprintf("<tds:UTCDateTime><tt:Time><tt:Hour>%d</tt:Hour><tt:Minute>%d</tt:Minute><tt:Second>%d</tt:Second></tt:Time>"+
			"<tt:Date><tt:Year>%d</tt:Year><tt:Month>%d</tt:Month><tt:Day>%d</tt:Day></tt:Date></tds:UTCDateTime>", h, m, s, y, mo, d)
	}
	return "<tds:SetSystemDateAndTime><tds:DateTimeType>" + kind + "</tds:DateTimeType><tds:DaylightSavings>" + daylight +
		"</tds:DaylightSavings>" + zone + at + "</tds:SetSystemDateAndTime>"
}

// shown is what GetSystemDateAndTime must show, UTC and local.
func shown(utc, local string) step {
	parts := func(kind, at string) map[string]string {
		var y, mo, d, h, m, s int
		if _, err := fmt.Sscanf(at, "%d-%d-%d %d:%d:%d", &y, &mo, &d, &h, &m, &s); err != nil {
			panic(err)
		}
		out := map[string]string{}
		for name, n := range map[string]int{"Date/Year": y, "Date/Month": mo, "Date/Day": d, "Time/Hour": h, "Time/Minute": m, "Time/Second": s} {
			out[".//"+kind+"/"+name] = fmt.Sprint(n)
		}
		return out
	}
	want := parts("UTCDateTime", utc)
	for path, text := range parts("LocalDateTime", local) {
		want[path] = text
	}
	return step{body: "<tds:GetSystemDateAndTime/>", want: want}
}

func TestClockIsSetAndShown(t *testing.T) {
	t.Parallel()
	check := schematest.Collect(t)
	flagship := cameratest.Open(t, "flagship")
	const central = "CET-1CEST,M3.5.0,M10.5.0/3"
	for name, steps := range map[string][]step{
		"as made":                {shown("2026-03-04 5:6:7", "2026-03-04 5:6:7")},
		"by hand":                {{body: setTime("Manual", "false", "", "2030-06-01 12:30:15")}, shown("2030-06-01 12:30:15", "2030-06-01 12:30:15")},
		"zone without daylight":  {{body: setTime("Manual", "false", central, "2030-06-01 12:30:15")}, shown("2030-06-01 12:30:15", "2030-06-01 13:30:15")},
		"zone with daylight":     {{body: setTime("Manual", "true", central, "2030-06-01 12:30:15")}, shown("2030-06-01 12:30:15", "2030-06-01 14:30:15")},
		"daylight, winter":       {{body: setTime("Manual", "true", central, "2030-12-31 23:30:00")}, shown("2030-12-31 23:30:00", "2031-01-01 0:30:00")},
		"zone stays":             {{body: setTime("Manual", "false", central, "2030-06-01 12:00:00")}, {body: setTime("Manual", "false", "", "2030-06-02 12:00:00")}, shown("2030-06-02 12:00:00", "2030-06-02 13:00:00")},
		"leap day":               {{body: setTime("Manual", "false", "", "2028-02-29 0:0:0")}, shown("2028-02-29 0:0:0", "2028-02-29 0:0:0")},
		"leap second":            {{body: setTime("Manual", "false", "", "2016-12-31 23:59:60")}, shown("2016-12-31 23:59:59", "2016-12-31 23:59:59")},
		"first year":             {{body: setTime("Manual", "false", "", "1970-01-01 0:0:0")}, shown("1970-01-01 0:0:0", "1970-01-01 0:0:0")},
		"year before":            {{body: setTime("Manual", "false", "", "1969-12-31 23:59:59"), fault: arg + "/ter:InvalidDateTime"}},
		"last year":              {{body: setTime("Manual", "false", "", "2105-12-31 23:59:59")}, shown("2105-12-31 23:59:59", "2105-12-31 23:59:59")},
		"year after":             {{body: setTime("Manual", "false", "", "2106-01-01 0:0:0"), fault: arg + "/ter:InvalidDateTime"}},
		"no such day":            {{body: setTime("Manual", "false", "", "2027-02-29 0:0:0"), fault: arg + "/ter:InvalidDateTime"}},
		"month 13":               {{body: setTime("Manual", "false", "", "2027-13-01 0:0:0"), fault: arg + "/ter:InvalidDateTime"}},
		"day 0":                  {{body: setTime("Manual", "false", "", "2027-01-00 0:0:0"), fault: arg + "/ter:InvalidDateTime"}},
		"hour 24":                {{body: setTime("Manual", "false", "", "2027-01-01 24:0:0"), fault: arg + "/ter:InvalidDateTime"}},
		"second 61":              {{body: setTime("Manual", "false", "", "2027-01-01 0:0:61"), fault: arg + "/ter:InvalidDateTime"}},
		"negative":               {{body: setTime("Manual", "false", "", "2027-01-01 -1:0:0"), fault: arg + "/ter:InvalidDateTime"}},
		"huge year":              {{body: setTime("Manual", "false", "", "2147483647-01-01 0:0:0"), fault: arg + "/ter:InvalidDateTime"}},
		"year that is no int":    {{body: setTime("Manual", "false", "", "99999999999-01-01 0:0:0"), fault: arg}},
		"by hand without a time": {{body: setTime("Manual", "false", "", ""), fault: arg + "/ter:InvalidDateTime"}},
		"zone of a database":     {{body: setTime("Manual", "false", "Europe/Berlin", "2030-06-01 12:30:15"), fault: arg + "/ter:InvalidTimeZone"}},
		"zone too long":          {{body: setTime("Manual", "false", "<"+strings.Repeat("A", 128)+">0", "2030-06-01 12:30:15"), fault: "env:Sender/ter:WellFormed"}},
		"zone of 129 bytes":      {{body: setTime("Manual", "false", strings.Repeat("A", 128)+"0", "2030-06-01 12:30:15"), fault: arg + "/ter:InvalidTimeZone"}},
		"empty zone":             {{body: "<tds:SetSystemDateAndTime><tds:DateTimeType>NTP</tds:DateTimeType><tds:DaylightSavings>false</tds:DaylightSavings><tds:TimeZone><tt:TZ/></tds:TimeZone></tds:SetSystemDateAndTime>", fault: arg + "/ter:InvalidTimeZone"}},
		"NTP without a server":   {{body: setTime("NTP", "false", "", ""), fault: arg + "/ter:NtpServerUndefined"}},
		"NTP has the right time": {
			{body: setTime("Manual", "false", "", "2030-06-01 12:30:15")},
			{body: ntp("false", v4("NTPManual", "192.0.2.123"))},
			{body: setTime("NTP", "false", "", "2001-01-01 0:0:0")}, // UTCDateTime has no meaning (Core 8.3.7)
			shown("2026-03-04 5:6:7", "2026-03-04 5:6:7"),
			{body: "<tds:GetSystemDateAndTime/>", want: map[string]string{".//DateTimeType": "NTP", ".//DaylightSavings": "false"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tell(t, check, cameratest.New(t, cameratest.Config{Opened: flagship}), steps)
		})
	}
}

func TestClockGoesOnFromWhereItWasSet(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	check := schematest.Collect(t)
	tell(t, check, c, []step{{body: setTime("Manual", "false", "", "2030-06-01 23:59:50")}})
	c.Clock.Advance(15 * time.Second)
	tell(t, check, c, []step{shown("2030-06-02 0:0:5", "2030-06-02 0:0:5")})
}

func TestDeviceSaysWhoItIs(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	i := c.State.View().Device.Identity
	tell(t, schematest.Collect(t), c, []step{
		{as: "viewer", body: "<tds:GetDeviceInformation/>", want: map[string]string{
			"./Manufacturer": i.Manufacturer, "./Model": i.Model, "./FirmwareVersion": i.FirmwareVersion, "./SerialNumber": i.SerialNumber, "./HardwareId": i.HardwareID,
		}},
		{body: "<tds:GetEndpointReference/>", want: map[string]string{"./GUID": "urn:uuid:" + i.UUID}},
	})
}
