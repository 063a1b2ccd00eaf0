package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/api"
	"github.com/google/go-cmp/cmp"
)

func TestUpSaysWhatRunsAndHowToGetIn(t *testing.T) {
	t.Parallel()
	lib := &fakeLibrary{}
	got := try(t, lib, nil, "up", "-n", "2")
	want := `cam-0001  flagship  http://127.0.0.1:20010/onvif/device_service  rtsp://127.0.0.1:20012/main  rtsps://127.0.0.1:20013/main
cam-0002  flagship  http://127.0.0.1:20020/onvif/device_service  rtsp://127.0.0.1:20022/main  rtsps://127.0.0.1:20023/main
dashboard  http://127.0.0.1:8800/
accounts   admin (Administrator), viewer (User); password camfleet
try        ffplay -rtsp_transport tcp rtsp://viewer:camfleet@127.0.0.1:20012/main
           ffplay -rtsp_transport tcp -user_agent "$(printf 'ffplay\r\nAuthorization: Bearer %s' "$(camfleet token --role User)")" rtsps://127.0.0.1:20013/main
           curl -s --digest -u viewer:camfleet -o cam-0001.jpg http://127.0.0.1:20010/snapshot/main.jpg
ready: 2 cameras in 0.6 s
`
	if diff := cmp.Diff(result{0, want, ""}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if lib.closed != 1 {
		t.Errorf("the fleet was closed %d times", lib.closed)
	}
}

func TestUpWithJSONPrintsOneObject(t *testing.T) {
	t.Parallel()
	got := try(t, &fakeLibrary{}, nil, "up", "--json", "--log-level", "debug", "--log-format", "json")
	var info api.Fleet
	d := json.NewDecoder(strings.NewReader(got.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&info); err != nil || d.More() || got.code != 0 {
		t.Fatalf("%v, code %d: %q", err, got.code, got.stdout)
	}
	if diff := cmp.Diff(aFleet(4), info); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(got.stderr, `"camera":"cam-0001"`) {
		t.Errorf("no log line in JSON: %q", got.stderr)
	}
}

func TestNoArgumentStartsOneGoodCamera(t *testing.T) {
	t.Parallel()
	lib := &fakeLibrary{}
	got := try(t, lib, nil)
	if got.code != 0 || !strings.HasSuffix(got.stdout, "ready: 1 camera in 0.6 s\n") || lib.started[0].N != 1 {
		t.Errorf("%+v %+v", got, lib.started)
	}
}

func TestFlagWinsThenVariableThenFileThenDefault(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "fleet.yaml")
	write(t, file, `# a fleet
n: 7
profile: [flagship, ./my.yaml]
seed: 0x10
base-port: 30000
bind: "127.0.0.2"
`)
	lib := &fakeLibrary{}
	got := try(t, lib, map[string]string{"CAMFLEET_BASE_PORT": "40000", "CAMFLEET_BIND": "127.0.0.3", "CAMFLEET_FILE": file}, "up", "--bind", "127.0.0.4")
	if got.code != 0 {
		t.Fatalf("%+v", got)
	}
	seed := uint64(16)
	want := api.Config{
		N: 7, Profiles: []string{"flagship", "./my.yaml"}, Seed: &seed, // from the file
		BasePort: 40000,            // from the environment
		Bind:     "127.0.0.4",      // from the flag
		Control:  "127.0.0.1:8800", // the default
	}
	if diff := cmp.Diff(want, lib.started[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBadInputIsOneLineEach(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		write(t, path, text)
		return path
	}
	type env = map[string]string
	tests := []struct {
		name string
		args []string
		env  env
		code int
		want string // DIR stands for the directory
	}{
		{"unknown flag", []string{"up", "--foo"}, nil, 2, `unknown flag --foo; see "camfleet up --help"`},
		{"flag with a slip", []string{"up", "--bnd", "127.0.0.1"}, nil, 2, `unknown flag --bnd, did you mean one of "--n", "--bind"?; see "camfleet up --help"`},
		{"flag without a command", []string{"-n", "3"}, nil, 2, `-n stands where a command is wanted; write "camfleet up -n 3" or see "camfleet --help"`},
		{"unknown command", []string{"upp"}, nil, 2, `unexpected argument upp, did you mean one of "up", "ops"?; see "camfleet --help"`},
		{"surplus argument", []string{"ls", "cam-0001"}, nil, 2, `unexpected argument cam-0001; see "camfleet ls --help"`},
		{"missing argument", []string{"profile", "show"}, nil, 2, `expected "<name>"; see "camfleet profile --help"`},
		{"no camera", []string{"up", "-n", "0"}, nil, 2, `-n: 0 cameras cannot be started; give 1 or more`},
		{"fewer than none", []string{"up", "--n=-1"}, nil, 2, `-n: -1 cameras cannot be started; give 1 or more`},
		{"too many", []string{"up", "-n", "100000"}, nil, 2, `-n: 100000 cameras are too many for one process; give at most 10000`},
		{"no number", []string{"up", "-n", "four"}, nil, 2, `-n: "four" is no number of cameras; give 1 or more`},
		{"more than the ports hold", []string{"up", "-n", "5000"}, nil, 2,
			`--base-port: from port 20000 on there are not 10 ports for each of 5000 cameras; start at most 4552, give a lower --base-port, or let the system pick with --base-port 0`},
		{"no port", []string{"up", "--base-port", "65536"}, nil, 2, `--base-port: 65536 is no port; give 0 (the system picks) to 65535`},
		{"port is a word", []string{"up", "--base-port", "high"}, nil, 2, `--base-port: "high" is no port; give 0 (the system picks) to 65535`},
		{"no seed", []string{"up", "--seed", "abc"}, nil, 2, `--seed: "abc" is no seed; give a whole number from 0 to 18446744073709551615`},
		{"no network", []string{"up", "--addresses", "127.20.0.0"}, nil, 2, `--addresses: "127.20.0.0" is no network in CIDR notation; give one such as 127.20.0.0/16`},
		{"host bits", []string{"up", "--addresses", "127.20.0.1/16"}, nil, 2, `--addresses: 127.20.0.1/16 has bits set beyond its prefix; give 127.20.0.0/16`},
		{"small network", []string{"up", "--addresses", "127.20.0.0/30"}, nil, 2, `--addresses: 127.20.0.0/30 has 2 host addresses for 4 cameras; give one such as 127.20.0.0/16`},
		{"no address", []string{"up", "--bind", "eth0"}, nil, 2, `--bind: "eth0" is no IP address; give one such as 127.0.0.1 or 0.0.0.0`},
		{"control without port", []string{"up", "--control", "127.0.0.1"}, nil, 2,
			`--control: "127.0.0.1": host and port are wanted; give HOST:PORT such as 127.0.0.1:8800; port 0 lets the system pick`},
		{"log level", []string{"up", "--log-level", "loud"}, nil, 2,
			`--log-level must be one of "debug","info","warn","error" but got "loud"; see "camfleet up --help"`},
		{"variable", []string{"up"}, env{"CAMFLEET_N": "many"}, 2, `CAMFLEET_N (n): "many" is no number of cameras; give 1 or more`},
		{"variable out of range", []string{"up"}, env{"CAMFLEET_BASE_PORT": "70000"}, 2, `CAMFLEET_BASE_PORT (base-port): 70000 is no port; give 0 (the system picks) to 65535`},
		{"two mistakes", []string{"up", "--bind", "x", "--control", "y:1"}, nil, 2,
			`--bind: "x" is no IP address; give one such as 127.0.0.1 or 0.0.0.0
camfleet: --control: "y:1": "y" is no IP address; give HOST:PORT such as 127.0.0.1:8800; port 0 lets the system pick`},
		{"no file", []string{"up", "-f", filepath.Join(dir, "none.yaml")}, nil, 1, `fleet file: open DIR/none.yaml: no such file or directory`},
		{"directory as file", []string{"up", "-f", dir}, nil, 1, `fleet file: read DIR: is a directory`},
		{"file with unknown keys", []string{"up", "-f", file("keys.yaml", "n: 2\nporfile: flagship\nname: x\n")}, nil, 2,
			`DIR/keys.yaml:2:1: there is no key "porfile"; keys are n, profile, state, seed, bind, base-port, addresses, control, password, json, log-level, log-format
camfleet: DIR/keys.yaml:3:1: there is no key "name"; keys are n, profile, state, seed, bind, base-port, addresses, control, password, json, log-level, log-format`},
		{"file that names itself", []string{"up", "-f", file("self.yaml", "file: self.yaml\n")}, nil, 2,
			`DIR/self.yaml:1:1: there is no key "file"; keys are n, profile, state, seed, bind, base-port, addresses, control, password, json, log-level, log-format`},
		{"file with a bad value", []string{"up", "-f", file("value.yaml", "bind: 127.0.0.1\nn:  none\n")}, nil, 2,
			`DIR/value.yaml:2:5 (n): "none" is no number of cameras; give 1 or more`},
		{"file with a value out of range", []string{"up", "-f", file("range.yaml", "n: 0\n")}, nil, 2, `DIR/range.yaml:1:4 (n): 0 cameras cannot be started; give 1 or more`},
		{"file with a list", []string{"up", "-f", file("list.yaml", "n: [1, 2]\n")}, nil, 2, `DIR/list.yaml:1:5: key "n" takes one value, not a list; see "camfleet up --help"`},
		{"file with a mapping", []string{"up", "-f", file("map.yaml", "profile:\n  a: b\n")}, nil, 2, `DIR/map.yaml:2:4: key "profile" takes a text, a number, true or false; see "camfleet up --help"`},
		{"file twice the key", []string{"up", "-f", file("twice.yaml", "n: 1\nn: 2\n")}, nil, 2, `DIR/twice.yaml:2:1: mapping key "n" already defined at [1:1]; see "camfleet up --help"`},
		{"file is a list", []string{"up", "-f", file("seq.yaml", "- n: 1\n")}, nil, 2, `DIR/seq.yaml:1:1: keys such as "n: 4" are wanted here; see "camfleet up --help"`},
		{"file is no YAML", []string{"up", "-f", file("bad.yaml", "n: [1\nbind: x\n")}, nil, 2, `DIR/bad.yaml:2:1: ',' or ']' must be specified; see "camfleet up --help"`},
		{"unknown profile", []string{"profile", "show", "flagshp"}, nil, 2, `?profile show: no profile "flagshp": built in are `},
		{"profile without a file", []string{"profile", "validate", filepath.Join(dir, "none.yaml")}, nil, 1, `profile: open DIR/none.yaml: no such file or directory`},
		{"operations of no profile", []string{"ops", "--profile", "nope"}, nil, 2, `--profile: no profile "nope"; camfleet profile ls lists them`},
		{"no fleet", []string{"ls", "--control", "127.0.0.1:1"}, nil, 1,
			`no fleet answers at http://127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused; start one with "camfleet up" or name its --control`},
		{"no address of a fleet", []string{"ls"}, env{"CAMFLEET_CONTROL": "8800"}, 2, `CAMFLEET_CONTROL (control): "8800": host and port are wanted; give HOST:PORT such as 127.0.0.1:8800`},
		{"claim without a value", []string{"token", "--claim", "x"}, nil, 2, `--claim: "x" is no claim; give NAME=VALUE`},
		{"bad that is none", []string{"token", "--bad", "worse"}, nil, 2, `?--bad must be one of "expired",`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			lib := &fakeLibrary{}
			got := try(t, lib, tt.env, tt.args...)
			text := strings.ReplaceAll(got.stderr, dir, "DIR")
			want := "camfleet: " + tt.want + "\n"
			if prefix, ok := strings.CutPrefix(tt.want, "?"); ok && strings.HasPrefix(text, "camfleet: "+prefix) && strings.Count(text, "\n") == 1 {
				want = text
			}
			if diff := cmp.Diff(want, text); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.code != tt.code || got.stdout != "" || len(lib.started) != 0 {
				t.Errorf("code %d, want %d; stdout %q; %d fleets started", got.code, tt.code, got.stdout, len(lib.started))
			}
		})
	}
}

func TestWhatTheLibraryRefusesNamesItsSource(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  error
		code int
		want string
	}{
		{errBroken, 1, "camfleet: " + errBroken.Error() + "\n"},
		{fmt.Errorf("start: %w", &api.ConfigError{Field: "profile", Text: `no profile "x"`, Hint: "camfleet profile ls lists them"}), 2,
			"camfleet: CAMFLEET_PROFILE (profile): no profile \"x\"; camfleet profile ls lists them\n"},
		{errors.Join(errors.New("one"), errors.New("two")), 1, "camfleet: one\ncamfleet: two\n"},
		{&profiles.Errors{List: []*profiles.Error{{Position: profiles.Position{File: "a.yaml", Line: 2, Column: 1}, Message: "no", Excerpt: "  2 | foo\n    | ^"}}}, 1,
			"camfleet: a.yaml:2:1: no\n  2 | foo\n    | ^\n"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			got := try(t, &fakeLibrary{err: tt.err}, map[string]string{"CAMFLEET_PROFILE": "x"}, "up")
			if diff := cmp.Diff(result{tt.code, "", tt.want}, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFailureToStopIsAFailure(t *testing.T) {
	t.Parallel()
	got := try(t, &fakeLibrary{close: func() error { return errors.New("state: disk full") }}, nil, "up")
	if got.code != 1 || got.stderr != "camfleet: stopping: state: disk full\n" {
		t.Errorf("%+v", got)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
