package security_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
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

// tell plays stories, each on a camera of its own. A fault must be one of the
// operation's and leave the state as it was.
func tell(t *testing.T, stories map[string]story) {
	t.Helper()
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
					play(t, check, c, i, step, kept)
				}
			})
		}
	})
}

func play(t *testing.T, check *schematest.Collector, c *cameratest.Camera, i int, step step, kept map[string]string) {
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
	if a.Fault != step.fault {
		t.Errorf("step %d, %.300s: fault %q, want %q\n%s", i, body, a.Fault, step.fault, a.Body)
		return
	}
	check.Add("", a.Body)
	if a.Fault == "" {
		check.Add("", []byte(cameratest.Envelope("", body)))
	} else if c.State.View() != before {
		t.Errorf("step %d, %.300s: the state changed", i, body)
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

// element is an element of the service's namespace.
func element(name, content string) string {
	return "<tas:" + name + ">" + content + "</tas:" + name + ">"
}
