package e2e

import (
	"bytes"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/issuer"
	"github.com/camfleet/camfleet/sim/simtest"
)

// challengeForms are the challenges of the built-in profiles, without TLS. With
// TLS those that take tokens add one for Bearer (field quirks, challenge order).
func challengeForms() map[string][]string {
	md5, sha256 := `^Digest realm="[^"]+", nonce="[^"]+", qop="auth", algorithm=MD5, opaque="[^"]+"$`, `^Digest realm="[^"]+", nonce="[^"]+", qop="auth", algorithm=SHA-256, opaque="[^"]+"$`
	return map[string][]string{
		"flagship": {md5}, "legacy-18-12": {md5}, "tls-addon": {md5},
		"security-baseline": {sha256, md5},
	}
}

func TestWithoutCredentialsTheChallengesComeInTheOrderPlayersKnow(t *testing.T) {
	t.Parallel()
	forms := challengeForms()
	forEach(t, startShowcase(t), func(t *testing.T, _ int, cam *simtest.Cam) {
		w := newWeb(t, cam)
		for address, a := range map[string]answer{
			cam.Streams[0].RTSP:  describe(t, cam, cam.Streams[0].RTSP),
			cam.Streams[0].RTSPS: describe(t, cam, cam.Streams[0].RTSPS),
			cam.DeviceURL:        w.post(t, cam.DeviceURL, "", envelope("", getDeviceInformation)),
			cam.DeviceURLTLS:     w.post(t, cam.DeviceURLTLS, "", envelope("", getDeviceInformation)),
		} {
			want := forms[cam.Profile]
			if strings.HasPrefix(address, "https:") || strings.HasPrefix(address, "rtsps:") {
				if cam.Tokens {
					want = append(want[:len(want):len(want)], `^Bearer realm="[^"]+"$`)
				}
			}
			checkChallenges(t, address, a, want)
		}
	})
}

// checkChallenges wants a 401 with challenges of these forms.
func checkChallenges(t *testing.T, address string, a answer, forms []string) {
	t.Helper()
	got := a.challenges()
	if a.status != http.StatusUnauthorized || len(got) != len(forms) {
		t.Errorf("%s: status %d, challenges %q; want 401 and %d", address, a.status, got, len(forms))
		return
	}
	nonces := map[string]bool{}
	for i, form := range forms {
		if !regexp.MustCompile(form).MatchString(got[i]) {
			t.Errorf("%s: challenge %d is %q, want %s", address, i, got[i], form)
		}
		if nonce := regexp.MustCompile(`nonce="[^"]+"`).FindString(got[i]); nonce != "" {
			nonces[nonce] = true
		}
	}
	if len(nonces) != 1 {
		t.Errorf("%s: the challenges do not share one nonce: %q", address, got)
	}
}

// journal is a log that can be searched.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) has(text string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Contains(j.text.String(), text)
}

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// badTokens are tokens that no camera of the fleet takes, by what is wrong.
func badTokens(t testing.TB, cam *simtest.Cam) map[string]string {
	t.Helper()
	list := map[string]string{
		"of another fleet": simtest.Camera(t).Token("Administrator"),
		"garbage":          "bm90.YQ.dG9rZW4",
	}
	for _, bad := range issuer.Bads() {
		token, err := cam.Fleet.Mint(api.TokenRequest{Role: "Administrator", Bad: string(bad)})
		if err != nil {
			t.Fatal(err)
		}
		list[string(bad)] = token.Token
	}
	token, err := cam.Fleet.Mint(api.TokenRequest{Role: "Administrator", Audience: []string{"urn:somebody:else"}})
	if err != nil {
		t.Fatal(err)
	}
	list["foreign audience"] = token.Token
	return list
}

func TestBadTokensAreRefusedWithAReasonAndNeitherEchoedNorLogged(t *testing.T) {
	t.Parallel()
	log := &journal{}
	cam := simtest.Camera(t, simtest.Log(log.logger()))
	w := newWeb(t, cam)
	for name, token := range badTokens(t, cam) {
		wantStatus, wantError := http.StatusUnauthorized, `error="invalid_token"`
		if name == string(issuer.BadRole) { // a good token of somebody who may nothing
			wantStatus, wantError = http.StatusForbidden, `error="insufficient_scope"`
		}
		for door, a := range map[string]answer{
			"RTSPS":    describe(t, cam, cam.Streams[0].RTSPS, "Authorization: Bearer "+token),
			"SOAP":     w.post(t, cam.DeviceURLTLS, "Bearer "+token, envelope("", getDeviceInformation)),
			"snapshot": w.get(t, strings.Replace(cam.DeviceURLTLS, "/onvif/device_service", "/snapshot/main.jpg", 1), "Bearer "+token),
		} {
			told := strings.Contains(strings.Join(a.challenges(), "\n"), wantError)
			if a.status != wantStatus || !told {
				t.Errorf("%s, %s: status %d, %q; want %d and %s", door, name, a.status, a.challenges(), wantStatus, wantError)
			}
			checkSecret(t, door+", "+name, token, a, log)
		}
	}
}

func TestTokensOverPlainConnectionsAreRefusedAndNotEchoed(t *testing.T) {
	t.Parallel()
	log := &journal{}
	cam := simtest.Camera(t, simtest.Log(log.logger()))
	w := newWeb(t, cam)
	token := cam.Token("Administrator")
	for door, a := range map[string]answer{
		"RTSP":     describe(t, cam, cam.Streams[0].RTSP, "Authorization: Bearer "+token),
		"SOAP":     w.post(t, cam.DeviceURL, "Bearer "+token, envelope("", getDeviceInformation)),
		"snapshot": w.get(t, cam.Snapshot, "Bearer "+token),
	} {
		if a.status != http.StatusUnauthorized {
			t.Errorf("%s: status %d, want 401", door, a.status)
		}
		if strings.Contains(strings.Join(a.challenges(), "\n"), "Bearer") {
			t.Errorf("%s asks for a token: %q", door, a.challenges())
		}
		checkSecret(t, door, token, a, log)
	}
}

// checkSecret fails the test if a token, or what counts of it, came back or was
// written down.
func checkSecret(t *testing.T, what, token string, a answer, log *journal) {
	t.Helper()
	for _, part := range strings.Split(token, ".") {
		if len(part) < 8 {
			continue
		}
		whole := a.body
		for _, values := range a.header {
			whole += strings.Join(values, "\n")
		}
		if strings.Contains(whole, part) {
			t.Errorf("%s: the token came back", what)
		}
		if log.has(part) {
			t.Errorf("%s: the token is in the log", what)
		}
	}
}

func TestTokensOfTheControlAPIAreTaken(t *testing.T) {
	t.Parallel()
	cam := simtest.Camera(t)
	c, err := api.NewClient(cam.Fleet.Info().Control, "", &http.Client{Transport: &http.Transport{DisableKeepAlives: true}})
	if err != nil {
		t.Fatal(err)
	}
	token, err := c.Mint(t.Context(), api.TokenRequest{Role: "onvif:User"})
	if err != nil {
		t.Fatal(err)
	}
	if a := describe(t, cam, cam.Streams[0].RTSPS, "Authorization: Bearer "+token.Token); a.status != http.StatusOK {
		t.Errorf("status %d, %q", a.status, a.challenges())
	}
}
