package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/camfleet/camfleet/sim/api"
)

// Exit codes of the program.
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2
)

// program is one run of camfleet: where it reads and writes, and what it
// starts. Nothing in it is global, so that tests run many at once.
type program struct {
	name           string // as the user typed it, for commands to copy
	stdout, stderr io.Writer
	terminal       bool // stderr is a terminal
	getenv         func(string) string
	lib            library
}

// commands is the command line. Flags with a setting tag can also be given as
// CAMFLEET_… ("any") or, for a fleet, also in fleet.yaml ("fleet").
type commands struct {
	Up          upCommand          `cmd:"" help:"Start a fleet and keep it running until Ctrl-C."`
	Ls          lsCommand          `cmd:"" help:"List the cameras of the running fleet."`
	Token       tokenCommand       `cmd:"" help:"Make an access token (JWT) with the running fleet's issuer."`
	CA          caCommand          `cmd:"" name:"ca" help:"Print the certificates of the running fleet (PEM)."`
	Verify      verifyCommand      `cmd:"" help:"Check the media signatures of a recording or a live stream."`
	Fault       faultCommand       `cmd:"" help:"Have cameras of the running fleet do something wrong."`
	Camera      cameraCommand      `cmd:"" help:"Have a camera of the running fleet do something."`
	Profile     profileCommand     `cmd:"" help:"List, show and check camera profiles."`
	Ops         opsCommand         `cmd:"" help:"List every ONVIF operation and whether it is simulated."`
	Doctor      doctorCommand      `cmd:"" help:"Say what on this machine is missing or will bite."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
	Healthcheck healthcheckCommand `cmd:"" hidden:"" help:"Exit 0 if the fleet is ready (for containers)."`
}

// usage is a wrong command line, environment or fleet.yaml: exit code 2.
type usage struct{ err error }

func (u *usage) Error() string { return u.err.Error() }
func (u *usage) Unwrap() error { return u.err }

// silent is a failure whose lines have been printed already.
type silent struct{ code int }

func (s silent) Error() string { return fmt.Sprintf("exit code %d", s.code) }

// exited carries kong's exit out of its parser; run recovers it.
type exited int

// run runs one command line and returns the exit code.
func (p *program) run(ctx context.Context, args []string) (code int) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(exited)
			if !ok {
				panic(r)
			}
			code = int(e)
		}
	}()
	bare := len(args) == 0
	switch {
	case bare:
		args = []string{"up"}
	case len(args) == 1 && args[0] == "--version":
		args = []string{"version"}
	}
	s := &settings{getenv: p.getenv, sources: map[string]string{}}
	if bare {
		s.defaults = map[string]string{"n": "1"} // one good camera
	}
	if strings.HasPrefix(args[0], "-") && args[0] != "-h" && args[0] != "--help" {
		p.complain(fmt.Sprintf("%s stands where a command is wanted; write \"camfleet up %s\" or see \"camfleet --help\"", args[0], strings.Join(args, " ")))
		return exitUsage
	}
	var c commands
	kctx, err := p.parse(&c, s, args)
	if path := first(c.Up.File, c.Doctor.File); err == nil && path != "" {
		if s.file, err = readFleetFile(path); err == nil {
			c = commands{}
			kctx, err = p.parse(&c, s, args)
		}
	}
	if err == nil {
		kctx.BindTo(ctx, (*context.Context)(nil))
		err = kctx.Run(p, s)
	}
	return p.report(err, s, args)
}

// parse reads the command line, completed from the settings.
func (p *program) parse(c *commands, s *settings, args []string) (*kong.Context, error) {
	parser, err := kong.New(c,
		kong.Name("camfleet"),
		kong.Description("Virtual ONVIF cameras that discover, log in, stream and keep their keys in a TPM.\n\n"+
			"Without a command it starts one camera. Every flag of up is also a CAMFLEET_… variable and a key of fleet.yaml (-f); the flag wins, then the variable, then the file."),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110, NoExpandSubcommands: true}),
		kong.Resolvers(s),
	)
	if err != nil {
		return nil, err
	}
	kctx, err := parser.Parse(args)
	var failed *kong.ParseError
	if errors.As(err, &failed) {
		return nil, &usage{err}
	}
	return kctx, err
}

// report prints what went wrong, a line a mistake, and returns the exit code.
func (p *program) report(err error, s *settings, args []string) int {
	if err == nil {
		return exitFine
	}
	var quiet silent
	if errors.As(err, &quiet) {
		return quiet.code
	}
	code := exitFailed
	var wrong *usage
	var bad *api.ConfigError
	if errors.As(err, &wrong) || errors.As(err, &bad) && !bad.Machine {
		code = exitUsage
	}
	for _, one := range flatten(err) {
		text := s.sentence(one)
		if code == exitUsage && !strings.Contains(text, "; ") {
			text += "; see \"" + helpFor(args) + "\""
		}
		p.complain(text)
	}
	return code
}

// complain prints one line on standard error.
func (p *program) complain(text string) {
	fmt.Fprintf(p.stderr, "camfleet: %s\n", text)
}

// flatten takes joined errors apart.
func flatten(err error) []error {
	if inner := errors.Unwrap(err); inner != nil && inner.Error() == err.Error() {
		return flatten(inner)
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || !isList(err, joined.Unwrap()) {
		return []error{err}
	}
	var all []error
	for _, one := range joined.Unwrap() {
		all = append(all, flatten(one)...)
	}
	return all
}

// isList tells errors.Join from fmt.Errorf with several %w, whose text says more
// than its parts.
func isList(err error, parts []error) bool {
	texts := make([]string, len(parts))
	for i, e := range parts {
		texts[i] = e.Error()
	}
	return err.Error() == strings.Join(texts, "\n")
}

// helpFor names the help of the command that was given.
func helpFor(args []string) string {
	for _, a := range args {
		switch a {
		case "up", "ls", "token", "ca", "verify", "fault", "camera", "profile", "ops", "doctor", "version":
			return "camfleet " + a + " --help"
		}
	}
	return "camfleet --help"
}
