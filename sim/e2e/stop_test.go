package e2e

import (
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtp"
)

// viewer plays a stream until the camera ends it.
func viewer(t testing.TB, address string) (ended <-chan error) {
	t.Helper()
	tcp := gortsplib.TransportTCP
	client := &gortsplib.Client{Transport: &tcp}
	u := parse(t, address)
	if err := client.Start(u.Scheme, u.Host); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	d, _, err := client.Describe(u)
	if err == nil {
		err = client.SetupAll(d.BaseURL, d.Medias)
	}
	if err != nil {
		t.Fatal(err)
	}
	first := make(chan struct{}, 1)
	client.OnPacketRTPAny(func(*description.Media, format.Format, *rtp.Packet) {
		select {
		case first <- struct{}{}:
		default:
		}
	})
	if _, err := client.Play(nil); err != nil {
		t.Fatal(err)
	}
	<-first
	done := make(chan error, 1)
	go func() { done <- client.Wait() }()
	return done
}

func TestCtrlCLeavesNoProcessPortOrFile(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fleet := up(t)
			ended := viewer(t, login(fleet.Cameras[0].Streams[0].RTSP, "viewer", "camfleet"))
			if code := fleet.end(t, signal); code != 0 {
				t.Errorf("exit code %d\n%s", code, fleet.stderr)
			}
			if err := <-ended; err == nil {
				t.Error("the viewer did not notice")
			}
			if fleet.stderr.Len() > 0 {
				t.Errorf("it says\n%s", fleet.stderr)
			}
			fleet.checkGone(t)
		})
	}
}

func TestTheSecondCtrlCEndsTheProgramAtOnce(t *testing.T) {
	t.Parallel()
	fleet := up(t, "-n", "1")
	if err := fleet.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	fleet.end(t, syscall.SIGINT) // whichever comes first, it ends
	fleet.checkGone(t)
}

func TestAKilledProgramLeavesNoProcessPortOrFile(t *testing.T) {
	t.Parallel()
	fleet := up(t)
	ended := viewer(t, login(fleet.Cameras[2].Streams[1].RTSP, "viewer", "camfleet"))
	if code := fleet.end(t, syscall.SIGKILL); code != -1 {
		t.Errorf("exit code %d", code)
	}
	<-ended
	fleet.checkGone(t)
}

func TestAFleetStoppedWhileItStartsLeavesNothing(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	cmd := command(t, temp, "up", "-n", "100", "--base-port", "0", "--control", network(t)+"250:0", "--log-level", "info")
	errs, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	said := readUntil(t, errs, "camera is running") // the first of a hundred
	below := descendants(t, cmd.Process.Pid)
	if len(below) < 2 {
		t.Errorf("%d processes, want the zygote and TPMs", len(below))
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(errs)
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
	if all := said + string(rest); !strings.Contains(all, "stopped before the fleet was ready") {
		t.Errorf("it says\n%s", tail(all))
	}
	for _, p := range below {
		p.awaitEnd(t)
	}
	checkEmpty(t, temp)
}

// readUntil reads until a text has come.
func readUntil(t testing.TB, r io.Reader, text string) string {
	t.Helper()
	var all []byte
	buffer := make([]byte, 4096)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		n, err := r.Read(buffer)
		all = append(all, buffer[:n]...)
		if strings.Contains(string(all), text) {
			return string(all)
		}
		if err != nil {
			break
		}
	}
	t.Fatalf("%q does not come:\n%s", text, all)
	return ""
}

// descendants are the children of a process, their children and so on.
func descendants(t testing.TB, pid int) (list []process) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	parents := map[int]int{}
	for _, dir := range dirs {
		if n, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			parents[n], _ = readParent(n) // none, if it has ended meanwhile
		}
	}
	for n := range parents {
		for p := parents[n]; p != 0; p = parents[p] {
			if p == pid {
				list = append(list, watch(t, n))
				break
			}
		}
	}
	return list
}
