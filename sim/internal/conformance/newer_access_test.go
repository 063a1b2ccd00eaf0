package conformance

import (
	"bufio"
	"crypto"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/tunnel/tunneltest"
	mint "github.com/golang-jwt/jwt/v5"
)

func tokens() need { return capability("tds/Security/JsonWebToken") }

func mediaSigning(name string) need { return capability("tas/MediaSigning/" + name) }

func newerAccessCases() []testCase {
	return []testCase{
		{"SECX-06", "common name as user name", []need{capability("tas/TLSServerCapabilities/CnMapsToUserSupported"),
			clientAuth(), policies(), rsaKeys(), selfSigning(), network()}, commonNameIsUser},
		{"SECX-07", "media-signing path assigned", []need{mediaSigning("UserMediaSigningKeySupported"), rsaKeys(), requests()}, signingPathIsAssigned},
		{"SECX-08", "media-signing paths listed", []need{mediaSigning("MediaSigningSupported")}, signingPathsAreListed},
		{"SECX-09", "authorization servers", []need{capability("tas/AuthorizationServer/MaxConfigurations")}, authorizationServers},
		{"SECX-10", "JWT configuration", []need{tokens()}, tokenConfiguration},
		{"SECX-11", "JWT over HTTPS", []need{tokens(), tlsServer()}, tokensAreTaken},
		{"SECX-12", "JWT over RTSP", []need{tokens(), tlsServer(), service("tr2", "media2")}, tokensOverRTSP},
		{"SECX-13", "802.1X with a validation policy", []need{capability("tas/Dot1XCapabilities/MaximumNumberOfDot1XConfigurations"),
			capability("tas/Dot1XCapabilities/Dot1XMethods=EAP-TLS"), policies(), rsaKeys(), selfSigning(), release(2506)}, dot1xPolicy},
	}
}

// statusAs asks for something over HTTPS with a client's certificate and
// nothing else; 0 if there is no connection.
func (s *session) statusAs(address string, own *tls.Certificate, body string) int {
	s.Helper()
	status, _ := s.send(s.trusting(own), "https://"+address+devicePath, nil, body)
	return status
}

// send posts a request with headers of its own; the status is 0 if there is no
// connection.
func (s *session) send(client *http.Client, address string, header http.Header, body string) (int, http.Header) {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), http.MethodPost, address, strings.NewReader(cameratest.Envelope("", body)))
	if err != nil {
		s.Fatal(err)
	}
	if header != nil {
		req.Header = header
	}
	req.Header.Set("Content-Type", "application/soap+xml; charset=utf-8")
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close() //nolint:errcheck // it is read to its end
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		s.Error(err)
	}
	return resp.StatusCode, resp.Header
}

const (
	anybody = "<tds:GetDNS/>"   // READ_SYSTEM
	secrets = "<tds:GetUsers/>" // READ_SYSTEM_SECRET
)

func mapNames(on string) string { return tas("SetCnMapsToUser", tas("cnMapsToUser", on)) }

func commonNameIsUser(s *session) {
	s.refused("env:Receiver/ter:ActionNotSupported/ter:CnMapsToUserFailed", mapNames("true"))
	ca := s.authority("clients")
	address := s.demand(ca)
	s.do(mapNames("true"))
	s.finally(func() { s.do(mapNames("false")) })
	s.want("cnMapsToUser", s.do("<tas:GetCnMapsToUser/>").Text("./cnMapsToUser"), "true")
	for _, e := range []struct {
		name             string
		anybody, secrets int
	}{{"admin", 200, 200}, {"operator", 200, 403}, {"viewer", 200, 403}, {"nobody", 403, 403}} {
		own := s.own(ca, e.name)
		if one, two := s.statusAs(address, own, anybody), s.statusAs(address, own, secrets); one != e.anybody || two != e.secrets {
			s.Errorf("%s: %d and %d, want %d and %d", e.name, one, two, e.anybody, e.secrets)
		}
	}
	if status := s.statusAs(address, s.own(s.authority("strangers"), "admin"), anybody); status != 0 {
		s.Errorf("a stranger: %d, want no connection", status)
	}
}

func signing(operation, path string) string {
	return tas(operation+"MediaSigningCertificateAssignment", tas("CertificationPathID", path))
}

// signingPaths are those assigned, in order.
func (s *session) signingPaths() []string {
	s.Helper()
	return s.do("<tas:GetAssignedMediaSigningCertificates/>").Texts("./CertificationPathID")
}

// signStreams switches the signing of all streams on or off that are the opposite,
// and returns how many these are.
func (s *session) signStreams(on bool) (changed int) {
	s.Helper()
	for _, el := range s.do("<tr2:GetVideoEncoderConfigurations/>").Root.FindElements("./Configurations") {
		if now := el.SelectAttrValue("Signed", "false"); now == fmt.Sprint(on) {
			continue
		}
		changed++
		el.Tag = "Configuration"
		el.CreateAttr("Signed", fmt.Sprint(on))
		doc := etree.NewDocumentWithRoot(el.Copy())
		text, err := doc.WriteToString()
		if err != nil {
			s.Fatal(err)
		}
		s.do(element("tr2:SetVideoEncoderConfiguration", text))
	}
	return changed
}

// signingPathIsAssigned: before 26.06 a path stays while a stream is signed.
func signingPathIsAssigned(s *session) {
	factory := s.signingPaths()
	if s.signStreams(false) > 0 {
		s.finally(func() { s.signStreams(true) })
	}
	one, two := s.certifiedPath("one"), s.certifiedPath("two")
	s.finally(func() {
		for _, id := range s.signingPaths()[1:] {
			s.do(signing("Remove", id))
		}
	})
	for _, p := range []served{one, two} {
		s.do(signing("Add", p.path))
		if got := s.signingPaths(); !slices.Equal(got, []string{factory[0], p.path}) {
			s.Errorf("assigned %v, want %s and %s", got, factory[0], p.path)
		}
	}
	s.refused(argument+"/ter:OldCertificationPathID", signing("Remove", factory[0]))
	without, _ := s.uploaded(s.foreign("without key"))
	s.refused(argument+"/ter:NoPrivateKey", signing("Add", s.path("without key", without)))
	s.do(signing("Remove", two.path))
	if got := s.signingPaths(); !slices.Equal(got, factory) {
		s.Errorf("assigned %v, want %v", got, factory)
	}
}

func signingPathsAreListed(s *session) {
	paths := s.signingPaths()
	if n := len(paths); n < 1 || n > 2 {
		s.Fatalf("%d paths, want 1 or 2", n)
	}
	if !slices.Contains(s.allPaths(), paths[0]) {
		s.Error("the factory's path is not among all paths")
	}
}

func (s *session) serverData(name, kind, method, more string) string {
	return fmt.Sprintf(`<tas:%s Type="%s" ClientAuth="%s"><tas:ServerUri>https://as.example/</tas:ServerUri>%s</tas:%s>`, name, kind, method, more, name)
}

func authorizationServers(s *session) {
	methods := s.features.words("tas/AuthorizationServer/ClientAuthenticationMethodsSupported")
	kind := s.features.words("tas/AuthorizationServer/ConfigurationTypesSupported")[0]
	i := slices.IndexFunc(methods, func(m string) bool { return strings.HasPrefix(m, "client_secret") })
	if i < 0 {
		s.Fatalf("methods %v", methods)
	}
	credentials := tas("ClientID", "me") + tas("ClientSecret", "Correct-Horse")
	create := func(kind, method string) string {
		return tas("CreateAuthorizationServerConfiguration", s.serverData("Configuration", kind, method, credentials))
	}
	get := func(token string) string { return tas("GetAuthorizationServerConfigurations", tas("Token", token)) }
	remove := func(token string) string { return tas("DeleteAuthorizationServerConfiguration", tas("Token", token)) }
	s.refused(argument+"/ter:InvalidConfig", create(kind, "client_secret_guess"))
	s.refused(argument+"/ter:InvalidConfig", create("Guess", methods[i]))
	var made []string
	for len(made) < s.features.number("tas/AuthorizationServer/MaxConfigurations") {
		made = append(made, s.do(create(kind, methods[i])).Text("./Token"))
	}
	s.refused(action+"/ter:MaxAuthorizationServers", create(kind, methods[i]))
	s.refused(argument+"/ter:NoConfig", get("nothing"))
	s.do(tas("SetAuthorizationServerConfiguration", `<tas:Configuration token="`+made[0]+`">`+s.serverData("Data", kind, methods[i], tas("ClientID", "you"))+"</tas:Configuration>"))
	s.reboot()
	all := s.do("<tas:GetAuthorizationServerConfigurations/>")
	if n := len(all.Root.ChildElements()); n != len(made) || strings.Contains(string(all.Body), "ClientSecret") {
		s.Errorf("%d configurations, want %d without ClientSecret", n, len(made))
	}
	s.want("ClientID", s.do(get(made[0])).Text(".//ClientID"), "you")
	for _, token := range made {
		s.do(remove(token))
	}
	s.refused(argument+"/ter:NoConfig", get(made[0]))
}

// tokenSettings sends SetJWTConfiguration; keys and policies are elements.
func tokenSettings(audiences, issuers, more string) string {
	return tas("SetJWTConfiguration", tas("Configuration", tas("Audiences", audiences), issuers, more))
}

// restoreTokens puts the JWT configuration back after the case.
func (s *session) restoreTokens() {
	s.Helper()
	a := s.do("<tas:GetJWTConfiguration/>")
	var issuers, more string
	for _, text := range a.Texts(".//TrustedIssuers") {
		issuers += tas("TrustedIssuers", text)
	}
	for _, id := range a.Texts(".//KeyID") {
		more += tas("KeyID", id)
	}
	s.finally(func() { s.do(tokenSettings(a.Text(".//Audiences"), issuers, more)) })
}

func tokenConfiguration(s *session) {
	s.restoreTokens()
	anchor, key := s.uploaded(s.foreign("anchor"))
	issuers := tas("TrustedIssuers", "https://one.example/") + tas("TrustedIssuers", "https://two.example/")
	more := tas("KeyID", key)
	if s.features.number("tas/KeystoreCapabilities/MaximumNumberOfCertificationPathValidationPolicies") > 0 {
		more += tas("ValidationPolicy", s.policy("some policy", anchor))
	}
	more += tas("CustomClaims", tas("Name", "site"), tas("SupportedValues", "north south"))
	s.do(tokenSettings("one two", issuers, more))
	a := s.do("<tas:GetJWTConfiguration/>")
	for path, want := range map[string]string{
		".//Audiences": "one two", ".//TrustedIssuers": "https://one.example/ https://two.example/", ".//KeyID": key,
		".//CustomClaims/Name": "site", ".//SupportedValues": "north south",
	} {
		s.want(path, strings.Join(a.Texts(path), " "), want)
	}
	many := strings.TrimSpace(strings.Repeat("a ", 1000))
	s.refused(argument+"/ter:TooManyAudiences", tokenSettings(many, "", ""))
	s.refused(argument+"/ter:MaxIssuersExceeded", tokenSettings("a", strings.Repeat(tas("TrustedIssuers", "https://one.example/"), 100), ""))
	s.refused(argument+"/ter:KeyID", tokenSettings("a", "", tas("KeyID", "nothing")))
	s.refused(argument+"/ter:CertPathValidationPolicyID", tokenSettings("a", "", tas("ValidationPolicy", "nothing")))
	s.do(tokenSettings("a", "", "")) // nothing refers to the policy any more
}

// claims are those of a token that is taken, of an hour by the camera's clock.
func (s *session) claims(role string) mint.MapClaims {
	now := s.camera.Clock.Now()
	return mint.MapClaims{
		"iss": "tester", "sub": "someone", "aud": "site", "iat": now.Unix(),
		"nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(), "roles": []string{role},
	}
}

// token signs claims.
func (s *session) token(method mint.SigningMethod, key any, claims mint.MapClaims) string {
	s.Helper()
	text, err := mint.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		s.Fatal(err)
	}
	return text
}

// signer is the tester's key whose tokens the camera takes, and how it signs.
func (s *session) signer(name string) (crypto.Signer, mint.SigningMethod) {
	s.Helper()
	if name == "RSA" {
		return s.key("tokens"), mint.SigningMethodRS256
	}
	key, _, _ := s.eccPair("tokens")
	return key, mint.SigningMethodES256
}

// trust makes the camera take tokens that a key of the tester's signs; its
// public half comes in a certificate.
func (s *session) trust(name string) (crypto.Signer, mint.SigningMethod) {
	s.Helper()
	key, method := s.signer(name)
	_, id := s.uploaded(s.issue(s.authority("CA"), "tokens", key.Public(), 0))
	s.do(tokenSettings("site", "", tas("KeyID", id)))
	s.finally(func() { s.do(tokenSettings("site", "", "")) }) // so that the key can go
	return key, method
}

const administrator = "onvif:Administrator"

func tokensAreTaken(s *session) {
	s.restoreTokens()
	kinds := []string{"RSA"}
	if s.features.on("tas/KeystoreCapabilities/ECCKeyPairGeneration") {
		kinds = append(kinds, "ECC")
	}
	for _, kind := range kinds {
		key, method := s.trust(kind)
		if !s.takes(method.Alg()) {
			continue
		}
		s.tokensOf(key, method)
	}
}

// takes reports whether the camera takes tokens with an algorithm, which no
// capability names: ONVIF has one of RSA and one of elliptic curves.
func (s *session) takes(algorithm string) bool {
	return slices.Contains(s.camera.Profile.Auth.JWT.Algorithms, algorithm)
}

func (s *session) tokensOf(key crypto.Signer, method mint.SigningMethod) {
	s.Helper()
	secure := "https://" + s.camera.Addresses[device.HTTPS] + devicePath
	plain := "http://" + s.camera.Addresses[device.HTTP] + devicePath
	ask := func(address, token, body string) (int, string) {
		s.Helper()
		status, header := s.send(s.trusting(nil), address, http.Header{"Authorization": {"Bearer " + token}}, body)
		return status, strings.Join(header.Values("WWW-Authenticate"), "\n")
	}
	for role, want := range map[string]int{administrator: 200, "onvif:Operator": 403, "onvif:User": 403} {
		token := s.token(method, key, s.claims(role))
		if status, _ := ask(secure, token, anybody); status != http.StatusOK {
			s.Errorf("%s, %s: %d", method.Alg(), role, status)
		}
		if status, _ := ask(secure, token, secrets); status != want {
			s.Errorf("%s, %s asks for secrets: %d, want %d", method.Alg(), role, status, want)
		}
	}
	if status, _ := ask(plain, s.token(method, key, s.claims(administrator)), anybody); status != http.StatusUnauthorized {
		s.Errorf("%s over HTTP: %d", method.Alg(), status)
	}
	for name, token := range s.badTokens(key, method) {
		if status, challenge := ask(secure, token, anybody); status != http.StatusUnauthorized || !strings.Contains(challenge, `error="invalid_token"`) {
			s.Errorf("%s, %s: %d %s", method.Alg(), name, status, challenge)
		}
	}
}

// badTokens are tokens each of which lacks one thing.
func (s *session) badTokens(key crypto.Signer, method mint.SigningMethod) map[string]string {
	s.Helper()
	now := s.camera.Clock.Now()
	with := func(name string, value any) string {
		c := s.claims(administrator)
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return s.token(method, key, c)
	}
	other, otherMethod := s.signer("ECC")
	bad := map[string]string{
		"other audience":     with("aud", "elsewhere"),
		"expired":            with("exp", now.Add(-time.Hour).Unix()),
		"not yet":            with("nbf", now.Add(30*time.Minute).Unix()),
		"other key":          s.token(otherMethod, other, s.claims(administrator)),
		"no signature":       s.token(mint.SigningMethodNone, mint.UnsafeAllowNoneSignatureType, s.claims(administrator)),
		"symmetric":          s.token(mint.SigningMethodHS256, []byte("secret"), s.claims(administrator)),
		"no token":           "nonsense",
		"other key's header": with("aud", []string{}),
	}
	for _, name := range []string{"iss", "aud", "exp", "nbf", "roles"} {
		bad["no "+name] = with(name, nil)
	}
	return bad
}

func tokensOverRTSP(s *session) {
	s.restoreTokens()
	kind := "RSA"
	if !s.takes("RS256") {
		kind = "ECC"
	}
	key, method := s.trust(kind)
	token := s.token(method, key, s.claims(administrator))
	profile := ""
	for _, el := range s.do("<tr2:GetProfiles/>").Root.FindElements("./Profiles") {
		profile = el.SelectAttrValue("token", "")
	}
	uri := s.do(element("tr2:GetStreamUri", element("tr2:Protocol", "RTSP"), element("tr2:ProfileToken", profile))).Text("./Uri")
	at, err := url.Parse(uri)
	if err != nil {
		s.Fatal(err)
	}
	for name, open := range s.waysToRTSP(at.Path) {
		want := "401"
		if strings.HasSuffix(name, "S") { // TLS, HTTPS, RTSPS
			want = "200"
		}
		conn, err := open()
		if err != nil {
			s.Fatal(err)
		}
		if _, err := fmt.Fprintf(conn, "DESCRIBE %s RTSP/1.0\r\nCSeq: 1\r\nAuthorization: Bearer %s\r\n\r\n", at, token); err != nil {
			s.Fatal(err)
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "RTSP/1.0 "+want) {
			s.Errorf("%s: %q, %v, want %s", name, line, err, want)
		}
		conn.Close() //nolint:errcheck // it is over
	}
}

// waysToRTSP are the doors to a stream and the tunnels that the camera has; the
// names of those with TLS end in S.
func (s *session) waysToRTSP(path string) map[string]tunneltest.Dial {
	dial := func(name device.ProtocolName) tunneltest.Dial {
		return func() (net.Conn, error) {
			conn, err := net.Dial("tcp", s.camera.Addresses[name])
			if err == nil && (name == device.RTSPS || name == device.HTTPS) {
				conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the path is not what the case looks at
			}
			return conn, err
		}
	}
	ways := map[string]tunneltest.Dial{"RTSP": dial(device.RTSP), "RTSPS": dial(device.RTSPS)}
	if s.camera.Profile.RTSP.HTTPTunnel {
		ways["RTSP over HTTP"] = func() (net.Conn, error) { return tunneltest.OverHTTP(dial(device.HTTP), path) }
		ways["RTSP over HTTPS"] = func() (net.Conn, error) { return tunneltest.OverHTTP(dial(device.HTTPS), path) }
	}
	if s.camera.Profile.RTSP.WebSocket {
		ways["RTSP over WebSocket"] = func() (net.Conn, error) { return tunneltest.OverWebSocket(dial(device.HTTP)) }
		ways["RTSP over WebSocket and TLS"] = func() (net.Conn, error) { return tunneltest.OverWebSocket(dial(device.HTTPS)) }
	}
	return ways
}

func dot1xPolicy(s *session) {
	anchor, _ := s.uploaded(s.foreign("anchor"))
	policy, path := s.policy("some policy", anchor), s.selfSignedPath("supplicant")
	addition := func(policy string) string {
		return tas("AddDot1XConfiguration", tas("Dot1XConfiguration", tas("Dot1XID", "mine"), tas("Alias", "port"),
			`<tas:Outer Method="EAP-TLS" CertPathValidationPolicyID="`+policy+`">`+tas("Identity", "camera")+tas("CertificationPathID", path.path)+"</tas:Outer>"))
	}
	s.refused(argument+"/ter:CertPathValidationPolicyID", addition("nothing"))
	id := s.do(addition(policy)).Text("./Dot1XID")
	outer := s.do(tas("GetDot1XConfiguration", tas("Dot1XID", id))).Root.FindElement(".//Outer")
	s.want("CertPathValidationPolicyID", outer.SelectAttrValue("CertPathValidationPolicyID", ""), policy)
	s.refused(argument+"/ter:ReferenceExists", tas("DeleteCertPathValidationPolicy", tas("CertPathValidationPolicyID", policy)))
	s.do(tas("DeleteDot1XConfiguration", tas("Dot1XID", id)))
}
