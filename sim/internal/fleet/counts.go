package fleet

import (
	"cmp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/op"
)

// counts is what all cameras' operations came to.
type counts struct {
	mu  sync.Mutex
	ops map[outcome]*api.OperationStats
}

type outcome struct{ operation, result string }

// cameraCounts is one camera's share.
type cameraCounts struct{ requests, faults atomic.Uint64 }

// observer counts and logs the SOAP requests of a camera.
func (f *Fleet) observer(m *member) func(op.Record) {
	log := f.log.With("camera", m.name)
	return func(r op.Record) {
		m.counts.requests.Add(1)
		result := "ok"
		switch {
		case r.Fault != "":
			result = r.Fault
		case r.Status != 200:
			result = strconv.Itoa(r.Status)
		}
		if result != "ok" {
			m.counts.faults.Add(1)
		}
		f.counts.add(outcome{r.Op, result}, r.Duration.Seconds())
		log.Debug("request", "op", r.Op, "peer", r.Peer, "user", r.Identity.User, "status", r.Status,
			"result", result, "error", r.Err, "seconds", r.Duration.Seconds())
	}
}

func (c *counts) add(o outcome, seconds float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ops == nil {
		c.ops = map[outcome]*api.OperationStats{}
	}
	s := c.ops[o]
	if s == nil {
		s = &api.OperationStats{Operation: o.operation, Outcome: o.result}
		c.ops[o] = s
	}
	s.Count++
	s.Seconds += seconds
}

func (c *counts) list() []api.OperationStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]api.OperationStats, 0, len(c.ops))
	for _, s := range c.ops {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b api.OperationStats) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Outcome, b.Outcome))
	})
	return out
}

// Stats counts what happened since the start.
func (f *Fleet) Stats() api.Stats {
	s := api.Stats{Operations: f.counts.list()}
	for _, m := range f.members() {
		media := m.camera.Media()
		s.Cameras = append(s.Cameras, api.CameraStats{
			Name: m.name, State: string(m.camera.Status()),
			Requests: m.counts.requests.Load(), Faults: m.counts.faults.Load(),
			Viewers: media.Viewers, Packets: media.Packets, Bytes: media.Octets, Dropped: media.Dropped,
			Restarts: uint64(m.tpm.Restarts()), //nolint:gosec // counts up from 0
		})
	}
	return s
}
