package camera_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
)

// conditions are those of the operation table that name a capability, each with
// the attributes that signal it: "element/attribute" for true or a number above
// 0, "element/attribute=word" for a word of a list, "not …" for the opposite.
func conditions() map[string][]string {
	const tr2Kinds = "tr2:ProfileCapabilities/ConfigurationsSupported="
	list := map[string][]string{
		"Misc/AuxiliaryCommands not empty":                                       {"tds:Misc/AuxiliaryCommands"},
		"System/HttpSystemLogging, HttpSystemBackup or HttpSupportInformation":   {"tds:System/HttpSystemLogging", "tds:System/HttpSystemBackup", "tds:System/HttpSupportInformation"},
		"System/GeoLocationEntries > 0 (the text calls it GeoLocationEntities)":  {"tds:System/GeoLocationEntries"},
		"Security/HashingAlgorithms (devices following RFC 7616)":                {"tds:Security/HashingAlgorithms"},
		"Security/SecurityPolicies contains AuthFailureWarnings":                 {"tds:Security/SecurityPolicies=AuthFailureWarnings"},
		"Security/SecurityPolicies contains PasswordComplexity":                  {"tds:Security/SecurityPolicies=PasswordComplexity"},
		"Network/Dot1XConfigurations > 0 (deprecated; use the Security service)": {"tds:Network/Dot1XConfigurations"},
		"device service capability Security/JsonWebToken":                        {"tds:Security/JsonWebToken"},
		"OSD":             {"trt:Capabilities/OSD", "tr2:Capabilities/OSD"},
		"Mask":            {"tr2:Capabilities/Mask"},
		"SnapshotUri":     {"trt:Capabilities/SnapshotUri", "tr2:Capabilities/SnapshotUri"},
		"VideoSourceMode": {"trt:Capabilities/VideoSourceMode", "tr2:Capabilities/VideoSourceMode"},
		"always, unless StreamingCapabilities/NoRTSPStreaming":            {"not trt:StreamingCapabilities/NoRTSPStreaming"},
		"StreamingCapabilities/RTPMulticast":                              {"trt:StreamingCapabilities/RTPMulticast"},
		"StreamingCapabilities/AutoStartMulticast":                        {"tr2:StreamingCapabilities/AutoStartMulticast"},
		"StreamingCapabilities/MulticastAudioDecoder (25.12)":             {"tr2:StreamingCapabilities/MulticastAudioDecoder"},
		"StreamingCapabilities/RTSPStreaming":                             {"tr2:StreamingCapabilities/RTSPStreaming"},
		"WebRTC > 0":                                                      {"tr2:StreamingCapabilities/WebRTC"},
		"AudioClipCapabilities TTSLanguage (26.06)":                       {"tr2:AudioClipCapabilities/TTSLanguage"},
		"AudioClipCapabilities present (MaxAudioClipLimit > 0)":           {"tr2:AudioClipCapabilities/MaxAudioClipLimit"},
		"AuthorizationServer MaxConfigurations > 0":                       {"tas:AuthorizationServer/MaxConfigurations"},
		"CnMapsToUserSupported (by its name; table 13 has no row for it)": {"tas:TLSServerCapabilities/CnMapsToUserSupported"},
		"TLSServerSupported not empty":                                    {"tas:TLSServerCapabilities/TLSServerSupported"},
		"MaximumNumberOfDot1XConfigurations > 0":                          {"tas:Dot1XCapabilities/MaximumNumberOfDot1XConfigurations"},
	}
	for _, kind := range []string{"Analytics", "AudioDecoder", "AudioEncoder", "AudioOutput", "AudioSource", "Metadata", "VideoEncoder", "VideoSource"} {
		list["ConfigurationsSupported contains "+kind] = []string{tr2Kinds + kind}
	}
	for element, names := range map[string]string{
		"tds:Network":                  "Dot11Configuration,DynDNS,HostnameFromDHCP,IPFilter,NTP > 0,ZeroConfiguration,Dot11Configuration (should)",
		"tds:Security":                 "AccessPolicyConfig,MaxPasswordHistory > 0,MaxUserRoles > 0,RemoteUserHandling",
		"tds:System":                   "CloudFirmwareUpgrade,FirmwareUpgrade,RemoteDiscovery (deprecated),StorageConfiguration,SystemBackup,HttpFirmwareUpgrade (should),HttpSystemBackup (should),SystemLogging (should),DiscoveryNotSupported,NetworkConfigNotSupported,UserConfigNotSupported",
		"tev:Capabilities":             "MaxEventBrokers > 0,MaxNotificationProducers > 0,PersistentNotificationStorage,WSPausableSubscriptionManagerInterfaceSupport",
		"tas:KeystoreCapabilities":     "ECCKeyPairGeneration,MaximumNumberOfCRLs > 0,MaximumNumberOfCertificationPathValidationPolicies > 0,MaximumNumberOfKeys > 0,MaximumNumberOfPassphrases > 0,RSAKeyPairGeneration,SetCertPath,PKCS10 or PKCS10ExternalCertificationWithRSA,PKCS12 or PKCS12CertificateWithRSAPrivateKeyUpload,PKCS8 or PKCS8RSAKeyPairUpload,SelfSignedCertificateCreation or SelfSignedCertificateCreationWithRSA",
		"tas:TLSServerCapabilities":    "EnabledVersionsSupported,TLSClientAuthSupported",
		"tas:MediaSigningCapabilities": "MediaSigningSupported,UserMediaSigningKeySupported",
	} {
		for name := range strings.SplitSeq(names, ",") {
			condition, not := name, ""
			if prefix, local, _ := strings.Cut(element, ":"); prefix == "tds" {
				condition = local + "/" + name
			}
			if strings.HasSuffix(name, "NotSupported") {
				condition, not = "not "+condition, "not "
			}
			for one := range strings.SplitSeq(name, " or ") {
				one, _, _ = strings.Cut(one, " ")
				list[condition] = append(list[condition], not+element+"/"+one)
			}
		}
	}
	return list
}

// signals reports whether the answer of GetServices signals what [conditions]
// writes as how.
func signals(services *etree.Element, how string) bool {
	how, not := strings.CutPrefix(how, "not ")
	how, word, ofList := strings.Cut(how, "=")
	name, attribute, _ := strings.Cut(how, "/")
	value := ""
	if el := services.FindElement("//" + name); el != nil {
		value = el.SelectAttrValue(attribute, "")
	}
	if ofList {
		return slices.Contains(strings.Fields(value), word)
	}
	return not == (value == "" || value == "0" || value == "false")
}

// unconditional reports whether a condition names no capability: there is
// nothing an answer could promise by it. Which of the operations that are always
// mandatory are missing, `camfleet ops` says.
func unconditional(condition string) bool {
	for _, start := range []string{
		"always (", "none (", "device has ", "device streams ", "Analytics service", "PTZ service",
		// These operations are in the WSDL only, and Security/TLS1.2 says more.
		"Security/OnboardKeyGeneration, TLS1.x (deprecated",
	} {
		if strings.HasPrefix(condition, start) {
			return true
		}
	}
	return false
}

// TestWhatIsSignalledIsSimulated: a capability stands for operations, and those
// are carried out. Every condition of the operation table is known here. An
// operation that the vendor profile has switched off takes its capability along.
func TestWhatIsSignalledIsSimulated(t *testing.T) {
	t.Parallel()
	known := conditions()
	for _, name := range append(profiles.Builtin(), "with operations off") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := cameratest.Config{Profile: name}
			if !slices.Contains(profiles.Builtin(), name) {
				config = cameratest.Config{Change: func(p *profiles.Profile) {
					p.ONVIF.OperationsOff = []string{
						"tds:SetNTP", "tds:SetUser", "tds:SetDiscoveryMode", "tds:SetHostnameFromDHCP",
						"trt:GetSnapshotUri", "tr2:GetSnapshotUri", "trt:SetSynchronizationPoint", "tr2:GetStreamUri",
					}
				}}
			}
			c := cameratest.New(t, config)
			services := c.As(t, "", getServices("true")).Root
			for _, o := range camera.Operations(c.Profile) {
				if o.Row.Service != "device" && !slices.Contains(c.Profile.ONVIF.Services, o.Row.Service) {
					continue
				}
				for _, condition := range o.Row.Capability {
					ways, ok := known[condition]
					if !ok && !unconditional(condition) {
						t.Errorf("%s: the condition %q is new here", o.Row.ID(), condition)
					}
					for _, how := range ways {
						prefix, _, _ := strings.Cut(strings.TrimPrefix(how, "not "), ":")
						own := prefix == o.Row.Prefix || prefix == "tds"
						if own && signals(services, how) && (!o.Simulated || o.Off) {
							t.Errorf("%s is not there, but %q is signalled", o.Row.ID(), how)
						}
					}
				}
			}
		})
	}
}
