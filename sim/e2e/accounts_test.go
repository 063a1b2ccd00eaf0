package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/simtest"
)

// TestCurlLogsInAsTheProfileOffers: with one kind of login each, over HTTPS.
func TestCurlLogsInAsTheProfileOffers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		auth, flag string
		sent       string // in the request's Authorization header
	}{
		"MD5 before SHA-256": {"challenges: annex", "--digest", "algorithm=MD5,"},
		"SHA-256 first":      {"challenges: sha256", "--digest", "algorithm=SHA-256"},
		"MD5-sess":           {"digest: {algorithms: [MD5, MD5-sess]}", "--digest", "algorithm=MD5-sess"},
		"userhash":           {"challenges: sha256, digest: {user_hash: true}", "--digest", "userhash=true"},
		"Basic":              {"basic: true", "--basic", "Authorization: Basic "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cam := simtest.Camera(t, simtest.Profile(writeFile(t, "offers.yaml", "extends: flagship\nauth: {"+c.auth+"}\n")))
			for user, good := range map[string]bool{"viewer:" + cam.Password("viewer"): true, "viewer:wrong": false, "nobody:" + cam.Password("viewer"): false} {
				r := run(t, "", "curl", "-sS", "-v", "--insecure", c.flag, "--user", user, "--header", "Content-Type: application/soap+xml",
					"-d", envelope("", getDeviceInformation), cam.DeviceURLTLS)
				if strings.Contains(r.stdout, cam.Serial) != good || !strings.Contains(r.stderr, c.sent) {
					t.Errorf("%s: served %v, want %v with %s\n%s%s", user, !good, good, c.sent, r.stderr, r.stdout)
				}
			}
		})
	}
}

// guard is a user that a client makes, with a password nobody else has.
const (
	guardPassword = "Gate-3-ist-zu"
	createGuard   = `<CreateUsers xmlns="http://www.onvif.org/ver10/device/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"><User><tt:Username>guard</tt:Username><tt:Password>` +
		guardPassword + `</tt:Password><tt:UserLevel>Administrator</tt:UserLevel></User></CreateUsers>`
	listUsers = `<GetUsers xmlns="http://www.onvif.org/ver10/device/wsdl"/>`
)

// withPassword fails the test for each file below a directory that has a password.
func withPassword(t *testing.T, dir string, passwords ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		for _, p := range passwords {
			if strings.Contains(string(text), p) {
				t.Errorf("%s has a password", path)
			}
		}
		return err
	})
	if err != nil || files < 5 {
		t.Errorf("%d files, %v", files, err)
	}
}

// logsIn tries the accounts by Digest and by UsernameToken.
func logsIn(t *testing.T, cam *simtest.Cam, accounts map[string]string) {
	t.Helper()
	w := newWeb(t, cam)
	for user, password := range accounts {
		if a := w.post(t, cam.DeviceURL, "", envelope(usernameToken(user, password), listUsers)); !strings.Contains(a.body, "GetUsersResponse") {
			t.Errorf("%s by UsernameToken: %d %s", user, a.status, a.body)
		}
		r := run(t, "", "curl", "-sS", "--digest", "--user", user+":"+password, "-d", envelope("", listUsers), "--header", "Content-Type: application/soap+xml", cam.DeviceURL)
		if !strings.Contains(r.stdout, "GetUsersResponse") {
			t.Errorf("%s by Digest: %s", user, r.stdout)
		}
	}
}

// TestNoPasswordIsOnTheDisk, and all of them work after a restart; those that an
// older camfleet has left in clear are gone by then as well.
func TestNoPasswordIsOnTheDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const factory = "Factory-pass-1"
	profile := writeFile(t, "guarded.yaml", "extends: flagship\nusers: [{name: admin, password: "+factory+", level: Administrator}]\n")
	accounts := map[string]string{"admin": factory, "guard": guardPassword}
	cam := simtest.Camera(t, simtest.Profile(profile), simtest.State(dir))
	newWeb(t, cam).call(t, createGuard)
	withPassword(t, dir, factory, guardPassword)
	logsIn(t, cam, accounts)
	if err := cam.Fleet.Close(); err != nil {
		t.Fatal(err)
	}
	unseal(t, filepath.Join(dir, cam.Name), accounts)
	cam = simtest.Camera(t, simtest.Profile(profile), simtest.State(dir))
	withPassword(t, dir, factory, guardPassword)
	logsIn(t, cam, accounts)
	if err := cam.Fleet.Close(); err != nil {
		t.Fatal(err)
	}
	logsIn(t, simtest.Camera(t, simtest.Profile(profile), simtest.State(dir)), accounts)
}

// unseal makes a camera's accounts what they were in format 1.
func unseal(t *testing.T, dir string, passwords map[string]string) {
	t.Helper()
	type object = map[string]any
	edit := func(name string, change func(document, data object)) string {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var document object
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatal(err)
		}
		data := document["data"].(object)
		change(document, data)
		packed, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(packed)
		document["sha256"] = hex.EncodeToString(sum[:])
		if text, err = json.Marshal(document); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return hex.EncodeToString(sum[:])
	}
	sum := edit("users.json", func(document, data object) {
		if document["v"] != 2.0 {
			t.Errorf("format %v", document["v"])
		}
		document["v"] = 1
		delete(data, "realm")
		for _, u := range data["users"].([]any) {
			u := u.(object)
			delete(u, "secret")
			delete(u, "former")
			u["password"] = passwords[u["name"].(string)]
		}
	})
	edit("manifest.json", func(_, data object) { data["sections"].(object)["users"] = sum })
}

// TestRolesAndRemoteUserAreThereAfterARestart, and the password of the latter is
// nowhere on the disk.
func TestRolesAndRemoteUserAreThereAfterARestart(t *testing.T) {
	t.Parallel()
	const (
		space = `xmlns="http://www.onvif.org/ver10/device/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"`
		role  = "<SetUserRole " + space + "><UserRole><tt:Name>Guard</tt:Name><tt:Functions>tds:GetUsers tr2:GetSnapshotUri</tt:Functions></UserRole></SetUserRole>"
		user  = "<CreateUsers " + space + "><User><tt:Username>guard</tt:Username><tt:Password>" + guardPassword +
			"</tt:Password><tt:UserLevel>Extended</tt:UserLevel><tt:Extension><tt:Roles>Guard</tt:Roles></tt:Extension></User></CreateUsers>"
		remotePassword = "Recorder-7-offen"
		remote         = "<SetRemoteUser " + space + "><RemoteUser><tt:Username>recorder</tt:Username><tt:Password>" + remotePassword +
			"</tt:Password><tt:UseDerivedPassword>true</tt:UseDerivedPassword></RemoteUser></SetRemoteUser>"
	)
	dir := t.TempDir()
	profile := writeFile(t, "roles.yaml", "extends: flagship\nonvif: {release: '26.06'}\n")
	cam := simtest.Camera(t, simtest.Profile(profile), simtest.State(dir))
	w := newWeb(t, cam)
	for _, request := range []string{role, user, remote} {
		w.call(t, request)
	}
	for range 2 {
		withPassword(t, dir, guardPassword, remotePassword)
		logsIn(t, cam, map[string]string{"guard": guardPassword})
		guard := "guard:" + guardPassword
		if r := run(t, "", "curl", "-sS", "--fail", "--digest", "--user", guard, "--output", "/dev/null", cam.Snapshot); r.code != 0 {
			t.Errorf("no snapshot for the role: %s", r.stderr)
		}
		if r := run(t, "", "ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", login(cam.Streams[1].RTSP, "guard", guardPassword), "-frames:v", "1", "-f", "null", "-"); r.code == 0 {
			t.Error("the role plays, which is none of its functions")
		}
		a := newWeb(t, cam).call(t, "<GetRemoteUser "+space+"/>")
		if name := a.FindElement("./RemoteUser/Username"); name == nil || name.Text() != "recorder" || a.FindElement("./RemoteUser/Password") != nil {
			t.Errorf("the remote user: %v", name)
		}
		if err := cam.Fleet.Close(); err != nil {
			t.Fatal(err)
		}
		cam = simtest.Camera(t, simtest.Profile(profile), simtest.State(dir))
	}
}
