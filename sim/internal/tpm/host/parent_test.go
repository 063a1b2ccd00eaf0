//go:build cgo && linux

package host_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/tpm/host"
)

// beParent starts TPMs, prints the IDs of all processes and waits to be killed.
func beParent() {
	var pids []int
	for _, separate := range []bool{false, true} {
		h, err := host.Start(context.Background(), host.Config{Separate: separate})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		for range 3 {
			p, err := h.Launch(context.Background(), host.Boot{})
			if err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
			pids = append(pids, p.PID())
		}
	}
	for _, pid := range pids {
		fmt.Println(pid)
	}
	fmt.Println("ready")
	select {}
}

func TestProcessesEndWithTheirParent(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(cmd.Environ(), helperVariable+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pids []int
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "ready" {
		pid, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Fatal(lines.Text())
		}
		pids = append(pids, pid)
	}
	if len(pids) != 6 {
		t.Fatalf("processes %v", pids)
	}
	pids = append(pids, parent(t, pids[0]))
	for _, pid := range pids {
		if !alive(pid) {
			t.Errorf("process %d is not there", pid)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the parent ended well")
	}
	for _, pid := range pids {
		eventually(t, fmt.Sprintf("process %d is gone", pid), func() bool { return !alive(pid) })
	}
}
