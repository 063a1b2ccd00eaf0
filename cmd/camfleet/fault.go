package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/camfleet/camfleet/sim/api"
)

// faultCommand groups the commands about faults.
type faultCommand struct {
	Ls    faultLsCommand    `cmd:"" help:"List the faults of a camera, or of all."`
	Add   faultAddCommand   `cmd:"" help:"Have a camera do something wrong from now on."`
	Rm    faultRmCommand    `cmd:"" help:"Take a fault away."`
	Reset faultResetCommand `cmd:"" help:"Take all faults of all cameras away but those of their profiles."`
}

type faultLsCommand struct {
	remote `embed:""`
	Camera string `arg:"" optional:"" help:"Name of the camera (default: all)."`
	JSON   bool   `help:"Print a JSON object: the faults by camera."`
}

// Run prints the faults.
func (c *faultLsCommand) Run(ctx context.Context, p *program) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	names := []string{c.Camera}
	if c.Camera == "" {
		cameras, err := client.Cameras(ctx)
		if err != nil {
			return explain(err)
		}
		names = nil
		for _, cam := range cameras {
			names = append(names, cam.Name)
		}
	}
	all := map[string][]api.Fault{}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CAMERA\tID\tDO\tSTREAM\tWHEN\tAMOUNT\tFIRED")
	for _, name := range names {
		list, err := client.Faults(ctx, name)
		if err != nil {
			return explain(err)
		}
		all[name] = list
		for _, f := range list {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%d\n", name, f.ID, f.Do, first(f.Stream, "all"), when(f), f.Amount, f.Fired)
		}
	}
	if c.JSON {
		return writeJSON(p.stdout, all)
	}
	return table.Flush()
}

// when says in words when a fault hits.
func when(f api.Fault) string {
	text := "always"
	if f.Every > 1 {
		text = fmt.Sprintf("every %d", f.Every)
	}
	if f.Chance > 0 && f.Chance < 1 {
		text += fmt.Sprintf(", chance %g", f.Chance)
	}
	if f.After > 0 {
		text += fmt.Sprintf(", after %d", f.After)
	}
	if f.Times > 0 {
		text += fmt.Sprintf(", %d times", f.Times)
	}
	return text
}

type faultAddCommand struct {
	remote `embed:""`
	Camera string  `arg:"" help:"Name of the camera."`
	Do     string  `arg:"" help:"flip-byte, drop-frame, duplicate-frame, swap-frames, freeze, wrong-hash, wrong-signature, counter-jump, clock-jump, sei-missing, sei-late, sei-unescaped, expired-certificate, revoked-certificate, foreign-certificate, incomplete-chain or other-camera."`
	ID     string  `name:"id" placeholder:"ID" help:"Name of the fault (default: one is given and printed)."`
	Stream string  `placeholder:"NAME" help:"Only this stream (default: all)."`
	Chance float64 `placeholder:"0.1" help:"How likely a picture or signature is hit (default: 1)."`
	Every  int     `placeholder:"N" help:"Hit only every N-th picture or signature."`
	After  int     `placeholder:"N" help:"Spare the first N."`
	Times  int     `placeholder:"N" help:"Hit N times at most."`
	Amount int64   `placeholder:"N" help:"Pictures to freeze, what the counter jumps by, or seconds that the clock jumps by."`
	JSON   bool    `help:"Print the fault as JSON, with the revocation list of revoked-certificate."`
}

// Run adds a fault and prints its name.
func (c *faultAddCommand) Run(ctx context.Context, p *program) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	f, err := client.AddFault(ctx, c.Camera, api.Fault{
		ID: c.ID, Do: c.Do, Stream: c.Stream, Chance: c.Chance, Every: c.Every, After: c.After, Times: c.Times, Amount: c.Amount,
	})
	var refused *api.RequestError
	if errors.As(err, &refused) && refused.Status == 400 && refused.Answer.Field != "" {
		return &api.ConfigError{Field: refused.Answer.Field, Text: refused.Answer.Error, Hint: refused.Answer.Hint}
	}
	if err != nil {
		return explain(err)
	}
	if c.JSON {
		return writeJSON(p.stdout, f)
	}
	_, err = fmt.Fprintln(p.stdout, f.ID)
	return err
}

type faultRmCommand struct {
	remote `embed:""`
	Camera string `arg:"" help:"Name of the camera."`
	ID     string `arg:"" name:"id" help:"Name of the fault."`
}

// Run removes a fault.
func (c *faultRmCommand) Run(ctx context.Context, _ *program) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	_, err = client.RemoveFault(ctx, c.Camera, c.ID)
	return explain(err)
}

type faultResetCommand struct {
	remote `embed:""`
}

// Run takes all faults away.
func (c *faultResetCommand) Run(ctx context.Context, p *program) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	r, err := client.Reset(ctx)
	if err != nil {
		return explain(err)
	}
	_, err = fmt.Fprintf(p.stdout, "%d faults taken away\n", r.Faults)
	return err
}
