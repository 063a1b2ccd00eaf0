package e2e

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/simtest"
	"golang.org/x/sys/unix"
)

// kill sends SIGKILL to a process and waits until it is gone.
func kill(t testing.TB, pid int) {
	t.Helper()
	p := watch(t, pid)
	if err := unix.Kill(pid, unix.SIGKILL); err != nil {
		t.Fatalf("kill process %d: %v", pid, err)
	}
	p.awaitEnd(t)
}

// process is a process that is somebody else's child.
type process struct{ pid, fd int }

// watch begins to watch a process.
func watch(t testing.TB, pid int) process {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatalf("process %d: %v", pid, err)
	}
	t.Cleanup(func() { unix.Close(fd) }) //nolint:errcheck // only watched
	return process{pid, fd}
}

// awaitEnd waits until the process has ended.
func (p process) awaitEnd(t testing.TB) {
	t.Helper()
	poll := []unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}} //nolint:gosec // a file descriptor
	for {
		n, err := unix.Poll(poll, int(patience.Milliseconds()))
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil || n == 0:
			t.Fatalf("process %d does not end: %v", p.pid, err)
		}
		return
	}
}

// parentOf is the parent of a process.
func parentOf(t testing.TB, pid int) int {
	t.Helper()
	parent, err := readParent(pid)
	if err != nil {
		t.Fatal(err)
	}
	return parent
}

// readParent reads "pid (name) state parent …"; the name may hold anything.
func readParent(pid int) (int, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])[1]))
}

// shake does a TLS handshake, which needs the camera's TPM, and returns the
// certificate's public key.
func shake(cam *simtest.Cam) (key crypto.PublicKey, err error) {
	for _, address := range doors(cam.Camera) {
		conn, err := tls.Dial("tcp", address, cam.TLS())
		if err != nil {
			return nil, fmt.Errorf("handshake with %s at %s: %w", cam.Name, address, err)
		}
		key = conn.ConnectionState().PeerCertificates[0].PublicKey
		if err := conn.Close(); err != nil {
			return nil, err
		}
	}
	return key, nil
}

// keys are the TLS keys of all cameras, as their handshakes prove.
func keys(t testing.TB, fleet *sim.Fleet) []crypto.PublicKey {
	t.Helper()
	var list []crypto.PublicKey
	for _, c := range fleet.Cameras() {
		key, err := shake(simtest.Of(t, fleet, c.Name))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, key)
	}
	return list
}

func TestAKilledTPMCostsItsCameraOneRestartAndOthersNothing(t *testing.T) {
	t.Parallel()
	log := &journal{}
	fleet := startShowcase(t, simtest.Log(log.logger()))
	born := keys(t, fleet)
	before := fleet.Cameras()
	for i, victim := range before {
		kill(t, victim.TPM.PID)
		if _, err := shake(simtest.Of(t, fleet, victim.Name)); err != nil {
			t.Errorf("after the death of %s's TPM: %v", victim.Profile, err)
		}
		for j, c := range fleet.Cameras() {
			want := 0
			if j <= i {
				want = 1
			}
			if c.TPM.Restarts != want {
				t.Errorf("after %d deaths %s counts %d restarts, want %d", i+1, c.Name, c.TPM.Restarts, want)
			}
			if c.TPM.PID == 0 || (c.TPM.PID == before[j].TPM.PID) != (want == 0) {
				t.Errorf("after %d deaths the TPM of %s is process %d, it was %d", i+1, c.Name, c.TPM.PID, before[j].TPM.PID)
			}
			if c.TPM.EK != before[j].TPM.EK {
				t.Errorf("%s has another endorsement key", c.Name)
			}
		}
	}
	checkKeys(t, born, keys(t, fleet))
	if !log.has("the TPM died and is started again") {
		t.Error("the log does not say what happened")
	}
}

// checkKeys fails the test unless the keys are the same, one by one.
func checkKeys(t testing.TB, before, after []crypto.PublicKey) {
	t.Helper()
	for i := range before {
		key, ok := before[i].(interface{ Equal(crypto.PublicKey) bool })
		if !ok || !key.Equal(after[i]) {
			t.Errorf("camera %d has another TLS key", i+1)
		}
	}
}

func TestAKilledZygoteCostsNoCameraItsKeys(t *testing.T) {
	t.Parallel()
	fleet := startShowcase(t)
	born := keys(t, fleet)
	zygote := parentOf(t, fleet.Cameras()[0].TPM.PID)
	name, err := os.ReadFile("/proc/" + strconv.Itoa(zygote) + "/comm")
	if err != nil || zygote == os.Getpid() {
		t.Fatalf("the TPMs are children of %q (%d), not of a zygote: %v", strings.TrimSpace(string(name)), zygote, err)
	}
	kill(t, zygote)
	checkKeys(t, born, keys(t, fleet))
	for _, c := range fleet.Cameras() { // and it is replaced when somebody needs it
		kill(t, c.TPM.PID)
	}
	checkKeys(t, born, keys(t, fleet))
}
