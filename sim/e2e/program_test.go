package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
)

// built is the camfleet program, built when the first test needs it.
type built struct {
	once sync.Once
	dir  string
	err  error
}

// theProgram is built once for all tests of a run; TestMain removes it.
var theProgram built

// path builds the program if need be and returns where it is.
func (b *built) path(t testing.TB) string {
	t.Helper()
	b.once.Do(func() {
		if b.dir, b.err = os.MkdirTemp("", "camfleet-e2e-"); b.err != nil {
			return
		}
		args := append([]string{"build", "-o", b.dir}, buildFlags()...)
		if out, err := exec.Command("go", append(args, "../../cmd/camfleet")...).CombinedOutput(); err != nil {
			b.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	if b.err != nil {
		t.Fatalf("build camfleet: %v", b.err)
	}
	return filepath.Join(b.dir, "camfleet")
}

func (b *built) remove() {
	if b.dir != "" {
		os.RemoveAll(b.dir) //nolint:errcheck // it is in the system's temporary directory
	}
}

// command is a run of the program that finds nothing of the test's environment
// but what it needs, and puts temporary files into temp.
func command(t testing.TB, temp string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), theProgram.path(t), args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + temp, "TMPDIR=" + temp}
	return cmd
}

// camfleet runs the program to its end.
func camfleet(t testing.TB, args ...string) result {
	t.Helper()
	cmd := command(t, t.TempDir(), args...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{out.String(), said.String(), cmd.ProcessState.ExitCode()}
}

// networks are loopback networks that tests have to themselves, so that a port
// that is open there is the test's own.
type networks struct {
	mu sync.Mutex
	of map[string]int // by the name of the test
}

// theNetworks are given out to the tests of a run.
var theNetworks = networks{of: map[string]int{}}

// network is the network of a test, without its last octet.
func network(t testing.TB) string {
	theNetworks.mu.Lock()
	defer theNetworks.mu.Unlock()
	n, ok := theNetworks.of[t.Name()]
	if !ok {
		n = len(theNetworks.of)
		theNetworks.of[t.Name()] = n
	}
	if n > 255 {
		t.Fatal("more tests want a network than there are")
	}
	return fmt.Sprintf("127.%d.%d.", 32+os.Getpid()%200, n)
}

// running is a fleet in a process of its own.
type running struct {
	api.Fleet
	cmd       *exec.Cmd
	temp      string // where its temporary files are
	control   string // HOST:PORT
	stderr    *bytes.Buffer
	stdout    *bufio.Reader
	rest      string    // of its standard output, after the line that it is ready
	processes []process // its TPMs and what they stand on
}

// up starts `camfleet up` in a network of its own and returns when it is ready.
func up(t testing.TB, args ...string) *running {
	t.Helper()
	r := &running{temp: t.TempDir(), stderr: &bytes.Buffer{}, control: network(t) + "250:8800"}
	r.cmd = command(t, r.temp, append([]string{"up", "--json", "--addresses", network(t) + "0/24", "--control", r.control}, args...)...)
	r.cmd.Stderr = r.stderr
	out, err := r.cmd.StdoutPipe()
	if err == nil {
		err = r.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.end(t, syscall.SIGKILL) })
	r.stdout = bufio.NewReader(out)
	line, err := r.stdout.ReadString('\n')
	if err != nil {
		r.end(t, syscall.SIGKILL)
		t.Fatalf("camfleet up: %v\n%s", err, r.stderr)
	}
	if err := json.Unmarshal([]byte(line), &r.Fleet); err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	for _, c := range r.Cameras {
		if c.TPM.PID != 0 { // else it has none
			r.processes = append(r.processes, watch(t, c.TPM.PID))
		}
	}
	if pid := r.Cameras[0].TPM.PID; pid != 0 {
		r.processes = append(r.processes, watch(t, parentOf(t, pid)))
	}
	return r
}

// end sends a signal, unless the program has ended, and returns its exit code
// once it has; -1: the signal ended it.
func (r *running) end(t testing.TB, s syscall.Signal) int {
	t.Helper()
	if r.cmd.ProcessState == nil {
		if err := r.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		rest, err := io.ReadAll(r.stdout)
		if err != nil {
			t.Fatal(err)
		}
		r.rest = string(rest)
		var exit *exec.ExitError
		if err := r.cmd.Wait(); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
	}
	return r.cmd.ProcessState.ExitCode()
}

// addresses are where the fleet listens.
func (r *running) addresses() []string {
	list := []string{r.control}
	for _, c := range r.Cameras {
		for _, port := range []int{c.Ports.HTTP, c.Ports.HTTPS, c.Ports.RTSP, c.Ports.RTSPS} {
			list = append(list, net.JoinHostPort(c.Address, strconv.Itoa(port)))
		}
	}
	return list
}

// checkGone fails the test if anything of an ended fleet is still there.
func (r *running) checkGone(t testing.TB) {
	t.Helper()
	for _, p := range r.processes {
		p.awaitEnd(t)
	}
	for _, address := range r.addresses() {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s is still open: %v", address, err)
		}
	}
	checkEmpty(t, r.temp)
}

// checkEmpty fails the test if a folder has anything in it.
func checkEmpty(t testing.TB, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if len(names) > 0 {
		t.Errorf("left behind in %s: %s", dir, strings.Join(names, ", "))
	}
}
