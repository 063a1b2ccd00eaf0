package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/camfleet/camfleet/sim/api"
)

// States of a check.
const (
	stateOK   = "ok"
	stateWarn = "warn" // something will not work
	stateFail = "fail" // the fleet will not start
)

// doctorCommand looks at the machine with the flags a fleet would be started with.
type doctorCommand struct {
	fleetFlags `embed:""`
	JSON       bool `help:"Print a JSON list."`
}

// Run prints one line a check, and fails if a fleet would not start.
func (c *doctorCommand) Run(ctx context.Context, p *program) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	checks := c.examine(ctx, p, config)
	failed := 0
	for _, check := range checks {
		if check.State == stateFail {
			failed++
		}
	}
	if c.JSON {
		err = writeJSON(p.stdout, checks)
	} else {
		err = printChecks(p, checks)
	}
	if err == nil && failed > 0 {
		p.complain(fmt.Sprintf("%s; the lines marked fail say what to do", plural(failed, "check")+" failed"))
		return silent{exitFailed}
	}
	return err
}

func printChecks(p *program, checks []api.Check) error {
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, c := range checks {
		detail := c.Detail
		if c.Hint != "" {
			detail += "; " + c.Hint
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", c.State, c.Name, detail)
	}
	return table.Flush()
}

// examine makes all checks.
func (c *doctorCommand) examine(ctx context.Context, p *program, config api.Config) []api.Check {
	var net net.ListenConfig
	checks := []api.Check{
		checkTPM(ctx, p.lib),
		checkFiles(config.N),
		checkControl(ctx, net, config.Control),
	}
	if config.Addresses == "" {
		checks = append(checks, checkPorts(ctx, net, config))
	}
	checks = append(checks, checkLowPorts(ctx, net, config.Addresses != ""), checkDiscovery(ctx, net), checkMulticast())
	return append(checks, checkPrograms()...)
}

// checkTPM asks the library whether it can run TPMs.
func checkTPM(ctx context.Context, lib library) api.Check {
	if err := lib.TPMs(ctx); err != nil {
		return api.Check{Name: "TPM", State: stateFail, Detail: err.Error(),
			Hint: "build with cgo, gcc and libssl-dev (make up does), or use profiles with tpm: {backend: swtpm|device|none}"}
	}
	return api.Check{Name: "TPM", State: stateOK, Detail: "emulated TPMs run"}
}

// filesPer is about how many file descriptors a camera holds while nobody
// watches: four listeners, its TPM, and clients that come and go.
const filesPer = 8

// checkFiles compares the limit of open files with what the fleet needs.
func checkFiles(cameras int) api.Check {
	soft, hard, err := fileLimit()
	need := uint64(cameras)*filesPer + 128
	switch {
	case err != nil:
		return api.Check{Name: "open files", State: stateWarn, Detail: "the limit is unknown: " + err.Error()}
	case hard < need: // the Go runtime raises soft to hard
		return api.Check{Name: "open files", State: stateFail,
			Detail: fmt.Sprintf("%s need about %d, the limit is %d", plural(cameras, "camera"), need, hard),
			Hint:   fmt.Sprintf("raise it with \"ulimit -Hn %d\" as root, or start fewer", need)}
	}
	return api.Check{Name: "open files", State: stateOK, Detail: fmt.Sprintf("about %d of %d needed", need, max(soft, hard))}
}

// checkControl tries the control listener's address.
func checkControl(ctx context.Context, lc net.ListenConfig, addr string) api.Check {
	if err := tryTCP(ctx, lc, addr); err != nil {
		hint := "give another with --control, or port 0"
		if errors.Is(err, syscall.EADDRINUSE) {
			hint = "another fleet may be running there (camfleet ls); " + hint
		}
		return api.Check{Name: "control port", State: stateFail, Detail: addr + ": " + cause(err), Hint: hint}
	}
	return api.Check{Name: "control port", State: stateOK, Detail: addr + " is free"}
}

// checkPorts tries every port of the port blocks.
func checkPorts(ctx context.Context, lc net.ListenConfig, c api.Config) api.Check {
	if c.BasePort == 0 {
		return api.Check{Name: "camera ports", State: stateOK, Detail: "the system picks them"}
	}
	var taken []string
	var last error
	for camera := 1; camera <= c.N; camera++ {
		for offset := range 4 { // HTTP, HTTPS, RTSP, RTSPS
			port := strconv.Itoa(c.BasePort + api.PortsPer*camera + offset)
			if err := tryTCP(ctx, lc, net.JoinHostPort(c.Bind, port)); err != nil {
				taken, last = append(taken, port), err
			}
		}
	}
	if len(taken) == 0 {
		return api.Check{Name: "camera ports", State: stateOK, Detail: fmt.Sprintf("%d from %d on are free", 4*c.N, c.BasePort+api.PortsPer)}
	}
	some := taken
	if len(some) > 5 {
		some = append(some[:5:5], "…")
	}
	return api.Check{Name: "camera ports", State: stateFail,
		Detail: fmt.Sprintf("%d of %d cannot be used (%s): %s", len(taken), 4*c.N, strings.Join(some, ", "), cause(last)),
		Hint:   "give another --base-port, or 0"}
}

// checkLowPorts tries a port below 1024, which only --addresses and clients
// that move a camera's ports need.
func checkLowPorts(ctx context.Context, lc net.ListenConfig, wanted bool) api.Check {
	err := tryTCP(ctx, lc, "127.0.0.1:554")
	switch {
	case errors.Is(err, syscall.EACCES) && wanted:
		return api.Check{Name: "ports below 1024", State: stateWarn, Detail: "not allowed: cameras use 8080, 8443, 8554 and 8322",
			Hint: "setcap cap_net_bind_service+ep on the program to have 80, 443, 554 and 322"}
	case errors.Is(err, syscall.EACCES):
		return api.Check{Name: "ports below 1024", State: stateOK, Detail: "not allowed, and not needed without --addresses"}
	}
	return api.Check{Name: "ports below 1024", State: stateOK, Detail: "allowed"}
}

// checkDiscovery looks whether WS-Discovery's port can be had alone. Others may
// hold it as long as they share it.
func checkDiscovery(ctx context.Context, lc net.ListenConfig) api.Check {
	conn, err := lc.ListenPacket(ctx, "udp4", ":3702")
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return api.Check{Name: "discovery port", State: stateWarn, Detail: "UDP 3702 is held by another program",
			Hint: "if it does not share the port, clients will not discover the cameras"}
	case err != nil:
		return api.Check{Name: "discovery port", State: stateWarn, Detail: "UDP 3702: " + cause(err), Hint: "clients will not discover the cameras"}
	}
	if err := conn.Close(); err != nil {
		return api.Check{Name: "discovery port", State: stateWarn, Detail: "UDP 3702: " + cause(err)}
	}
	return api.Check{Name: "discovery port", State: stateOK, Detail: "UDP 3702 is free"}
}

// checkMulticast looks for an interface that takes multicast.
func checkMulticast() api.Check {
	all, err := net.Interfaces()
	if err != nil {
		return api.Check{Name: "multicast", State: stateWarn, Detail: err.Error()}
	}
	var names []string
	for _, i := range all {
		if i.Flags&net.FlagUp != 0 && i.Flags&net.FlagMulticast != 0 {
			names = append(names, i.Name)
		}
	}
	if len(names) == 0 {
		return api.Check{Name: "multicast", State: stateWarn, Detail: "no interface that is up takes multicast",
			Hint: "discovery reaches programs of this machine at most; \"ip link set lo multicast on\" helps those"}
	}
	return api.Check{Name: "multicast", State: stateOK, Detail: "on " + strings.Join(names, ", ")}
}

// checkPrograms looks for what one plays with and what `make test` needs.
func checkPrograms() []api.Check {
	var checks []api.Check
	for _, p := range []struct{ program, use, pkg string }{
		{"ffmpeg", "to play streams, and for the tests", "ffmpeg"},
		{"gst-launch-1.0", "for the tests", "gstreamer1.0-tools"},
		{"openssl", "for the tests", "openssl"},
		{"curl", "for the tests", "curl"},
		{"xmllint", "for the tests", "libxml2-utils"},
		{"python3", "for the tests", "python3-lxml"},
		{"node", "for the tests", "nodejs"},
		{"swtpm", "for profiles with tpm: {backend: swtpm}, and for the tests", "swtpm"},
	} {
		path, err := exec.LookPath(p.program)
		if err != nil {
			checks = append(checks, api.Check{Name: p.program, State: stateWarn, Detail: "not found; wanted " + p.use, Hint: "apt-get install " + p.pkg})
			continue
		}
		checks = append(checks, api.Check{Name: p.program, State: stateOK, Detail: path})
	}
	return checks
}

// tryTCP listens on an address for a moment.
func tryTCP(ctx context.Context, lc net.ListenConfig, addr string) error {
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return l.Close()
}

// cause is the system's word for a failure, without the addresses around it.
func cause(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}
