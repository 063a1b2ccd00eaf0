package security_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/keystore"
)

// data is the content of a configuration of an authorization server.
func data(name, method, uri, more string) string {
	return fmt.Sprintf(`<tas:%s Type="OAuthClientCredentials" ClientAuth="%s"><tas:ServerUri>%s</tas:ServerUri>%s</tas:%s>`, name, method, uri, more, name)
}

func createServer(method, more string) string {
	return element("CreateAuthorizationServerConfiguration", data("Configuration", method, "https://as.example/", more))
}

func setServer(token, method, more string) string {
	return element("SetAuthorizationServerConfiguration",
		`<tas:Configuration token="`+token+`">`+data("Data", method, "https://other.example/", more)+"</tas:Configuration>")
}

func servers(token string) string {
	return element("GetAuthorizationServerConfigurations", element("Token", token))
}

func deleteServer(token string) string {
	return element("DeleteAuthorizationServerConfiguration", element("Token", token))
}

// jwt is a JWT configuration; issuers and keys are elements.
func jwt(audiences, issuers, keys, policy, claims string) string {
	if policy != "" {
		policy = element("ValidationPolicy", policy)
	}
	return element("SetJWTConfiguration", element("Configuration", element("Audiences", audiences)+issuers+keys+policy+claims))
}

func claim(name, values string) string {
	return element("CustomClaims", element("Name", name)+element("SupportedValues", values))
}

func TestAuthorizationServersComeAndGo(t *testing.T) {
	t.Parallel()
	const secret = "<tas:ClientID>me</tas:ClientID><tas:ClientSecret>s</tas:ClientSecret>"
	invalid := arg + "/ter:InvalidConfig"
	tell(t, map[string]story{
		"servers": {
			change: func(p *profiles.Profile) { p.Limits.Keystore.AuthorizationServers = 3 },
			kept:   things,
			steps: []step{
				{body: "<tas:GetAuthorizationServerConfigurations/>", want: map[string]string{"./Configuration": ""}},
				{body: createServer("client_secret_post", secret+"<tas:Scope>a b</tas:Scope>"), keep: map[string]string{"./Token": "a"}},
				{body: servers("{a}"), want: map[string]string{".//ServerUri": "https://as.example/", ".//Scope": "a b", ".//ClientID": "me", ".//ClientSecret": ""}},
				{body: servers("nothing"), fault: arg + "/ter:NoConfig"},
				{body: createServer("client_secret_post", ""), fault: invalid},
				{body: createServer("client_secret_post", "<tas:ClientID>me</tas:ClientID>"), fault: invalid},
				{body: createServer("client_secret_guess", secret), fault: invalid},
				{body: createServer("private_key_jwt", secret), fault: invalid},
				{body: createServer("private_key_jwt", secret+"<tas:KeyID>nothing</tas:KeyID>"), fault: invalid},
				{body: createServer("tls_client_auth", secret), fault: invalid},
				{body: createServer("tls_client_auth", secret+"<tas:CertPathValidationPolicyID>nothing</tas:CertPathValidationPolicyID>"), fault: invalid},
				{body: createServer("private_key_jwt", secret+"<tas:KeyID>{key}</tas:KeyID>")},
				{body: createServer("tls_client_auth", secret+"<tas:CertificateID>{leaf}</tas:CertificateID>")},
				{body: createServer("client_secret_basic", secret), fault: action + "/ter:MaxAuthorizationServers"},
				{body: setServer("{a}", "client_secret_jwt", "<tas:ClientID>you</tas:ClientID>")}, // the secret stays
				{body: servers("{a}"), want: map[string]string{".//ServerUri": "https://other.example/", ".//ClientID": "you", ".//Scope": ""}},
				{body: setServer("nothing", "client_secret_jwt", secret), fault: arg + "/ter:NoConfig"},
				{body: setServer("{a}", "client_secret_jwt", ""), fault: invalid},
				{body: deleteServer("nothing"), fault: arg + "/ter:NoConfig"},
				{body: deleteServer("{a}")},
				{body: deleteServer("{a}"), fault: arg + "/ter:NoConfig"},
				{body: "<tas:GetAuthorizationServerConfigurations/>", want: map[string]string{".//KeyID": "{key}", ".//CertificateID": "{leaf}"}},
			},
		},
	})
}

func TestJWTConfigurationIsSetWhole(t *testing.T) {
	t.Parallel()
	issuers := func(n int) string {
		return strings.Repeat("<tas:TrustedIssuers>https://issuer.example/</tas:TrustedIssuers>", n)
	}
	limits := keystore.Limits{}.WithDefaults()
	audiences := func(n int) string { return strings.TrimSpace(strings.Repeat("a ", n)) }
	tell(t, map[string]story{
		"tokens": {kept: things, steps: []step{
			{body: createPolicy("{cert}"), keep: map[string]string{"./CertPathValidationPolicyID": "v"}},
			{body: jwt("one two", issuers(1), "<tas:KeyID>{key}</tas:KeyID>", "{v}", claim("site", "north south"))},
			{body: "<tas:GetJWTConfiguration/>", want: map[string]string{
				".//Audiences": "one two", ".//TrustedIssuers": "https://issuer.example/", ".//KeyID": "{key}", ".//ValidationPolicy": "{v}",
				".//CustomClaims/Name": "site", ".//SupportedValues": "north south",
			}},
			{body: jwt(audiences(limits.Audiences+1), "", "", "", ""), fault: arg + "/ter:TooManyAudiences"},
			{body: jwt("a", issuers(limits.Issuers+1), "", "", ""), fault: arg + "/ter:MaxIssuersExceeded"},
			{body: jwt("a", "", "<tas:KeyID>nothing</tas:KeyID>", "", ""), fault: arg + "/ter:KeyID"},
			{body: jwt("a", "", "", "nothing", ""), fault: arg + "/ter:CertPathValidationPolicyID"},
			{body: jwt("a", "<tas:TrustedIssuers>ftp://issuer.example/</tas:TrustedIssuers>", "", "", ""), fault: arg},
			{body: jwt("a", "", "", "", claim("site", "")), fault: arg},
			{body: jwt("a", "", "<tas:KeyID>{key}</tas:KeyID><tas:KeyID>{key}</tas:KeyID>", "", ""), fault: arg},
			{body: jwt(audiences(limits.Audiences), issuers(limits.Issuers), "", "", "")},
			{body: jwt("", "", "", "", "")},
			{body: "<tas:GetJWTConfiguration/>", want: map[string]string{".//Audiences": "", ".//KeyID": "", ".//CustomClaims": ""}},
		}},
	})
}

// TestWhatIsSwitchedOffIsNowhere: neither answered nor among the capabilities.
func TestWhatIsSwitchedOffIsNowhere(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Change: func(p *profiles.Profile) {
		p.Auth.JWT.Enabled = false
		k := &p.Limits.Keystore
		k.Passphrases, k.CRLs, k.Dot1XConfigurations, k.AuthorizationServers, k.TLSCertificationPathPolicies = 0, 0, 0, 0, 0
	}})
	for _, body := range []string{
		"<tas:GetJWTConfiguration/>", jwt("a", "", "", "", ""), passphrase("x"), "<tas:GetAllPassphrases/>", "<tas:GetAllCRLs/>",
		"<tas:GetAllDot1XConfigurations/>", "<tas:GetAuthorizationServerConfigurations/>",
		"<tas:GetClientAuthenticationRequired/>", mapNames("false"),
	} {
		if a := c.As(t, "admin", body); a.Fault != noSupport {
			t.Errorf("%s: %s", body, a.Fault)
		}
	}
	a := c.As(t, "", "<tas:GetServiceCapabilities/>")
	for _, path := range []string{".//@MaximumNumberOfPassphrases", ".//@MaximumNumberOfCRLs", ".//Dot1XCapabilities", ".//AuthorizationServer"} {
		if a.Root.FindElement(strings.Replace(path, "/@", "/*[@", 1)+strings.Repeat("]", strings.Count(path, "@"))) != nil {
			t.Errorf("%s is there:\n%s", path, a.Body)
		}
	}
	if caps := c.As(t, "", "<tds:GetServiceCapabilities/>"); strings.Contains(string(caps.Body), "JsonWebToken") {
		t.Errorf("the device service has JsonWebToken:\n%s", caps.Body)
	}
}
