package main

import (
	"context"
	"log/slog"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/api"
)

// library is what the commands need of package sim.
type library interface {
	// Start returns once all cameras are up.
	Start(ctx context.Context, s start) (fleet, error)
	// Operations lists every ONVIF operation; a profile's name adds what it has switched off.
	Operations(profile string) ([]api.Operation, error)
	// Verify judges a recording or a live stream.
	Verify(ctx context.Context, c sim.VerifyConfig) (api.Verification, error)
	// TPMs says why cameras of this build on this machine have no TPM; nil: they have.
	TPMs(ctx context.Context) error
}

// start says what to start and who is told.
type start struct {
	Config   api.Config
	Log      *slog.Logger
	Progress func(done, total int) // called by one goroutine at a time
}

// fleet is a running fleet.
type fleet interface {
	Info() api.Fleet
	Close() error
}
