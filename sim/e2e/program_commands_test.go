package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/google/go-cmp/cmp"
)

func TestUpPrintsOneObjectThatTheOtherCommandsAgreeWith(t *testing.T) {
	t.Parallel()
	fleet := up(t)
	var list []api.Camera
	if err := json.Unmarshal([]byte(camfleet(t, "ls", "--json", "--control", fleet.control).want(t, "ls").stdout), &list); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fleet.Cameras, list); diff != "" {
		t.Errorf("ls lists others than up (-up +ls):\n%s", diff)
	}
	table := camfleet(t, "ls", "--control", fleet.control).want(t, "ls").stdout
	for _, c := range fleet.Cameras {
		if !regexp.MustCompile(`(?m)^` + c.Name + ` +` + c.Profile + ` +running +` + regexp.QuoteMeta(c.DeviceURL) + ` `).MatchString(table) {
			t.Errorf("%s is not in\n%s", c.Name, table)
		}
	}
	if ca := camfleet(t, "ca", "--control", fleet.control).want(t, "ca").stdout; ca != fleet.CA {
		t.Errorf("ca prints\n%s\nwant\n%s", ca, fleet.CA)
	}
	if ca := camfleet(t, "ca", "--signing", "--control", fleet.control).want(t, "ca").stdout; ca != fleet.Cameras[0].SigningCA {
		t.Errorf("ca --signing prints\n%s", ca)
	}
	chain := camfleet(t, "ca", "--chain", "cam-0003", "--control", fleet.control).want(t, "ca").stdout
	file := writeFile(t, "chain.pem", chain)
	run(t, "", "openssl", "verify", "-CAfile", writeFile(t, "ca.pem", fleet.CA), "-untrusted", file, file).want(t, "openssl verify")
	for path, want := range map[string]string{"/healthz": "", "/readyz": `"ready":true`} {
		if body := fetch(t, fleet.Control+path); !strings.Contains(body, want) {
			t.Errorf("%s: %s", path, body)
		}
	}
	if code := fleet.end(t, syscall.SIGINT); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if fleet.rest != "" {
		t.Errorf("up prints more than one object: %s", fleet.rest)
	}
	if r := camfleet(t, "ls", "--control", fleet.control); r.code != 1 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "no fleet answers") {
		t.Errorf("ls without a fleet: exit code %d\n%s", r.code, r.stderr)
	}
}

// fetch gets an address of the control API.
func fetch(t testing.TB, address string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	resp, err := client.Get(address) //nolint:noctx // the client has a timeout
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v\n%s", address, resp.Status, err, body)
	}
	return string(body)
}

func TestTokensOfTheCommandPlayAndBadOnesDoNot(t *testing.T) {
	t.Parallel()
	fleet := up(t, "-n", "1")
	mint := func(args ...string) string {
		r := camfleet(t, append([]string{"token", "--control", fleet.control}, args...)...).want(t, "token")
		return strings.TrimSpace(r.stdout)
	}
	s := fleet.Cameras[0].Streams[1]
	for _, role := range []string{"User", "onvif:Operator", "onvif:Administrator"} {
		ffmpeg(t, s.RTSPS, s, bearer(mint("--role", role))...).checkAll(t, 1, 1, s)
	}
	for _, how := range []string{"expired", "alg-none"} { // all are tried in access_test.go
		refused(t, ffmpegRun(t, s.RTSPS, bearer(mint("--bad", how))...))
	}
	if r := ffmpegRun(t, s.RTSPS, bearer(mint("--bad", "role"))...); r.code == 0 || !strings.Contains(r.stderr, "403 Forbidden") {
		t.Errorf("a token without a role: exit code %d\n%s", r.code, r.stderr)
	}
	refused(t, ffmpegRun(t, s.RTSPS, bearer(mint("--aud", "urn:somebody:else"))...))
}
