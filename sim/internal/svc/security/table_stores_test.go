package security_test

import (
	"strings"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/state"
)

func pathEntries() map[string]entry {
	return map[string]entry{
		"CreateCertificationPath": {attempt{body: createPath("{end}", "{root}")}, map[string]attempt{
			"MaximumNumberOfCertificationPathsReached": {body: createPath("{end}"), before: with(fullOfPaths)},
			"CertificateID":                   {body: createPath("nothing")},
			"InvalidCertificationPath":        {body: createPath("{root}", "{end}")},
			"CertificationPathCreationFailed": {body: createPath("{end}"), full: true},
		}},
		"GetCertificationPath": {attempt{body: on("GetCertificationPath", "CertificationPathID", "{chain}")}, map[string]attempt{
			"CertificationPathID": {body: on("GetCertificationPath", "CertificationPathID", "nothing")},
		}},
		"GetAllCertificationPaths": {attempt{body: "<tas:GetAllCertificationPaths/>"}, nil},
		"SetCertificationPath": {attempt{body: setPath("{chain}", "{another}", "{root}")}, map[string]attempt{
			"CertificationPathID":      {body: setPath("nothing", "{end}")},
			"CertificateID":            {body: setPath("{spare}", "nothing")},
			"InvalidCertificationPath": {body: setPath("{spare}", "{root}", "{end}")},
		}},
		"DeleteCertificationPath": {attempt{body: dropPath("{spare}")}, map[string]attempt{
			"CertificationPathDeletionFailed": {body: dropPath("{spare}"), full: true},
			"CertificationPathID":             {body: dropPath("nothing")},
			"ReferenceExists":                 {body: dropPath("{chain}")},
		}},
	}
}

// byID of passphrases, policies and lists.
func onPassphrase(id string) string { return on("DeletePassphrase", "PassphraseID", id) }

func onCRL(operation, id string) string { return on(operation, "CrlID", id) }

func onPolicy(operation, id string) string {
	return on(operation, "CertPathValidationPolicyID", id)
}

func storeEntries(m *material) map[string]entry {
	good := m.list
	return map[string]entry{
		"UploadPassphrase": {attempt{body: passphrase("another")}, map[string]attempt{
			"MaximumNumberOfPassphrasesReached": {body: passphrase("another"), before: with(func(s *keystore.Section) { s.Limits.Passphrases = len(s.Passphrases) })},
			"BadPassphrase":                     {body: passphrase("pässword")},
		}},
		"GetAllPassphrases": {attempt{body: "<tas:GetAllPassphrases/>"}, nil},
		"DeletePassphrase": {attempt{body: onPassphrase("{wrong}")}, map[string]attempt{
			"PassphraseDeletionFailed": {body: onPassphrase("{secret}")},
			"PassphraseID":             {body: onPassphrase("nothing")},
		}},
		"UploadCRL": {attempt{body: revocations(good)}, map[string]attempt{
			"MaximumNumberOfCRLsReached":    {body: revocations(good), before: with(func(s *keystore.Section) { s.Limits.CRLs = len(s.CRLs) })},
			"BadCRL":                        {body: revocations(good[:len(good)-1])},
			"UnsupportedSignatureAlgorithm": {body: revocations(m.strangeList)},
		}},
		"GetCRL": {attempt{body: onCRL("GetCRL", "{crl}")}, map[string]attempt{
			"CRLID": {body: onCRL("GetCRL", "nothing")},
		}},
		"GetAllCRLs": {attempt{body: "<tas:GetAllCRLs/>"}, nil},
		"DeleteCRL": {attempt{body: onCRL("DeleteCRL", "{crl}")}, map[string]attempt{
			"CRLID":           {body: onCRL("DeleteCRL", "nothing")},
			"ReferenceExists": {never: "nothing refers to a list: it is used because it is there"},
		}},
		"CreateCertPathValidationPolicy": {attempt{body: createPolicy("{root}")}, map[string]attempt{
			"MaximumNumberOfCertPathValidationPoliciesReached": {body: createPolicy("{root}"), before: with(func(s *keystore.Section) { s.Limits.Policies = len(s.Policies) })},
			"CertificateID":                {body: createPolicy("nothing")},
			"CertPathValidationParameters": {body: createPolicy("{root}", "{root}")},
		}},
		"GetCertPathValidationPolicy": {attempt{body: onPolicy("GetCertPathValidationPolicy", "{policy}")}, map[string]attempt{
			"CertPathValidationPolicyID": {body: onPolicy("GetCertPathValidationPolicy", "nothing")},
		}},
		"GetAllCertPathValidationPolicies": {attempt{body: "<tas:GetAllCertPathValidationPolicies/>"}, nil},
		"SetCertPathValidationPolicy": {attempt{body: setPolicy("", "{unused}", "{root}")}, map[string]attempt{
			"CertPathValidationPolicyID":   {body: setPolicy("", "nothing", "{root}")},
			"CertificateID":                {body: setPolicy("", "{unused}", "nothing")},
			"CertPathValidationParameters": {body: setPolicy("", "{unused}", "{root}", "{root}")},
		}},
		"DeleteCertPathValidationPolicy": {attempt{body: onPolicy("DeleteCertPathValidationPolicy", "{unused}")}, map[string]attempt{
			"CertPathValidationPolicyID": {body: onPolicy("DeleteCertPathValidationPolicy", "nothing")},
			"ReferenceExists":            {body: onPolicy("DeleteCertPathValidationPolicy", "{policy}")},
		}},
	}
}

// serverOff switches HTTPS off, so that the TLS server is.
func serverOff(tx *state.Tx) error {
	return tx.Device().SetProtocols([]device.Protocol{{Name: device.HTTPS, Ports: []int{443}}})
}

// nobodyChecked takes all policies from the TLS server.
func nobodyChecked(s *keystore.Section) { s.TLS.Policies = nil }

func serverEntries() map[string]entry {
	return map[string]entry{
		"AddServerCertificateAssignment": {attempt{body: addServer("{spare}")}, map[string]attempt{
			"CertificationPathID": {body: addServer("nothing")},
			"NoPrivateKey":        {body: addServer("{keyless}")},
			"MaximumNumberOfTLSCertificationPathsReached": {body: addServer("{spare}"), before: with(func(s *keystore.Section) { s.Limits.TLSPaths = len(s.TLS.Paths) })},
		}},
		"RemoveServerCertificateAssignment": {attempt{body: removeServer("{chain}"), before: serverOff}, map[string]attempt{
			"OldCertificationPathID": {body: removeServer("{spare}")},
			"ReferenceExists":        {body: removeServer("{chain}")},
		}},
		"ReplaceServerCertificateAssignment": {attempt{body: replaceServer("{chain}", "{spare}")}, map[string]attempt{
			"OldCertificationPathID": {body: replaceServer("{spare}", "{chain}")},
			"NewCertificationPathID": {body: replaceServer("{chain}", "nothing")},
			"NoPrivateKey":           {body: replaceServer("{chain}", "{keyless}")},
		}},
		"GetAssignedServerCertificates": {attempt{body: "<tas:GetAssignedServerCertificates/>"}, nil},
		"SetEnabledTLSVersions": {attempt{body: versions("1.3")}, map[string]attempt{
			"EmptyList":  {body: versions("")},
			"TLSVersion": {body: versions("1.3 1.4")},
		}},
		"GetEnabledTLSVersions": {attempt{body: "<tas:GetEnabledTLSVersions/>"}, nil},
		"SetClientAuthenticationRequired": {attempt{body: requireCertificates("true")}, map[string]attempt{
			"EnablingClientAuthenticationFailed": {body: requireCertificates("true"), before: with(nobodyChecked)},
		}},
		"GetClientAuthenticationRequired": {attempt{body: "<tas:GetClientAuthenticationRequired/>"}, nil},
		"SetCnMapsToUser": {attempt{body: mapNames("true")}, map[string]attempt{
			"CnMapsToUserFailed": {body: mapNames("true"), before: with(nobodyChecked)},
		}},
		"GetCnMapsToUser": {attempt{body: "<tas:GetCnMapsToUser/>"}, nil},
		"AddCertPathValidationPolicyAssignment": {attempt{body: assign("Add", "{unused}")}, map[string]attempt{
			"CertPathValidationPolicyID":                          {body: assign("Add", "nothing")},
			"MaximumNumberOfTLSCertPathValidationPoliciesReached": {body: assign("Add", "{unused}"), before: with(func(s *keystore.Section) { s.Limits.TLSPolicies = len(s.TLS.Policies) })},
		}},
		"RemoveCertPathValidationPolicyAssignment": {attempt{body: assign("Remove", "{policy}")}, map[string]attempt{
			"CertPathValidationPolicyID": {body: assign("Remove", "{unused}")},
		}},
		"ReplaceCertPathValidationPolicyAssignment": {attempt{body: replace("{policy}", "{unused}")}, map[string]attempt{
			"OldCertPathValidationPolicyID": {body: replace("{unused}", "{policy}")},
			"NewCertPathValidationPolicyID": {body: replace("{policy}", "nothing")},
		}},
		"GetAssignedCertPathValidationPolicies": {attempt{body: "<tas:GetAssignedCertPathValidationPolicies/>"}, nil},
	}
}

// signed has all streams signed, or none.
func signed(on bool) func(*state.Tx) error {
	return func(tx *state.Tx) error {
		for i := range tx.Media().Encoders {
			tx.Media().Encoders[i].Signed = on
		}
		return nil
	}
}

// mediaSigning is a request about an assignment for media signing.
func mediaSigning(operation, id string) string {
	return on(operation+"MediaSigningCertificateAssignment", "CertificationPathID", id)
}

func otherEntries() map[string]entry {
	limits := keystore.Limits{}.WithDefaults()
	issuers := func(n int) string { return strings.Repeat(element("TrustedIssuers", "https://issuer.example/"), n) }
	configured := element("ClientID", "me") + element("ClientSecret", "s")
	tls := func(more string) string { return stage("Outer", "EAP-TLS", more) }
	noPolicy := `<tas:Outer Method="EAP-TLS" CertPathValidationPolicyID="nothing">` + element("CertificationPathID", "{spare}") + "</tas:Outer>"
	return map[string]entry{
		"GetServiceCapabilities": {attempt{body: "<tas:GetServiceCapabilities/>"}, nil},
		"AddDot1XConfiguration": {attempt{body: addDot1X(tls(element("CertificationPathID", "{spare}")))}, map[string]attempt{
			"MaximumNumberOfDot1XConfigurationsReached": {body: peap("{secret}"), before: with(func(s *keystore.Section) { s.Limits.Dot1X = len(s.Dot1X) })},
			"PassphraseID":               {body: peap("nothing")},
			"CertificationPathID":        {body: addDot1X(tls(element("CertificationPathID", "nothing")))},
			"CertPathValidationPolicyID": {body: addDot1X(noPolicy)},
			"Dot1XMethod":                {body: addDot1X(stage("Outer", "EAP-SIM", ""))},
			"Dot1XMethodCombination":     {body: addDot1X(stage("Outer", "EAP-PEAP", ""))},
		}},
		"GetAllDot1XConfigurations": {attempt{body: "<tas:GetAllDot1XConfigurations/>"}, nil},
		"GetDot1XConfiguration": {attempt{body: get("{eap}")}, map[string]attempt{
			"Dot1XConfigurationID": {body: get("nothing")},
		}},
		"DeleteDot1XConfiguration": {attempt{body: remove("{unbound}")}, map[string]attempt{
			"Dot1XConfigurationID": {body: remove("nothing")},
			"ReferenceExists":      {body: remove("{eap}")},
		}},
		"SetNetworkInterfaceDot1XConfiguration": {attempt{body: bind("{port}", "{unbound}")}, map[string]attempt{
			"InvalidNetworkInterface": {body: bind("nothing", "{unbound}")},
			"Dot1XConfigurationID":    {body: bind("{port}", "nothing")},
		}},
		"GetNetworkInterfaceDot1XConfiguration": {attempt{body: bound("Get", "{port}")}, map[string]attempt{
			"InvalidNetworkInterface": {body: bound("Get", "nothing")},
		}},
		"DeleteNetworkInterfaceDot1XConfiguration": {attempt{body: bound("Delete", "{port}")}, map[string]attempt{
			"InvalidNetworkInterface": {body: bound("Delete", "nothing")},
		}},
		"AddMediaSigningCertificateAssignment": {attempt{body: mediaSigning("Add", "{spare}")}, map[string]attempt{
			"CertificationPathID": {body: mediaSigning("Add", "nothing")},
			"NoPrivateKey":        {body: mediaSigning("Add", "{keyless}")},
		}},
		"RemoveMediaSigningCertificateAssignment": {attempt{body: mediaSigning("Remove", "{signing}"), before: signed(false)}, map[string]attempt{
			"OldCertificationPathID": {body: mediaSigning("Remove", "{spare}")},
			"ReferenceExists":        {body: mediaSigning("Remove", "{signing}"), before: signed(true)},
		}},
		"GetAssignedMediaSigningCertificates": {attempt{body: "<tas:GetAssignedMediaSigningCertificates/>"}, nil},
		"GetAuthorizationServerConfigurations": {attempt{body: servers("{server}")}, map[string]attempt{
			"NoConfig": {body: servers("nothing")},
		}},
		"CreateAuthorizationServerConfiguration": {attempt{body: createServer("private_key_jwt", configured+element("KeyID", "{own}"))}, map[string]attempt{
			"MaxAuthorizationServers": {body: createServer("client_secret_basic", configured), before: with(func(s *keystore.Section) { s.Limits.Authorization = len(s.Authorization) })},
			"InvalidConfig":           {body: createServer("client_secret_guess", configured)},
		}},
		"SetAuthorizationServerConfiguration": {attempt{body: setServer("{server}", "client_secret_jwt", configured)}, map[string]attempt{
			"NoConfig":      {body: setServer("nothing", "client_secret_jwt", configured)},
			"InvalidConfig": {body: setServer("{server}", "client_secret_guess", configured)},
		}},
		"DeleteAuthorizationServerConfiguration": {attempt{body: deleteServer("{server}")}, map[string]attempt{
			"NoConfig": {body: deleteServer("nothing")},
		}},
		"GetJWTConfiguration": {attempt{body: "<tas:GetJWTConfiguration/>"}, nil},
		"SetJWTConfiguration": {attempt{body: jwt("one two", issuers(1), element("KeyID", "{own}"), "{unused}", claim("site", "north"))}, map[string]attempt{
			"TooManyAudiences":           {body: jwt(strings.Repeat("a ", limits.Audiences+1), "", "", "", "")},
			"KeyID":                      {body: jwt("a", "", element("KeyID", "nothing"), "", "")},
			"MaxIssuersExceeded":         {body: jwt("a", issuers(limits.Issuers+1), "", "", "")},
			"CertPathValidationPolicyID": {body: jwt("a", "", "", "nothing", "")},
		}},
	}
}
