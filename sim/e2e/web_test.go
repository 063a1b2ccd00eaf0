package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"html"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/simtest"
)

// browser is a browser as far as forms and cookies go.
type browser struct{ client *http.Client }

func newBrowser(t testing.TB, cam *simtest.Cam) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: cam.TLS()}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{&http.Client{Transport: transport, Jar: jar, Timeout: patience}}
}

// page is what a browser shows in the end.
type page struct {
	status int
	at     *url.URL
	body   string
}

func (b *browser) open(t testing.TB, address string) page {
	t.Helper()
	answer, err := b.client.Get(address) //nolint:noctx // it has a time limit
	return showPage(t, answer, err)
}

func (b *browser) send(t testing.TB, address string, form url.Values) page {
	t.Helper()
	answer, err := b.client.PostForm(address, form) //nolint:noctx // it has a time limit
	return showPage(t, answer, err)
}

func showPage(t testing.TB, answer *http.Response, err error) page {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{answer.StatusCode, answer.Request.URL, string(body)}
}

// link is the first link of a page to somewhere.
func (p page) link(t testing.TB, to string) string {
	t.Helper()
	found := regexp.MustCompile(`href="([^"]*` + regexp.QuoteMeta(to) + `[^"]*)"`).FindStringSubmatch(p.body)
	if found == nil {
		t.Fatalf("no link to %s in\n%s", to, p.body)
	}
	u, err := p.at.Parse(html.UnescapeString(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return u.String()
}

// login fills in the issuer's form.
func (p page) login(t testing.TB, b *browser, user, password string) page {
	t.Helper()
	form := url.Values{"username": {user}, "password": {password}}
	for _, m := range regexp.MustCompile(`type="hidden" name="(\w+)" value="([^"]*)"`).FindAllStringSubmatch(p.body, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	action := regexp.MustCompile(`<form method="post" action="(\w+)">`).FindStringSubmatch(p.body)
	if action == nil {
		t.Fatalf("no form to fill in: %s", p.body)
	}
	to, err := p.at.Parse(action[1])
	if err != nil {
		t.Fatal(err)
	}
	return b.send(t, to.String(), form)
}

// trustIssuer has the camera take the issuer's users: it becomes a client of
// it, in the way that a private key of its own gives it.
func trustIssuer(t testing.TB, cam *simtest.Cam, kind string) {
	t.Helper()
	o, info := newOfficer(t, cam.Camera, nil), cam.Fleet.Info()
	web := strings.TrimSuffix(cam.DeviceURLTLS, "/onvif/device_service")
	client := registerAt(t, info.Issuer, map[string]any{
		"token_endpoint_auth_method": "client_secret_basic", "redirect_uris": []string{web + "/signin/callback"},
		"audience": []string{"urn:uuid:" + cam.UUID},
	})
	block, _ := pem.Decode([]byte(info.CA))
	anchor := text(o.must(t, "UploadCertificate", element("Certificate", base64.StdEncoding.EncodeToString(block.Bytes))), "CertificateID")
	o.must(t, "CreateAuthorizationServerConfiguration", `<Configuration Type="`+kind+`" ClientAuth="client_secret_basic">`,
		element("ServerUri", info.Issuer), element("ClientID", client.ID), element("ClientSecret", client.Secret),
		element("CertPathValidationPolicyID", o.policy(t, anchor, false)), "</Configuration>")
}

func TestPeopleSignInToTheCamerasPageAtTheIssuer(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"OIDC2AuthorizationCode", "OAuthAuthorizationCode"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			cam := simtest.Camera(t, simtest.Profile("flagship"))
			web := strings.TrimSuffix(cam.DeviceURLTLS, "/onvif/device_service")
			b := newBrowser(t, cam)
			if p := b.open(t, web+"/"); !strings.Contains(p.body, "Nobody can sign in") || !strings.Contains(p.body, cam.Serial) {
				t.Errorf("before: %s", p.body)
			}
			trustIssuer(t, cam, kind)
			if p := b.open(t, strings.TrimSuffix(cam.DeviceURL, "/onvif/device_service")+"/"); !strings.Contains(p.body, "needs HTTPS") {
				t.Errorf("without TLS: %s", p.body)
			}
			form := b.open(t, b.open(t, web+"/").link(t, "/signin?server="))
			if form.at.Path != "/issuer/authorize" {
				t.Fatalf("%v: %s", form.at, form.body)
			}
			if p := form.login(t, b, "viewer", "wrong"); p.status != http.StatusForbidden {
				t.Errorf("wrong password: %d", p.status)
			}
			p := form.login(t, b, "viewer", "camfleet")
			if p.at.String() != web+"/" || !strings.Contains(p.body, "<strong>viewer</strong> (User)") {
				t.Fatalf("%v: %d %s", p.at, p.status, p.body)
			}
			picture := b.open(t, web+"/picture/main.jpg")
			if _, err := jpeg.Decode(bytes.NewReader([]byte(picture.body))); err != nil || picture.status != http.StatusOK {
				t.Errorf("picture: %d, %v", picture.status, err)
			}
			for path, status := range map[string]int{"/picture/none.jpg": 404, "/picture/main": 404, "/none": 404, "/signin?server=none": 404} {
				if p := b.open(t, web+path); p.status != status {
					t.Errorf("%s: %d", path, p.status)
				}
			}
			stranger := newBrowser(t, cam)
			if p := stranger.open(t, web+"/picture/main.jpg"); p.status != http.StatusForbidden {
				t.Errorf("a stranger's picture: %d", p.status)
			}
			if p := stranger.open(t, web+"/signin/callback?code=x&state=y"); p.status != http.StatusForbidden || !strings.Contains(p.body, "another browser") {
				t.Errorf("a stranger's way back: %d %s", p.status, p.body)
			}
			if p := b.send(t, web+"/signout", nil); strings.Contains(p.body, "Signed in") {
				t.Errorf("signed out: %s", p.body)
			}
			if p := b.open(t, web+"/picture/main.jpg"); p.status != http.StatusForbidden {
				t.Errorf("a picture after the end: %d", p.status)
			}
		})
	}
}
