package device

import (
	"errors"
	"fmt"
	"slices"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/onvif/tds"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// errNoSuchService says that the device has no service of a category.
var errNoSuchService = errors.New("the device has no such service")

// getServices lists the services and where they are. Core 8.1.2.2; PRE_AUTH.
func getServices(c *svc.Call, req *tds.GetServices) (*tds.GetServicesResponse, error) {
	resp := &tds.GetServicesResponse{}
	for _, s := range c.Services {
		major, minor := s.Version(c.Profile.ONVIF.Release)
		entry := tds.Service{
			Namespace: s.Namespace, XAddr: c.ServiceURL(s),
			Version: tt.OnvifVersion{Major: major, Minor: minor},
		}
		if req.IncludeCapability {
			e, err := c.Binder.Encode(s.CapabilitiesName, s.Capabilities(c))
			if err != nil {
				return nil, err
			}
			entry.Capabilities = &tds.ServiceCapabilities{Any: []*etree.Element{e}}
		}
		resp.Service = append(resp.Service, entry)
	}
	return resp, nil
}

// getServiceCapabilities answers this service's own. Core 8.1.2.3; PRE_AUTH.
func getServiceCapabilities(c *svc.Call, _ *tds.GetServiceCapabilities) (*tds.GetServiceCapabilitiesResponse, error) {
	return &tds.GetServiceCapabilitiesResponse{Capabilities: *capabilities(c)}, nil
}

// capabilities follow from what is simulated and what the profile says. What is
// not there is not mentioned.
func capabilities(c *svc.Call) *tds.DeviceServiceCapabilities {
	v := c.View()
	caps := &tds.DeviceServiceCapabilities{
		Network: tds.NetworkCapabilities{
			IPFilter: svc.Ref(false), ZeroConfiguration: svc.Ref(false), IPVersion6: svc.Ref(false),
			DynDNS: svc.Ref(false), Dot11Configuration: svc.Ref(false), Dot1XConfigurations: svc.Ref(0),
			HostnameFromDHCP: svc.Ref(c.Simulated("tds:SetHostnameFromDHCP")), NTP: svc.Ref(0),
		},
		System: tds.SystemCapabilities{
			DiscoveryResolve: svc.Ref(c.Profile.Discovery.Enabled), DiscoveryBye: svc.Ref(c.Profile.Discovery.Enabled),
			RemoteDiscovery: svc.Ref(false), SystemBackup: svc.Ref(false), SystemLogging: svc.Ref(false),
			HttpFirmwareUpgrade: svc.Ref(false), HttpSystemBackup: svc.Ref(false),
			HttpSystemLogging: svc.Ref(false), HttpSupportInformation: svc.Ref(false),
			HardwareType: svc.Ref(string(tds.HardwareTypesCamera)),
		},
	}
	if c.SimulatedAll("tds:GetNTP", "tds:SetNTP") {
		caps.Network.NTP = svc.Ref(v.Device.Limits.WithDefaults().NTP)
	}
	notSupported(c, &caps.System)
	caps.System.Addons = addons(c)
	caps.Security = securityCapabilities(c)
	return caps
}

// notSupported signals which groups of mandatory operations are not complete.
func notSupported(c *svc.Call, s *tds.SystemCapabilities) {
	if !c.Profile.Discovery.Enabled || !c.Simulated("tds:SetDiscoveryMode") {
		s.DiscoveryNotSupported = svc.Ref(true)
	}
	if !c.SimulatedAll("tds:GetHostname", "tds:SetHostname", "tds:GetDNS", "tds:SetDNS",
		"tds:GetNetworkInterfaces", "tds:SetNetworkInterfaces", "tds:GetNetworkProtocols", "tds:SetNetworkProtocols",
		"tds:GetNetworkDefaultGateway", "tds:SetNetworkDefaultGateway") {
		s.NetworkConfigNotSupported = svc.Ref(true)
	}
	if !c.SimulatedAll("tds:GetUsers", "tds:CreateUsers", "tds:DeleteUsers", "tds:SetUser") {
		s.UserConfigNotSupported = svc.Ref(true)
	}
}

// securityCapabilities of the device service. Core 8.1.2.3, Security 25.06 4.4.
func securityCapabilities(c *svc.Call) tds.SecurityCapabilities {
	v := c.View()
	users := v.Users.Limits.WithDefaults()
	supports := func(version string) *bool { return svc.Ref(slices.Contains(v.Keystore.TLS.Supported, version)) }
	s := tds.SecurityCapabilities{
		TLS10: supports("1.0"), TLS11: supports("1.1"), TLS12: supports("1.2"),
		OnboardKeyGeneration: svc.Ref(false), AccessPolicyConfig: svc.Ref(false), DefaultAccessPolicy: svc.Ref(c.Profile.Auth.Access.Default()),
		Dot1X: svc.Ref(false), RemoteUserHandling: svc.Ref(remoteUsers(c)), X509Token: svc.Ref(false),
		SAMLToken: svc.Ref(false), KerberosToken: svc.Ref(false), RELToken: svc.Ref(false),
		UsernameToken: svc.Ref(c.Profile.Auth.UsernameToken.Enabled), HttpDigest: svc.Ref(len(c.Profile.Auth.Digest.Algorithms) > 0),
		MaxUsers: svc.Ref(users.Users), MaxUserNameLength: svc.Ref(users.NameMax), MaxPasswordLength: svc.Ref(users.PasswordMax),
	}
	s.SecurityPolicies, s.MaxUserRoles = securityPolicies(c), maxUserRoles(c)
	if users.History > 0 && c.SimulatedAll("tds:GetPasswordHistoryConfiguration", "tds:SetPasswordHistoryConfiguration") {
		s.MaxPasswordHistory = svc.Ref(users.History)
	}
	if c.Simulated("tds:SetHashingAlgorithm") {
		s.HashingAlgorithms = c.Profile.Auth.Digest.Algorithms
	}
	if c.Profile.Auth.JWT.Enabled && c.SimulatedAll("tas:GetJWTConfiguration", "tas:SetJWTConfiguration") {
		s.JsonWebToken = svc.Ref(true)
	}
	return s
}

// getCapabilities is the older listing, which some clients know alone. Core
// 8.1.2.4; PRE_AUTH.
func getCapabilities(c *svc.Call, req *tds.GetCapabilities) (*tds.GetCapabilitiesResponse, error) {
	resp := &tds.GetCapabilitiesResponse{}
	categories := req.Category
	if len(categories) == 0 {
		categories = []tt.CapabilityCategory{tt.CapabilityCategoryAll}
	}
	for _, category := range categories {
		if err := addCategory(c, &resp.Capabilities, category); err != nil {
			return nil, err
		}
	}
	return resp, nil
}

func addCategory(c *svc.Call, caps *tt.Capabilities, category tt.CapabilityCategory) error {
	all := category == tt.CapabilityCategoryAll
	found := all
	if all || category == tt.CapabilityCategoryDevice {
		caps.Device, found = legacyDevice(c), true
	}
	if s, ok := c.Service("event"); ok && (all || category == tt.CapabilityCategoryEvents) {
		caps.Events, found = &tt.EventCapabilities{
			XAddr: c.ServiceURL(s), WSPullPointSupport: c.SimulatedAll("tev:CreatePullPointSubscription", "tev:PullMessages", "tev:Unsubscribe"),
		}, true
	}
	if s, ok := c.Service("media"); ok && (all || category == tt.CapabilityCategoryMedia) {
		caps.Media, found = &tt.MediaCapabilities{
			XAddr: c.ServiceURL(s),
			StreamingCapabilities: tt.RealTimeStreamingCapabilities{
				RTPMulticast: svc.Ref(false), RTPTCP: svc.Ref(false), RTPRTSPTCP: svc.Ref(c.Streams()),
			},
			Extension: &tt.MediaCapabilitiesExtension{ProfileCapabilities: tt.ProfileCapabilities{
				MaximumNumberOfProfiles: c.MaxProfiles("trt"),
			}},
		}, true
	}
	if !found {
		return fmt.Errorf("category %s: %w", category, errNoSuchService)
	}
	return nil
}

// legacyDevice says the same as capabilities, in the words of the older type.
func legacyDevice(c *svc.Call) *tt.DeviceCapabilities {
	caps := capabilities(c)
	s, _ := c.Service("device")
	on := func(b *bool) bool { return b != nil && *b }
	major, minor := s.Version(c.Profile.ONVIF.Release)
	return &tt.DeviceCapabilities{
		XAddr: c.ServiceURL(s),
		Network: &tt.NetworkCapabilities{
			IPFilter: caps.Network.IPFilter, ZeroConfiguration: caps.Network.ZeroConfiguration,
			IPVersion6: caps.Network.IPVersion6, DynDNS: caps.Network.DynDNS,
		},
		System: &tt.SystemCapabilities{
			DiscoveryResolve: on(caps.System.DiscoveryResolve), DiscoveryBye: on(caps.System.DiscoveryBye),
			SupportedVersions: []tt.OnvifVersion{{Major: major, Minor: minor}},
		},
		IO: &tt.IOCapabilities{InputConnectors: svc.Ref(0), RelayOutputs: svc.Ref(0)},
		Security: &tt.SecurityCapabilities{
			TLS11: on(caps.Security.TLS11), TLS12: on(caps.Security.TLS12),
			Extension: &tt.SecurityCapabilitiesExtension{
				TLS10: on(caps.Security.TLS10), Extension: &tt.SecurityCapabilitiesExtension2{RemoteUserHandling: remoteUsers(c)},
			},
		},
	}
}

// getWsdlURL answers the address that has the descriptions. Core 8.1.1; PRE_AUTH.
func getWsdlURL(*svc.Call, *tds.GetWsdlUrl) (*tds.GetWsdlUrlResponse, error) {
	return &tds.GetWsdlUrlResponse{WsdlUrl: "http://www.onvif.org/"}, nil
}
