// Package device holds what a camera knows of itself: identity, host name,
// scopes, network, time and boot counters, with the rules of the Device
// Management Service (Core chapter 8) and without its messages.
//
// A [Section] is plain data. Once it is part of a published state tree it is
// never changed; rules are methods that change a private copy (see
// [Section.Clone]). Slices inside are replaced, never written into.
package device

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Section is the device part of a camera's state.
type Section struct {
	Identity Identity `json:"identity"`
	Hostname Hostname `json:"hostname"`
	// Scopes are in the order they are announced (Core 7.3.3).
	Scopes []Scope `json:"scopes"`
	// MetadataVersion counts changes of what WS-Discovery announces: scopes
	// and addresses (WS-Discovery 4.1).
	MetadataVersion uint32        `json:"metadataVersion"`
	DiscoveryMode   DiscoveryMode `json:"discoveryMode"`
	Network         Network       `json:"network"`
	Time            Time          `json:"time"`
	Boot            Boot          `json:"boot"`
	Limits          Limits        `json:"limits"`
}

// Identity is what GetDeviceInformation and WS-Discovery show (Core 8.3.1).
type Identity struct {
	Manufacturer    string `json:"manufacturer"`
	Model           string `json:"model"`
	FirmwareVersion string `json:"firmwareVersion"`
	SerialNumber    string `json:"serialNumber"`
	HardwareID      string `json:"hardwareId"`
	// UUID is the stable part of the endpoint reference, 36 characters.
	UUID string `json:"uuid"`
	// Manufactured is the date the camera left the factory, UTC.
	Manufactured time.Time `json:"manufactured"`
}

// EndpointReference returns the address of the device's endpoint reference
// (Core 8.4.9, WS-Discovery).
func (i Identity) EndpointReference() string { return "urn:uuid:" + i.UUID }

// Boot counts the camera's starts. Times are those of the fleet's clock, UTC.
type Boot struct {
	Boots         uint64    `json:"boots"`         // starts since manufacture
	LastReboot    time.Time `json:"lastReboot"`    // zero: never
	LastClockSync time.Time `json:"lastClockSync"` // set by hand or by NTP; zero: never
}

// Booted counts a start at the instant now.
func (s *Section) Booted(now time.Time) {
	s.Boot.Boots++
	s.Boot.LastReboot = now.UTC()
}

// Limits bounds what clients may store. A zero field means the default.
type Limits struct {
	Scopes        int `json:"scopes,omitempty"`        // scopes in all; 64
	ScopeLength   int `json:"scopeLength,omitempty"`   // bytes of one scope; 256
	NTP           int `json:"ntp,omitempty"`           // NTP servers; 4
	DNS           int `json:"dns,omitempty"`           // DNS servers; 4
	SearchDomains int `json:"searchDomains,omitempty"` // DNS search domains; 8
	Ports         int `json:"ports,omitempty"`         // ports of one protocol; 1
	TimeZone      int `json:"timeZone,omitempty"`      // bytes of a time zone; 128
}

// WithDefaults fills in the zero fields.
func (l Limits) WithDefaults() Limits {
	for _, f := range []struct {
		value *int
		def   int
	}{
		{&l.Scopes, 64}, {&l.ScopeLength, 256}, {&l.NTP, 4}, {&l.DNS, 4},
		{&l.SearchDomains, 8}, {&l.Ports, 1}, {&l.TimeZone, 128},
	} {
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	return l
}

// Clone returns a copy whose fields and slices may be replaced freely.
func (s *Section) Clone() *Section {
	c := *s
	c.Scopes = slices.Clone(s.Scopes)
	c.Network = s.Network.clone()
	return &c
}

// Validate checks the rules that hold for every stored section; it finds
// damage, not bad requests.
func (s *Section) Validate() error {
	var errs []error
	if s.Identity.SerialNumber == "" {
		errs = append(errs, errors.New("identity: no serial number"))
	}
	if s.Identity.UUID == "" {
		errs = append(errs, errors.New("identity: no uuid"))
	}
	if s.DiscoveryMode != Discoverable && s.DiscoveryMode != NonDiscoverable {
		errs = append(errs, fmt.Errorf("discovery mode %q", s.DiscoveryMode))
	}
	if s.Time.Type != Manual && s.Time.Type != NTPTime {
		errs = append(errs, fmt.Errorf("date and time type %q", s.Time.Type))
	}
	if _, err := ParseTimeZone(s.Time.TimeZone); s.Time.TimeZone != "" && err != nil {
		errs = append(errs, err)
	}
	if err := s.checkProtocols(s.Network.Protocols); err != nil {
		errs = append(errs, err)
	}
	if len(s.Scopes) > s.Limits.WithDefaults().Scopes {
		errs = append(errs, ErrTooManyScopes)
	}
	return errors.Join(errs...)
}
