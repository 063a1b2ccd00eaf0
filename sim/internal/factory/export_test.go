package factory

import "github.com/camfleet/camfleet/sim/internal/device"

// DeviceSection makes only the device section, for the test of a thousand
// identities.
func DeviceSection(f *Factory, s Spec) *device.Section {
	s, err := s.withDefaults()
	if err != nil {
		panic(err)
	}
	return f.device(s)
}
