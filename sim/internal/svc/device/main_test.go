package device_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	arg        = "env:Sender/ter:InvalidArgVal"
	prohibited = "env:Sender/ter:OperationProhibited"
	action     = "env:Receiver/ter:Action"
)

// repeat is n elements of a name, its number in the text.
func repeat(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// step is one request of a story and what it must come to.
type step struct {
	as, body string
	fault    string            // "": served
	want     map[string]string // texts of the answer by path
}

// tell plays a story on a camera of its own, as the administrator unless a step
// says otherwise; a fault must leave the state as it was, to the byte.
func tell(t *testing.T, check *schematest.Collector, c *cameratest.Camera, steps []step) {
	t.Helper()
	for i, s := range steps {
		if s.as == "" {
			s.as = "admin"
		}
		before := c.State.View()
		a := c.As(t, s.as, s.body)
		check.Add("", a.Body)
		if a.Fault != s.fault {
			t.Errorf("step %d, %.200s: fault %q, want %q\n%s", i, s.body, a.Fault, s.fault, a.Body)
		}
		if s.fault != "" && c.State.View() != before {
			t.Errorf("step %d, %.200s: the state changed", i, s.body)
		}
		for path, want := range s.want {
			if got := strings.Join(a.Texts(path), " "); got != want {
				t.Errorf("step %d, %.200s: %s is %q, want %q", i, s.body, path, got, want)
			}
		}
	}
}
