// Package schematest checks SOAP messages against the official ONVIF schemas
// in tests, with the validator in ../shared/onvif (ONVIF_DIR names another
// folder). A test that uses it fails where the validator isn't there.
package schematest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Dir is the folder with the ONVIF schemas, samples and validator, beside the
// module's own or where ONVIF_DIR says. It fails the test if there is none.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := find(os.Getenv("ONVIF_DIR"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// find is the ONVIF folder: the one named, else shared/onvif beside the module.
func find(named string) (string, error) {
	if named == "" {
		dir, err := os.Getwd()
		if err != nil {
			return "", err
		}
		for {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
				break
			}
			parent := filepath.Dir(dir)
			if parent == dir {
				return "", errors.New("no go.mod at or above the working directory")
			}
			dir = parent
		}
		named = filepath.Join(filepath.Dir(dir), "shared", "onvif")
	}
	if _, err := os.Stat(filepath.Join(named, "validate.py")); err != nil {
		return "", fmt.Errorf("the ONVIF schemas and validate.py are needed; put them into ../shared/onvif or name their folder in ONVIF_DIR: %w", err)
	}
	return named, nil
}

// VendorSpace is a namespace the strict check lets through, for tests that put
// elements of their own where the schema allows any.
const VendorSpace = "http://www.camfleet.example/test"

// Message is one message to check.
type Message struct {
	// Operation, "security:GetKeyStatus" or "GetKeyStatus", makes sure that the
	// message belongs to it and that a fault is one it documents. Empty: any.
	Operation string
	Data      []byte
}

// Validate fails the test for each message that isn't strictly valid.
func Validate(t testing.TB, messages ...[]byte) {
	t.Helper()
	list := make([]Message, len(messages))
	for i, m := range messages {
		list[i].Data = m
	}
	ValidateAll(t, list)
}

// ValidateAll is Validate with the operations the messages belong to. All
// messages of one operation are checked by one run of the validator.
func ValidateAll(t testing.TB, messages []Message) {
	t.Helper()
	dir := Dir(t)
	groups := map[string][][]byte{}
	for _, m := range messages {
		groups[m.Operation] = append(groups[m.Operation], m.Data)
	}
	for operation, group := range groups {
		results, err := run(dir, t.TempDir(), operation, group)
		if err != nil {
			t.Fatalf("schema validation: %v", err)
		}
		for i, r := range results {
			if !r.Valid {
				t.Errorf("%s: not valid: %s\n%s", operation, r.reasons(), group[i])
			}
		}
	}
}

// Valid reports of each message whether the official schemas allow it; unlike
// with [Validate], elements that nobody knows are fine where anything may be.
func Valid(t testing.TB, messages ...[]byte) []bool {
	t.Helper()
	results, err := run(Dir(t), t.TempDir(), "", messages, "--lax")
	if err != nil {
		t.Fatalf("schema validation: %v", err)
	}
	valid := make([]bool, len(results))
	for i, r := range results {
		valid[i] = r.Valid
	}
	return valid
}

// Collector gathers messages of many tests and checks them in one run when the
// test it belongs to, with its subtests, is over. It is safe for concurrent use.
type Collector struct {
	mu       sync.Mutex
	messages []Message
	seen     map[string]bool
}

// Collect returns a Collector that checks at the end of t.
func Collect(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{seen: map[string]bool{}}
	t.Cleanup(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.messages) > 0 {
			ValidateAll(t, c.messages)
		}
	})
	return c
}

// Add takes in a message of the operation (may be empty); repeated ones are dropped.
func (c *Collector) Add(operation string, message []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if key := operation + "\n" + string(message); !c.seen[key] {
		c.seen[key] = true
		c.messages = append(c.messages, Message{operation, bytes.Clone(message)})
	}
}

// result is one line of the validator's JSON output.
type result struct {
	Valid  bool
	Errors []struct {
		Kind    string
		Line    int
		Message string
	}
}

func (r result) reasons() string {
	var b strings.Builder
	for _, e := range r.Errors {
		fmt.Fprintf(&b, "\n  %s, line %d: %s", e.Kind, e.Line, e.Message)
	}
	return b.String()
}

// run checks the messages with one process.
func run(dir, tmp, operation string, messages [][]byte, more ...string) ([]result, error) {
	args := append([]string{filepath.Join(dir, "validate.py"), "--paths-from", "-", "--allow-ns", VendorSpace}, more...)
	if operation != "" {
		table := filepath.Join(filepath.Dir(dir), "spec", "operations.json")
		if named := os.Getenv("ONVIF_OPERATIONS"); named != "" {
			table = named
		}
		args = append(args, "--operation", operation, "--fault-table", table)
	}
	var paths bytes.Buffer
	for i, m := range messages {
		path := filepath.Join(tmp, fmt.Sprintf("%05d.xml", i))
		if err := os.WriteFile(path, m, 0o600); err != nil {
			return nil, err
		}
		fmt.Fprintln(&paths, path)
	}
	cmd := exec.Command(python(), args...)
	cmd.Stdin = &paths
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	results := make([]result, 0, len(messages))
	for line := range bytes.Lines(out) {
		var r result
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("%w: %s", err, line)
		}
		results = append(results, r)
	}
	if len(results) != len(messages) {
		return nil, fmt.Errorf("%d results for %d messages: %s", len(results), len(messages), stderr.String())
	}
	return results, nil
}

// python is the system's interpreter, for which Debian packages lxml, else any.
func python() string {
	if _, err := os.Stat("/usr/bin/python3"); err == nil {
		return "/usr/bin/python3"
	}
	return "python3"
}
