package e2e

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/simtest"
	"github.com/google/go-cmp/cmp"
)

// portrait is everything of a fleet that its seed decides.
type portrait struct {
	fleet    string // as `up --json` prints it
	cameras  map[string]identity
	pictures map[string]string // camera and stream to JPEG file
	sdp      map[string]string // camera and stream to description
	chains   map[string]string // camera to PEM
}

// portray starts a fleet of a seed at fixed addresses and at an instant, takes
// its portrait and stops it.
func portray(t testing.TB, seed uint64, at time.Time) portrait {
	t.Helper()
	stopped := clock.NewManual(at)
	fleet := startShowcase(t, simtest.Seed(seed), simtest.Clock(stopped), func(c *sim.Config) {
		c.Addresses, c.Control = network(t)+"0/24", network(t)+"250:8800"
	})
	p := portrait{cameras: map[string]identity{}, pictures: map[string]string{}, sdp: map[string]string{}, chains: map[string]string{}}
	p.fleet = describeFleet(t, fleet.Info())
	seen := schematest.Collect(t)
	for _, c := range fleet.Cameras() {
		cam := simtest.Of(t, fleet, c.Name)
		w := newWebSeen(t, cam, seen)
		w.now = stopped.Now
		p.cameras[c.Name] = identifyBy(t, w)
		chain, err := fleet.CA(c.Name, false)
		if err != nil {
			t.Fatal(err)
		}
		p.chains[c.Name] = string(chain)
		for _, s := range c.Streams {
			jpeg, err := fleet.Snapshot(t.Context(), c.Name, s.Profile)
			if err != nil {
				t.Fatal(err)
			}
			p.pictures[c.Name+"/"+s.Profile] = string(jpeg)
			if cam.Tokens {
				p.sdp[c.Name+"/"+s.Profile] = describe(t, cam, s.RTSPS, "Authorization: Bearer "+cam.Token("User")).body
			}
		}
	}
	closeFleet(t, fleet)
	return p
}

// describeFleet is a fleet without what no seed decides: how long it took to
// start, and the numbers the system gave its processes.
func describeFleet(t testing.TB, f api.Fleet) string {
	t.Helper()
	f.ReadySeconds = 0
	for i := range f.Cameras {
		f.Cameras[i].TPM.PID = 0
	}
	text, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestOneSeedTwiceGivesTheSameFleetToTheByte compares what makes two runs: the
// description of the fleet, certificates, keys, endorsement keys, serial
// numbers, UUIDs, MACs, key and certificate IDs, pictures, descriptions of
// streams. Not decided by a seed, and so not compared, are process numbers, the
// time the start took, ports where the system picks them, whatever is signed
// later (TLS handshakes, media), and RTP and RTSP session numbers, which depend
// on who comes first.
func TestOneSeedTwiceGivesTheSameFleetToTheByte(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	first, second := portray(t, 4711, at), portray(t, 4711, at)
	if diff := cmp.Diff(first, second, cmp.AllowUnexported(portrait{}, identity{})); diff != "" {
		t.Errorf("two runs differ (-first +second):\n%s", diff)
	}
	other := portray(t, 4712, at)
	for name, id := range other.cameras {
		same := first.cameras[name]
		if id.serial == same.serial || id.uuid == same.uuid || id.certificates["TLS server"] == same.certificates["TLS server"] {
			t.Errorf("%s of another seed is the same: %s %s", name, id.serial, id.uuid)
		}
		if other.pictures[name+"/main"] == first.pictures[name+"/main"] {
			t.Errorf("%s of another seed shows the same", name)
		}
	}
}
