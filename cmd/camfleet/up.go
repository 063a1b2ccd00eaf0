package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/lmittmann/tint"
)

// stopTime is how long a fleet may take to stop before it is left alone: what
// is still open then ends with the process.
const stopTime = 2 * time.Second

// fleetFlags say what fleet to start; up starts it, doctor looks whether it could.
type fleetFlags struct {
	N         number   `name:"n" short:"n" default:"4" placeholder:"N" setting:"fleet" help:"How many cameras (default ${default})."`
	Profile   []string `placeholder:"A" setting:"fleet" help:"Profiles by name or file, dealt out in turn (default: one of each built-in one)."`
	File      string   `short:"f" placeholder:"FLEET.YAML" setting:"fleet" help:"Read flags from a file."`
	State     string   `placeholder:"DIR" setting:"fleet" help:"Keep the cameras' state here (default: all is new at each start)."`
	Seed      *seed    `placeholder:"N" setting:"fleet" help:"Make the run repeatable; keys are then no secret."`
	Bind      string   `default:"127.0.0.1" placeholder:"IP" setting:"fleet" help:"Address of the cameras (default ${default})."`
	BasePort  port     `default:"20000" placeholder:"PORT" setting:"fleet" help:"Camera k has the ports from this one + 10*k on; 0: the system picks (default ${default})."`
	Addresses string   `placeholder:"CIDR" setting:"fleet" help:"A camera an address instead of a port block, such as 127.20.0.0/16."`
	Control   string   `default:"127.0.0.1:8800" placeholder:"HOST:PORT" setting:"fleet" help:"Control API and dashboard; port 0: the system picks (default ${default})."`
	Password  string   `placeholder:"TEXT" setting:"fleet" help:"Instead of the demo password of the built-in profiles."`
}

// config is the flags as the library takes them, checked.
func (f *fleetFlags) config() (api.Config, error) {
	c := api.Config{
		N: int(f.N), Profiles: f.Profile, State: f.State, Seed: (*uint64)(f.Seed), Bind: f.Bind,
		BasePort: int(f.BasePort), Addresses: f.Addresses, Control: f.Control, Password: f.Password,
	}
	err := c.Validate()
	if c.N == 0 { // which the library takes for its default
		err = errors.Join(&api.ConfigError{Field: "n", Text: "0 cameras cannot be started", Hint: "give 1 or more"}, err)
	}
	return c, err
}

// number is a count of cameras.
type number int

// UnmarshalText reads a whole number.
func (n *number) UnmarshalText(text []byte) error {
	i, err := strconv.Atoi(string(text))
	if err != nil {
		return fmt.Errorf("%q is no number of cameras; give 1 or more", text)
	}
	*n = number(i)
	return nil
}

// port is a TCP port.
type port int

// UnmarshalText reads a whole number; api.Config.Validate knows its range.
func (p *port) UnmarshalText(text []byte) error {
	i, err := strconv.Atoi(string(text))
	if err != nil {
		return fmt.Errorf("%q is no port; give 0 (the system picks) to 65535", text)
	}
	*p = port(i)
	return nil
}

// seed is the master seed of a run.
type seed uint64

// UnmarshalText reads a whole number, decimal or 0x….
func (s *seed) UnmarshalText(text []byte) error {
	u, err := strconv.ParseUint(string(text), 0, 64)
	if err != nil {
		return fmt.Errorf("%q is no seed; give a whole number from 0 to 18446744073709551615", text)
	}
	*s = seed(u)
	return nil
}

type upCommand struct {
	fleetFlags `embed:""`
	JSON       bool   `setting:"fleet" help:"Print one JSON object when ready and nothing else."`
	LogLevel   string `enum:"debug,info,warn,error" default:"warn" placeholder:"LEVEL" setting:"fleet" help:"Least important log lines to print: debug, info, warn or error (default ${default})."`
	LogFormat  string `enum:"text,json" default:"text" placeholder:"text|json" setting:"fleet" help:"How log lines look (default ${default})."`
}

// Run starts a fleet, says so, and keeps it until ctx ends.
func (c *upCommand) Run(ctx context.Context, p *program) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	bar := newProgress(p.stderr, p.terminal)
	running, err := p.lib.Start(ctx, start{Config: config, Log: c.logger(p), Progress: bar.show})
	bar.clear()
	if err != nil {
		if ctx.Err() != nil {
			return errors.New("stopped before the fleet was ready")
		}
		return err
	}
	info := running.Info()
	if c.JSON {
		err = writeJSON(p.stdout, info)
	} else {
		err = p.describe(info)
	}
	if err == nil {
		<-ctx.Done()
	}
	return errors.Join(err, stop(running))
}

// stop closes a fleet in good time.
func stop(f fleet) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- f.Close() }()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("stopping: %w", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the fleet did not stop within %v; what was left ended with the process", stopTime)
	}
}

// logger writes to standard error, for people or for machines.
func (c *upCommand) logger(p *program) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelWarn // the parser lets only known words through
	}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(p.stderr, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(tint.NewTextHandler(p.stderr, &tint.Options{Level: level, TimeFormat: "15:04:05.000", NoColor: !p.terminal}))
}

// writeJSON prints one value on one line, for programs and people alike.
func writeJSON(w interface{ Write([]byte) (int, error) }, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
