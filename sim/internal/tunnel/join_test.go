package tunnel

import (
	"strconv"
	"testing"
	"time"
)

// FuzzJoining lets GETs and POSTs of a few clients come, speak and go in any
// order: no more halves wait than may, and nothing is left of them.
func FuzzJoining(f *testing.F) {
	for _, steps := range []string{"gp", "pg", "gphphp", "ggpp", "gpGPhH", "gpx", "g.p", "gc", "pgpc", "gGpP.xX", "gpbgp"} {
		f.Add(steps)
	}
	f.Fuzz(func(t *testing.T, steps string) {
		const room = 2
		b := newBench(t, func(c *Config) { c.Limits = Limits{Pending: room, JoinTimeout: time.Second} })
		gets, posts := map[string]*half{}, map[string]*half{}
		for i, step := range steps[:min(len(steps), 40)] {
			cookie := "a" + strconv.Itoa(i/20)
			if step >= 'A' && step <= 'Z' {
				cookie, step = "b", step|0x20
			}
			switch step {
			case 'g':
				gets[cookie] = b.get(cookie)
			case 'p':
				posts[cookie] = b.post(cookie)
			case 'h': // says something, perhaps in vain
				if p := posts[cookie]; p != nil {
					p.nc.Write([]byte("aGVsbG8K")) //nolint:errcheck // as said
				}
			case 'b': // no base64
				if p := posts[cookie]; p != nil {
					p.nc.Write([]byte("\x00")) //nolint:errcheck // as said
				}
			case 'x':
				if g := gets[cookie]; g != nil {
					g.nc.Close() //nolint:errcheck // as wanted
				}
			case 'c':
				if p := posts[cookie]; p != nil {
					p.nc.Close() //nolint:errcheck // as wanted
				}
			case '.':
				b.clock.Advance(time.Second)
			}
			b.broker.mu.Lock()
			if n := b.broker.pending(); n > room {
				t.Errorf("%d halves wait", n)
			}
			b.broker.mu.Unlock()
		}
		b.broker.Close()
		if n := len(b.broker.tunnels); n != 0 {
			t.Errorf("%d tunnels are left", n)
		}
	})
}
