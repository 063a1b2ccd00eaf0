package main

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/api"
)

type profileCommand struct {
	Ls       profileLsCommand       `cmd:"" help:"List the built-in profiles."`
	Show     profileShowCommand     `cmd:"" help:"Print a built-in profile (YAML), to start one's own from."`
	Validate profileValidateCommand `cmd:"" help:"Check a profile and say every mistake with its place."`
}

type profileLsCommand struct {
	JSON bool `help:"Print a JSON list."`
}

// Run lists the built-in profiles.
func (c *profileLsCommand) Run(p *program) error {
	reader, err := profiles.NewReader(profiles.Options{})
	if err != nil {
		return err
	}
	list := []api.ProfileInfo{}
	for _, name := range profiles.Builtin() {
		profile, err := reader.Open(name)
		if err != nil {
			return err
		}
		list = append(list, api.ProfileInfo{
			Name: name, Manufacturer: profile.Identity.Manufacturer, Model: profile.Identity.Model, Description: profile.Description,
		})
	}
	if c.JSON {
		return writeJSON(p.stdout, list)
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tDEVICE\tDESCRIPTION")
	for _, i := range list {
		fmt.Fprintf(table, "%s\t%s %s\t%s\n", i.Name, i.Manufacturer, i.Model, i.Description)
	}
	return table.Flush()
}

type profileShowCommand struct {
	Name string `arg:"" help:"Name of the profile."`
}

// Run prints a built-in profile as it was written.
func (c *profileShowCommand) Run(p *program) error {
	source, err := profiles.Source(c.Name)
	var unknown *profiles.UnknownError
	if errors.As(err, &unknown) {
		return &usage{fmt.Errorf("profile show: %w", err)}
	}
	if err != nil {
		return err
	}
	_, err = p.stdout.Write(source)
	return err
}

type profileValidateCommand struct {
	File string `arg:"" help:"The profile's file."`
}

// Run prints every mistake of a profile and fails if there is one.
func (c *profileValidateCommand) Run(p *program) error {
	known, err := operationNames(p.lib)
	if err != nil {
		return err
	}
	reader, err := profiles.NewReader(profiles.Options{Operations: known})
	if err != nil {
		return err
	}
	profile, err := reader.LoadFile(c.File)
	var mistakes *profiles.Errors
	if errors.As(err, &mistakes) {
		fmt.Fprintln(p.stderr, mistakes)
		count := len(mistakes.List) + mistakes.Omitted
		p.complain(fmt.Sprintf("%s has %s; mend and validate it again", c.File, plural(count, "mistake")))
		return silent{exitFailed}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s: profile %q is fine\n", c.File, profile.Name)
	return err
}

// operationNames lists what operations_off may name.
func operationNames(lib library) ([]string, error) {
	ops, err := lib.Operations("")
	if err != nil {
		return nil, err
	}
	names := make([]string, len(ops))
	for i, o := range ops {
		names[i] = o.Operation
	}
	return names, nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

type opsCommand struct {
	Profile string `placeholder:"NAME" help:"Also say what this profile (name or file) has switched off."`
	JSON    bool   `help:"Print a JSON list."`
}

// Run lists the operations, and counts them below.
func (c *opsCommand) Run(p *program) error {
	ops, err := p.lib.Operations(c.Profile)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(p.stdout, ops)
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "OPERATION\tACCESS CLASS\tSTATE\tSPECIFIED IN")
	var order []string
	count := map[string]int{}
	for _, o := range ops {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", o.Operation, o.AccessClass, o.State, o.Section)
		if count[o.State]++; count[o.State] == 1 {
			order = append(order, o.State)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	sums := make([]string, len(order))
	for i, state := range order {
		sums[i] = fmt.Sprintf("%d %s", count[state], state)
	}
	_, err = fmt.Fprintf(p.stdout, "%s: %s\n", plural(len(ops), "operation"), strings.Join(sums, ", "))
	return err
}

type versionCommand struct {
	JSON bool `help:"Print a JSON object."`
}

// Run prints what the program is and what it was built to.
func (c *versionCommand) Run(p *program) error {
	v := version()
	if c.JSON {
		return writeJSON(p.stdout, v)
	}
	revision := ""
	if v.Revision != "" {
		revision = " (" + v.Revision + ")"
	}
	_, err := fmt.Fprintf(p.stdout, "camfleet %s%s\n%s %s\n%s\n", v.Version, revision, v.Go, v.Platform, strings.Join(v.Specifications, "\n"))
	return err
}

// version reads what the Go tool stamped into the binary.
func version() api.Version {
	v := api.Version{
		Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Specifications: []string{
			"ONVIF Network Interface Specifications 25.06 and 18.12 (Core, Media, Media2, Security)",
			"ONVIF WSDL and XSD 26.06",
		},
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value
		}
	}
	return v
}
