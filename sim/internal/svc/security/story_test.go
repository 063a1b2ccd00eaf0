package security_test

import (
	"maps"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	arg       = "env:Sender/ter:InvalidArgVal"
	action    = "env:Receiver/ter:Action"
	noSupport = "env:Receiver/ter:ActionNotSupported"
)

// step is one request of a story and what it must come to. {name} in the
// request stands for what an earlier step kept.
type step struct {
	body  string
	fault string            // "": served
	want  map[string]string // texts of the answer by path
	keep  map[string]string // names for texts of the answer, by path
}

// story is a camera's and what is asked of it, as the administrator.
type story struct {
	change func(*profiles.Profile)
	kept   func(*cameratest.Camera) map[string]string
	steps  []step
}

// seen counts which faults of which operation were answered; "" is success.
type seen struct {
	mu     sync.Mutex
	faults map[string]map[string]bool
}

func (s *seen) add(operation, fault string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults[operation] == nil {
		s.faults[operation] = map[string]bool{}
	}
	s.faults[operation][fault] = true
}

var operationName = regexp.MustCompile(`^<tas:(\w+)`)

// tell plays stories, each on a camera of its own. A fault must be one of the
// operation's and leave the state as it was.
func tell(t *testing.T, stories map[string]story) *seen {
	t.Helper()
	all := &seen{faults: map[string]map[string]bool{}}
	check := schematest.Collect(t)
	flagship := cameratest.Open(t, "flagship")
	t.Run("stories", func(t *testing.T) {
		for name, s := range stories {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c := cameratest.New(t, cameratest.Config{Opened: flagship, Change: s.change})
				kept := map[string]string{}
				if s.kept != nil {
					maps.Copy(kept, s.kept(c))
				}
				for i, step := range s.steps {
					all.play(t, check, c, i, step, kept)
				}
			})
		}
	})
	return all
}

func (s *seen) play(t *testing.T, check *schematest.Collector, c *cameratest.Camera, i int, step step, kept map[string]string) {
	t.Helper()
	filled := func(text string) string {
		for name, id := range kept {
			text = strings.ReplaceAll(text, "{"+name+"}", id)
		}
		return text
	}
	body := filled(step.body)
	before := c.State.View()
	a := c.As(t, "admin", body)
	operation := operationName.FindStringSubmatch(body)[1]
	s.add(operation, a.Fault)
	if a.Fault != step.fault {
		t.Errorf("step %d, %.300s: fault %q, want %q\n%s", i, body, a.Fault, step.fault, a.Body)
		return
	}
	if a.Fault == "" {
		check.Add("", []byte(cameratest.Envelope("", body)))
		check.Add("", a.Body)
	} else {
		check.Add("security:"+operation, a.Body)
		if c.State.View() != before {
			t.Errorf("step %d, %.300s: the state changed", i, body)
		}
	}
	for path, want := range step.want {
		if got := strings.Join(a.Texts(path), " "); got != filled(want) {
			t.Errorf("step %d, %.300s: %s is %q, want %q", i, body, path, got, want)
		}
	}
	for path, name := range step.keep {
		if kept[name] = a.Text(path); kept[name] == "" {
			t.Errorf("step %d, %.300s: nothing at %s", i, body, path)
		}
	}
}

// covers fails the test unless the operations were served, and answered each of
// their documented faults but those that are said never to come.
func (s *seen) covers(t *testing.T, never map[string]string, operations ...string) {
	t.Helper()
	for _, c := range camera.Operations(nil) {
		for _, name := range operations {
			if c.Row.ID() != "tas:"+name {
				continue
			}
			if !s.faults[name][""] {
				t.Errorf("%s was never served", name)
			}
			for _, f := range c.Row.Faults {
				if path := f.Path(); !s.faults[name][path] && never[name] != path {
					t.Errorf("%s never answered %s", name, path)
				}
			}
		}
	}
}

// element is an element of the service's namespace.
func element(name, content string) string {
	return "<tas:" + name + ">" + content + "</tas:" + name + ">"
}
