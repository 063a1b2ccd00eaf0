package main

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
)

func TestBigFleetTellsItsProgress(t *testing.T) {
	t.Parallel()
	plain := try(t, &fakeLibrary{}, nil, "up", "-n", "200")
	if want := strings.Count(plain.stderr, "\n"); want != 10 || !strings.HasPrefix(plain.stderr, "starting: 20 of 200 cameras\n") {
		t.Errorf("%q", plain.stderr)
	}
	if few := try(t, &fakeLibrary{}, nil, "up", "-n", "4"); few.stderr != "" {
		t.Errorf("a small fleet says %q", few.stderr)
	}
	var b bytes.Buffer
	bar := newProgress(&b, true)
	bar.show(199, 200)
	bar.clear()
	if b.String() != "\r\x1b[Kstarting: 199 of 200 cameras\r\x1b[K" {
		t.Errorf("%q", b.String())
	}
}

func TestFleetBeyondLoopbackPrintsItsToken(t *testing.T) {
	t.Parallel()
	lib := &fakeLibrary{info: func(api.Config) api.Fleet {
		f := aFleet(1)
		f.Control, f.ControlToken = "http://0.0.0.0:8800", "t0ken"
		f.Notes = []string{"TPMs need cgo"}
		f.Cameras[0].Streams[0].RTSP = "rtsp://0.0.0.0:20012/main"
		return f
	}}
	got := try(t, lib, nil, "up", "-n", "1", "--bind", "0.0.0.0", "--control", "0.0.0.0:8800", "--password", "it's mine")
	for _, line := range []string{
		"note       TPMs need cgo\n",
		"token      t0ken (for the control API and the dashboard)\n",
		"dashboard  http://0.0.0.0:8800/#token=t0ken\n",
		"rtsp://viewer:camfleet@127.0.0.1:20012/main\n",
		`"$(camfleet token --role User --control 127.0.0.1:8800 --control-token t0ken)"`,
	} {
		if !strings.Contains(got.stdout, line) {
			t.Errorf("no %q in\n%s", line, got.stdout)
		}
	}
}

func TestAccountsAreSummedUp(t *testing.T) {
	t.Parallel()
	cam := func(accounts ...api.Account) api.Camera { return api.Camera{Accounts: accounts} }
	admin := api.Account{User: "admin", Password: "a", Level: "Administrator"}
	user := api.Account{User: "u", Password: "b", Level: "User"}
	tests := []struct {
		cameras []api.Camera
		want    string
	}{
		{nil, "none"},
		{[]api.Camera{cam(admin), cam(admin)}, "admin (Administrator); password a"},
		{[]api.Camera{cam(admin, user)}, "admin / a (Administrator), u / b (User)"},
		{[]api.Camera{cam(admin, user), cam(admin)}, "admin (Administrator); password a; some cameras have others: see ls --json"},
		{[]api.Camera{cam(user), cam(admin)}, "none that all cameras share; some cameras have others: see ls --json"},
	}
	for _, tt := range tests {
		if got := accounts(tt.cameras); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestCommandsToCopySurviveTheShell(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{
		"plain-1.jpg": "plain-1.jpg", "": "''", "it's": `'it'\''s'`, "a b": "'a b'", "$(x)": "'$(x)'", "a&b": "'a&b'", "~": "'~'", "*": "'*'", "é": "'é'",
	} {
		if got := shell(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
		if out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+shell(word)).Output(); err != nil || string(out) != word {
			t.Errorf("%q: the shell reads %q (%v)", word, out, err)
		}
	}
	if got := withUser("rtsp://h:1/m", api.Account{User: "a b", Password: "p@:/'"}); got != "rtsp://a%20b:p%40%3A%2F%27@h:1/m" {
		t.Error(got)
	}
}

func TestCamerasWithoutTokensGetNoTokenCommand(t *testing.T) {
	t.Parallel()
	f := aFleet(2)
	f.Cameras[0].Tokens = false
	p := &program{name: "bin/camfleet"}
	lines := p.suggestions(f)
	if len(lines) != 3 || !strings.Contains(lines[1], "rtsps://127.0.0.1:20023/main") || !strings.Contains(lines[1], "$(bin/camfleet token") {
		t.Errorf("%q", lines)
	}
	f.Cameras = f.Cameras[:1]
	if lines := p.suggestions(f); len(lines) != 2 {
		t.Errorf("%q", lines)
	}
}

func TestUpThatIsStoppedWhileStartingSaysSo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	p := &program{stdout: &out, stderr: &errs, getenv: func(string) string { return "" }, lib: &fakeLibrary{}}
	if code := p.run(ctx, []string{"up"}); code != 1 || out.Len() != 0 || errs.String() != "camfleet: stopped before the fleet was ready\n" {
		t.Errorf("%d %q %q", code, &out, &errs)
	}
}
