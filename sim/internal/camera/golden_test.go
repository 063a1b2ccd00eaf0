package camera_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden answers anew")

const golden = "../../../fixtures/golden"

// TestGoldenRequestsHaveTheirGoldenAnswers sends each request of
// fixtures/golden as the administrator to a new camera. Its seed is fixed and
// its clock stands, so nothing in the answers moves. A request is called
// Operation-case.request.xml; the case of a fault is its last subcode.
func TestGoldenRequestsHaveTheirGoldenAnswers(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(golden, "*", "*.request.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden requests: %v", err)
	}
	flagship := cameratest.Open(t, "flagship")
	check := schematest.Collect(t)
	for _, file := range files {
		service, name := filepath.Base(filepath.Dir(file)), strings.TrimSuffix(filepath.Base(file), ".request.xml")
		t.Run(service+"/"+name, func(t *testing.T) {
			t.Parallel()
			request, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := cameratest.New(t, cameratest.Config{Opened: flagship, Change: func(p *profiles.Profile) {
				if service == "device" {
					p.ONVIF.Services = []string{"media", "media2"} // the others have golden answers of their own
				}
			}})
			before := c.State.View()
			answer := c.Call(t, cameratest.Call{As: "admin", Envelope: string(request)})
			operation, which, _ := strings.Cut(name, "-")
			check.Add("", request)
			if answer.Fault == "" {
				check.Add("", answer.Body)
			} else {
				check.Add(service+":"+operation, answer.Body)
				if last := answer.Fault[strings.LastIndexByte(answer.Fault, ':')+1:]; last != which {
					t.Errorf("fault %s, want %s", answer.Fault, which)
				}
				if c.State.View() != before {
					t.Error("the camera has another state after a fault")
				}
			}
			compare(t, strings.TrimSuffix(file, ".request.xml")+".response.xml", answer.Body)
		})
	}
}

// compare fails the test unless the file has the message, white space aside.
func compare(t *testing.T, file string, message []byte) {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(message); err != nil {
		t.Fatal(err)
	}
	doc.Indent(2)
	got, err := doc.WriteToString()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test -update writes it)", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("(-%s +got):\n%s", filepath.Base(file), diff)
	}
}

func TestEveryOperationHasAGoldenAnswer(t *testing.T) {
	t.Parallel()
	p, err := profiles.Open("flagship")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range camera.Operations(p) {
		if !c.Simulated || !slices.Contains([]string{"device", "media", "media2"}, c.Row.Service) {
			continue
		}
		files, err := filepath.Glob(filepath.Join(golden, c.Row.Service, c.Row.Name+"*.response.xml"))
		if err != nil {
			t.Fatal(err)
		}
		served := slices.ContainsFunc(files, func(f string) bool {
			b, err := os.ReadFile(f)
			return err == nil && strings.Contains(string(b), "<"+c.Row.Prefix+":"+c.Row.Name+"Response")
		})
		if !served {
			t.Errorf("%s has no golden answer", c.Row.ID())
		}
	}
}
