package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The benchmarks look at a fleet in a process of its own, so that what the
// client does is not counted. `make bench` runs them; their figures depend on
// what else the machine does.

// usage is what processes have used so far.
type usage struct {
	cpu      time.Duration
	rss, pss int64 // bytes
}

// usage adds up what a fleet's program, its zygote and its TPMs have used.
func (r *running) usage(b testing.TB) usage {
	b.Helper()
	sum := usageOf(b, r.cmd.Process.Pid)
	for _, p := range r.processes {
		u := usageOf(b, p.pid)
		sum.cpu, sum.rss, sum.pss = sum.cpu+u.cpu, sum.rss+u.rss, sum.pss+u.pss
	}
	return sum
}

// usageOf reads /proc of one process.
func usageOf(b testing.TB, pid int) (u usage) {
	b.Helper()
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	rollup, err := os.ReadFile(filepath.Join(dir, "smaps_rollup"))
	if err != nil {
		b.Fatal(err)
	}
	for line := range bytes.Lines(rollup) {
		name, rest, _ := strings.Cut(string(line), ":")
		fields := strings.Fields(rest)
		if len(fields) != 2 || fields[1] != "kB" {
			continue
		}
		n, err := strconv.ParseInt(fields[0], 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		switch name {
		case "Rss":
			u.rss = n << 10
		case "Pss":
			u.pss = n << 10
		}
	}
	u.cpu = cpuOf(b, dir)
	return u
}

// cpuOf adds up the time of all threads, to the nanosecond.
func cpuOf(b testing.TB, dir string) (sum time.Duration) {
	b.Helper()
	tasks, err := filepath.Glob(filepath.Join(dir, "task", "*", "schedstat"))
	if err != nil || len(tasks) == 0 {
		b.Fatalf("no threads in %s: %v", dir, err)
	}
	for _, path := range tasks {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has just ended
		}
		first, _, _ := strings.Cut(string(stat), " ")
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(n)
	}
	return sum
}

// watchFor is how long an idle fleet is looked at.
const watchFor = 5 * time.Second

// manyAddresses has room for every number of cameras.
const manyAddresses = "127.240.0.0/16"

// BenchmarkFleet reports what fleets cost: the seconds from the program's start
// to ready, then resident and proportional memory of all its processes, and
// the CPU time they use while nobody asks for anything.
func BenchmarkFleet(b *testing.B) {
	for _, kind := range []struct{ name, profiles string }{
		{"flagship", "flagship"}, {"showcase", strings.Join(showcase(), ",")},
	} {
		for _, n := range []int{1, 10, 100, 1000} {
			b.Run(fmt.Sprintf("%s/%d", kind.name, n), func(b *testing.B) { benchmarkFleet(b, n, kind.profiles) })
		}
	}
}

func benchmarkFleet(b *testing.B, n int, profiles string) {
	theProgram.path(b)
	var took, idle time.Duration
	var memory usage
	for b.Loop() {
		began := time.Now()
		fleet := up(b, "-n", strconv.Itoa(n), "--profile", profiles, "--addresses", manyAddresses)
		took += time.Since(began)
		b.StopTimer()
		if memory == (usage{}) { // the first is looked at
			before := fleet.usage(b)
			<-time.NewTimer(watchFor).C
			memory = fleet.usage(b)
			idle = memory.cpu - before.cpu
		}
		fleet.end(b, syscall.SIGTERM)
		b.StartTimer()
	}
	const mega = 1 << 20
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(took.Seconds()/float64(b.N), "s/start")
	b.ReportMetric(float64(memory.rss)/mega, "MB-rss")
	b.ReportMetric(float64(memory.pss)/mega, "MB-pss")
	b.ReportMetric(100*idle.Seconds()/watchFor.Seconds(), "%cpu-idle")
}
