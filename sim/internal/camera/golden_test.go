package camera_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

var update = flag.Bool("update", false, "write the golden answers anew")

const golden = "../../../fixtures/golden"

// goldenServices are those whose golden requests are for a new camera; the
// others have some of their own, with a test beside them.
func goldenServices() []string { return []string{"device", "media", "media2"} }

func goldenRequests(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, service := range goldenServices() {
		files, err := filepath.Glob(filepath.Join(golden, service, "*.request.xml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no golden requests of %s: %v", service, err)
		}
		all = append(all, slices.DeleteFunc(files, isStory)...)
	}
	return all
}

// isStory reports whether a golden request of the device service is one of those
// that build on each other: goldenStory.
func isStory(file string) bool {
	return strings.Contains(filepath.Base(file), "UserRole") || strings.Contains(filepath.Base(file), "RemoteUser")
}

// TestGoldenRequestsHaveTheirGoldenAnswers sends each request of
// fixtures/golden as the administrator to a new camera. Its seed is fixed and
// its clock stands, so nothing in the answers moves. A request is called
// Operation-case.request.xml; the case of a fault is its last subcode.
func TestGoldenRequestsHaveTheirGoldenAnswers(t *testing.T) {
	t.Parallel()
	files := goldenRequests(t)
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
			cameratest.Golden(t, strings.TrimSuffix(file, ".request.xml")+".response.xml", answer.Body, *update)
		})
	}
}

func TestEveryOperationHasAGoldenAnswer(t *testing.T) {
	t.Parallel()
	p, err := profiles.Open("flagship")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range camera.Operations(p) {
		if !c.Simulated || !slices.Contains(append(goldenServices(), "security", "event"), c.Row.Service) {
			continue
		}
		files, err := filepath.Glob(filepath.Join(golden, c.Row.Service, c.Row.Name+"*.response.xml"))
		if err != nil {
			t.Fatal(err)
		}
		served := slices.ContainsFunc(files, func(f string) bool {
			b, err := os.ReadFile(f)
			return err == nil && strings.Contains(string(b), ":"+c.Row.Name+"Response")
		})
		if !served {
			t.Errorf("%s has no golden answer", c.Row.ID())
		}
	}
}
