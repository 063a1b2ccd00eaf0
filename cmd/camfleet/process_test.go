package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
)

// asProgram tells the test binary to be the program itself.
const asProgram = "CAMFLEET_TEST_AS_PROGRAM"

// camfleet makes a command that runs the real program with a temporary
// directory of its own.
func camfleet(ctx context.Context, t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "TMPDIR="+dir)
	return cmd
}

// running is a fleet in a process of its own.
type running struct {
	cmd    *exec.Cmd
	info   api.Fleet
	rest   *bufio.Reader
	stderr bytes.Buffer
}

func startProgram(ctx context.Context, t *testing.T, dir string, args ...string) *running {
	t.Helper()
	r := &running{cmd: camfleet(ctx, t, dir, append([]string{"up", "--json", "--base-port", "0", "--control", "127.0.0.1:0"}, args...)...)}
	r.cmd.Stderr = &r.stderr
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.rest = bufio.NewReader(out)
	line, err := r.rest.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &r.info)
	}
	if err != nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
		t.Fatalf("%v; standard error:\n%s", err, &r.stderr)
	}
	return r
}

// wait takes what is left of standard output and the exit code.
func (r *running) wait(t *testing.T) (rest string, code int) {
	t.Helper()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.rest); err != nil {
		t.Error(err)
	}
	var exit *exec.ExitError
	if err := r.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Error(err)
	}
	return b.String(), r.cmd.ProcessState.ExitCode()
}

// TestStoppedProgramLeavesNothing starts the real program, talks to it with its
// own commands, stops it and looks for what is left.
func TestStoppedProgramLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]os.Signal{"SIGINT": os.Interrupt, "SIGTERM": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			r := startProgram(t.Context(), t, dir, "-n", "2")
			talk(t, dir, r.info)
			if err := r.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			rest, code := r.wait(t)
			if rest != "" || code != 0 {
				t.Errorf("code %d, more output %q, standard error:\n%s", code, rest, &r.stderr)
			}
			nothingLeft(t, dir, r.info)
		})
	}
}

// talk runs the commands that talk to a fleet.
func talk(t *testing.T, dir string, f api.Fleet) {
	t.Helper()
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"ls"}, f.Cameras[1].DeviceURL},
		{[]string{"token", "--role", "Operator"}, "."},
		{[]string{"ca"}, f.CA},
		{[]string{"ca", "--chain", f.Cameras[0].Name}, "-----BEGIN CERTIFICATE-----"},
		{[]string{"healthcheck"}, "ready: 2 cameras\n"},
	} {
		cmd := camfleet(t.Context(), t, dir, append(tt.args, "--control", f.Control)...)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), tt.want) {
			t.Errorf("%v: %v: %s", tt.args, err, out)
		}
	}
}

// nothingLeft looks for listeners, processes and files of a fleet that is gone.
func nothingLeft(t *testing.T, dir string, f api.Fleet) {
	t.Helper()
	addresses := []string{strings.TrimPrefix(f.Control, "http://")}
	for _, c := range f.Cameras {
		for _, port := range []int{c.Ports.HTTP, c.Ports.HTTPS, c.Ports.RTSP, c.Ports.RTSPS} {
			addresses = append(addresses, net.JoinHostPort(c.Address, strconv.Itoa(port)))
		}
		if c.TPM.PID == 0 {
			t.Errorf("%s has no TPM process", c.Name)
		} else if err := syscall.Kill(c.TPM.PID, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("the TPM process %d of %s: %v", c.TPM.PID, c.Name, err)
		}
	}
	for _, a := range addresses {
		if c, err := net.Dial("tcp", a); err == nil {
			c.Close()
			t.Errorf("%s still answers", a)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("in the temporary directory: %v %v", left, err)
	}
}

// TestStateDirectoryBelongsToOneProgram starts a second fleet on a directory in use.
func TestStateDirectoryBelongsToOneProgram(t *testing.T) {
	t.Parallel()
	dir, state := t.TempDir(), t.TempDir()
	first := startProgram(t.Context(), t, dir, "-n", "1", "--state", state)
	second := camfleet(t.Context(), t, dir, "up", "-n", "1", "--base-port", "0", "--control", "127.0.0.1:0", "--state", state)
	out, err := second.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || strings.Count(string(out), "\n") != 1 || !strings.Contains(string(out), state) {
		t.Errorf("%v: %s", err, out)
	}
	if err := first.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _, code := first.wait(t); code != 0 {
		t.Errorf("code %d: %s", code, &first.stderr)
	}
	again := startProgram(t.Context(), t, dir, "-n", "1", "--state", state)
	if again.info.CA != first.info.CA || again.info.Cameras[0].Serial != first.info.Cameras[0].Serial || again.info.Cameras[0].TPM.EK != first.info.Cameras[0].TPM.EK {
		t.Error("another fleet came out of the directory")
	}
	if err := again.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _, code := again.wait(t); code != 0 {
		t.Errorf("code %d: %s", code, &again.stderr)
	}
}

// TestTakenPortIsOneLine starts the program on a control port that is taken.
func TestTakenPortIsOneLine(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	out, err := camfleet(t.Context(), t, dir, "up", "-n", "1", "--base-port", "0", "--control", l.Addr().String()).CombinedOutput()
	if err == nil || strings.Count(string(out), "\n") != 1 || !strings.Contains(string(out), "camfleet: --control: "+l.Addr().String()) {
		t.Errorf("%v: %s", err, out)
	}
}
