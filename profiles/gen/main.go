// Command gen writes profiles/schema.json from the Go types of a profile. Run it
// with go generate in the directory profiles.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	data, err := generate("github.com/camfleet/camfleet/profiles", ".")
	if err != nil {
		return err
	}
	return os.WriteFile("schema.json", data, 0o644)
}
