package main

import (
	"encoding/json"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
)

// examineWith runs doctor and returns its checks by name.
func examineWith(t *testing.T, lib *fakeLibrary, args ...string) (result, map[string]api.Check) {
	t.Helper()
	got := try(t, lib, nil, append([]string{"doctor", "--json"}, args...)...)
	var list []api.Check
	if err := json.Unmarshal([]byte(got.stdout), &list); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	byName := map[string]api.Check{}
	for _, c := range list {
		if c.Detail == "" || c.State != stateOK && c.State != stateWarn && c.State != stateFail || c.State == stateFail && c.Hint == "" {
			t.Errorf("%+v", c)
		}
		byName[c.Name] = c
	}
	return got, byName
}

func TestDoctorPassesWhereTheSystemPicksPorts(t *testing.T) {
	t.Parallel()
	got, checks := examineWith(t, &fakeLibrary{}, "--base-port", "0", "--control", "127.0.0.1:0")
	if got.code != 0 {
		t.Errorf("%+v", got)
	}
	for _, name := range []string{"TPM", "open files", "control port", "camera ports", "ports below 1024", "discovery port", "multicast", "ffmpeg"} {
		if _, ok := checks[name]; !ok {
			t.Errorf("no check of %s", name)
		}
	}
}

func TestDoctorNamesPortsThatAreTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	got, checks := examineWith(t, &fakeLibrary{}, "-n", "1", "--control", l.Addr().String(), "--base-port", strconv.Itoa(port-api.PortsPer-2))
	if got.code != 1 || checks["control port"].State != stateFail || checks["camera ports"].State != stateFail {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(checks["camera ports"].Detail, strconv.Itoa(port)) || !strings.Contains(checks["camera ports"].Detail, "address already in use") {
		t.Errorf("%+v", checks["camera ports"])
	}
}

func TestDoctorFailsWithoutATPM(t *testing.T) {
	t.Parallel()
	got, checks := examineWith(t, &fakeLibrary{tpm: errors.New("TPMs need cgo")}, "--base-port", "0", "--control", "127.0.0.1:0")
	if got.code != 1 || checks["TPM"].State != stateFail || checks["TPM"].Detail != "TPMs need cgo" ||
		!strings.HasSuffix(got.stderr, "1 check failed; the lines marked fail say what to do\n") {
		t.Errorf("%+v", got)
	}
}

func TestDoctorCountsFiles(t *testing.T) {
	t.Parallel()
	_, hard, err := fileLimit()
	if err != nil {
		t.Fatal(err)
	}
	if c := checkFiles(1); c.State != stateOK {
		t.Errorf("%+v", c)
	}
	if over := int(min(hard, 1<<40))/filesPer + 1; hard < 1<<40 {
		if c := checkFiles(over); c.State != stateFail {
			t.Errorf("%d cameras with %d files: %+v", over, hard, c)
		}
	}
}

func TestDoctorPrintsATable(t *testing.T) {
	t.Parallel()
	got := try(t, &fakeLibrary{}, nil, "doctor", "--base-port", "0", "--control", "127.0.0.1:0")
	if got.code != 0 || strings.Join(strings.Fields(strings.SplitN(got.stdout, "\n", 2)[0]), " ") != "ok TPM emulated TPMs run" {
		t.Errorf("%+v", got)
	}
}
