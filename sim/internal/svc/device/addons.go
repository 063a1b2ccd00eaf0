package device

import (
	"slices"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// addons lists the add-ons that the profile claims and the camera has all of.
// Core 8.1.2.3.
func addons(c *svc.Call) (names []string) {
	if slices.Contains(c.Profile.ONVIF.Addons, profiles.TLSAddon) && tlsAddon(c) {
		names = append(names, profiles.TLSAddon)
	}
	return names
}

// tlsAddon reports whether the camera has what the TLS Configuration add-on
// makes mandatory (version RC 1.4, 7.1 and 7.2).
func tlsAddon(c *svc.Call) bool {
	s, ok := c.Service("security")
	if !ok || !c.SimulatedAll(profiles.TLSAddonOperations()...) || !c.Simulated("tev:CreatePullPointSubscription") {
		return false
	}
	caps, ok := s.Capabilities(c).(*tas.Capabilities)
	if !ok {
		return false
	}
	on := func(b *bool) bool { return b != nil && *b }
	most := func(n *int) int {
		if n == nil {
			return 0
		}
		return *n
	}
	k := caps.KeystoreCapabilities
	return on(k.RSAKeyPairGeneration) && on(k.SelfSignedCertificateCreationWithRSA) && on(k.PKCS10ExternalCertificationWithRSA) &&
		len(caps.TLSServerCapabilities.TLSServerSupported) > 0 && most(k.MaximumNumberOfKeys) >= 16 && most(k.MaximumNumberOfCertificates) >= 16
}
