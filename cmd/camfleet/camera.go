package main

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"
	"github.com/camfleet/camfleet/sim/api"
)

// cameraCommand groups the commands about one camera, whose name comes first.
type cameraCommand struct {
	Camera namedCamera `arg:""`
}

// namedCamera is a camera and what it can be told.
type namedCamera struct {
	Camera         string                `arg:"" help:"Name of the camera, then reboot or factory-default."`
	Reboot         rebootCommand         `cmd:"" help:"Reboot it, as SystemReboot does."`
	FactoryDefault factoryDefaultCommand `cmd:"" help:"Make it what it left the factory as and reboot it, as SetSystemFactoryDefault does."`
}

// cameraName is what the commands get of it.
type cameraName string

// AfterApply hands the name to the command.
func (c *namedCamera) AfterApply(k *kong.Context) error {
	k.Bind(cameraName(c.Camera))
	return nil
}

type rebootCommand struct {
	remote `embed:""`
}

// Run reboots the camera.
func (c *rebootCommand) Run(ctx context.Context, p *program, name cameraName) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	return p.restarted(client.Reboot(ctx, string(name)))
}

type factoryDefaultCommand struct {
	remote `embed:""`
	Soft   bool `help:"Keep network, clock, accounts, keys and certificates."`
}

// Run brings back what the camera left the factory with.
func (c *factoryDefaultCommand) Run(ctx context.Context, p *program, name cameraName) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	return p.restarted(client.FactoryDefault(ctx, string(name), c.Soft))
}

// restarted prints that a camera goes down.
func (p *program) restarted(camera api.Camera, err error) error {
	if err != nil {
		return explain(err)
	}
	_, err = fmt.Fprintf(p.stdout, "%s is %s\n", camera.Name, camera.State)
	return err
}
