// Command camfleet runs fleets of virtual ONVIF cameras and talks to them.
//
// Its files: cli.go the command line, settings.go and fleetfile.go where flags
// get their values from, up.go and describe.go the running fleet, remote.go the
// commands that talk to one, catalog.go and doctor.go those that need none.
package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/api"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	p := &program{
		name: os.Args[0], stdout: os.Stdout, stderr: os.Stderr, terminal: isTerminal(os.Stderr),
		getenv: os.Getenv, lib: simulator{},
	}
	os.Exit(p.run(ctx, os.Args[1:]))
}

// isTerminal reports whether a file is one a person looks at.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// simulator is package sim as the commands use it.
type simulator struct{}

// Start starts a fleet.
func (simulator) Start(ctx context.Context, s start) (fleet, error) {
	f, err := sim.Start(ctx, sim.Config{Config: s.Config, Log: s.Log, Progress: s.Progress})
	if err != nil {
		return nil, err // not f: a nil *sim.Fleet is no nil fleet
	}
	return f, nil
}

// Operations lists the ONVIF operations.
func (simulator) Operations(profile string) ([]api.Operation, error) { return sim.Operations(profile) }

// Verify judges a recording or a live stream.
func (simulator) Verify(ctx context.Context, c sim.VerifyConfig) (api.Verification, error) {
	return sim.Verify(ctx, c)
}

// TPMs tries the emulated TPMs.
func (simulator) TPMs(ctx context.Context) error {
	return sim.TPMs(ctx, slog.New(slog.DiscardHandler))
}
