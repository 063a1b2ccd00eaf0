package discovery

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Server answers for the cameras of a fleet until it is closed.
type Server struct {
	cfg  Config
	wake chan struct{} // the queue has a new first job, or Close was called
	done chan struct{} // closed when the sender has ended
	wait sync.WaitGroup

	mu        sync.Mutex
	devices   []*Device // in the order they came
	instances map[string]uint32
	queue     queue
	guard     *guard
	leave     time.Time // Close: until when Byes are sent; zero before
	closed    bool
	complaint map[string]time.Time

	stats struct{ questions, repeated, refused, sent, dropped, failed atomic.Uint64 }
}

// Stats counts what a server has done.
type Stats struct {
	Questions uint64 // Probe and Resolve messages read
	Repeated  uint64 // of these, known already
	Refused   uint64 // of these, too many from one asker
	Sent      uint64 // messages sent, repeats included
	Dropped   uint64 // messages not sent: queue full, or too late
	Failed    uint64 // messages that the network did not take
}

// Stats returns the counts up to now.
func (s *Server) Stats() Stats {
	c := &s.stats
	return Stats{c.questions.Load(), c.repeated.Load(), c.refused.Load(), c.sent.Load(), c.dropped.Load(), c.failed.Load()}
}

// Device is a camera's place on a [Server].
type Device struct {
	server   *Server
	instance uint32 // AppSequence InstanceId
	number   uint32 // AppSequence MessageNumber; the sender's
	current  atomic.Pointer[state]
}

// state is a Target with its scopes taken apart.
type state struct {
	Target
	scopes []scope
}

// Start begins to listen on the connections, which the server owns from now on,
// even if it fails.
func Start(cfg Config) (*Server, error) {
	if err := cfg.check(); err != nil {
		return nil, errors.Join(err, closeAll(cfg.Conns))
	}
	s := &Server{
		cfg: cfg, wake: make(chan struct{}, 1), done: make(chan struct{}),
		instances: map[string]uint32{}, queue: queue{limit: cfg.Limits.Queue}, guard: newGuard(cfg.Limits),
		complaint: map[string]time.Time{},
	}
	go s.send()
	for _, c := range cfg.Conns {
		s.wait.Go(func() { s.read(c) })
	}
	return s, nil
}

// Add takes a camera in and says Hello for it, within MaxDelay.
func (s *Server) Add(t Target) *Device {
	d := &Device{server: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.instance = max(uint32(s.cfg.Clock.Now().Unix()), s.instances[t.Address]+1, 1)
	s.instances[t.Address] = d.instance
	t.MetadataVersion = max(t.MetadataVersion, 1)
	d.current.Store(&state{t, scopesOf(t.Scopes)})
	if s.closed {
		return d
	}
	s.devices = append(s.devices, d)
	if !t.Hidden {
		s.announce(s.hello(d), true)
	}
	return d
}

// Update replaces what the camera says: types, scopes, addresses or the mode have
// changed. The version rises by at least one; Hello tells it, or Bye when the
// camera is hidden from now on. A device that has left ignores it.
func (d *Device) Update(t Target) {
	s := d.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.devices, d) {
		return
	}
	old := d.current.Load()
	t.MetadataVersion = max(t.MetadataVersion, old.MetadataVersion+1)
	d.current.Store(&state{t, scopesOf(t.Scopes)})
	switch {
	case !t.Hidden:
		s.announce(s.hello(d), true)
	case !old.Hidden:
		s.announce(s.bye(d, old), false)
	}
}

// Leave says Bye and takes the camera out: it reboots, or it is gone. Answers
// that are still waiting are not sent.
func (d *Device) Leave() {
	s := d.server
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.devices, d)
	if i < 0 {
		return
	}
	s.devices = slices.Delete(s.devices, i, i+1)
	old := d.current.Load()
	gone := *old
	gone.Hidden = true
	d.current.Store(&gone)
	if !old.Hidden {
		s.announce(s.bye(d, old), false)
	}
}

// Version returns the MetadataVersion in force.
func (d *Device) Version() uint32 { return d.current.Load().MetadataVersion }

// Close says Bye for every camera, unpaced but for at most LeaveTime, and closes
// the connections.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		<-s.done
		return nil
	}
	s.closed = true
	s.queue.jobs = nil
	for _, d := range s.devices {
		if now := d.current.Load(); !now.Hidden {
			s.announce(s.bye(d, now), false)
		}
	}
	s.devices = nil
	for _, j := range s.queue.jobs {
		j.repeats = 0
	}
	s.leave = s.cfg.Clock.Now().Add(s.cfg.Limits.LeaveTime)
	s.mu.Unlock()
	s.poke()
	<-s.done
	err := closeAll(s.cfg.Conns)
	s.wait.Wait()
	return err
}

func closeAll(conns []Conn) error {
	var errs []error
	for _, c := range conns {
		if err := c.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// hello renders the camera's Hello for a path when it is due.
func (s *Server) hello(d *Device) func(Path) []byte {
	return func(to Path) []byte {
		now := d.current.Load()
		xaddrs := now.XAddrs(to)
		if now.Hidden || len(xaddrs) == 0 {
			return nil
		}
		return hello(s.header(d, ""), &now.Target, xaddrs)
	}
}

// bye renders the Bye of a camera that was as old says.
func (s *Server) bye(d *Device, old *state) func(Path) []byte {
	return func(to Path) []byte {
		if len(old.XAddrs(to)) == 0 {
			return nil
		}
		return bye(s.header(d, ""), &old.Target)
	}
}

// announce queues a multicast message on every link, delayed at random if spread
// is set. The caller holds mu.
func (s *Server) announce(render func(Path) []byte, spread bool) {
	for _, c := range s.cfg.Conns {
		for _, link := range c.Links() {
			s.enqueue(&job{conn: c, path: link, render: func() []byte { return render(link) }}, spread)
		}
	}
}

// header makes the header of the device's next message.
func (s *Server) header(d *Device, relates string) header {
	d.number++
	return header{id: "urn:uuid:" + s.cfg.Random.UUID(), to: anonymous, relates: relates, instance: d.instance, number: d.number}
}

// unicast reports whether an address can be answered.
func unicast(a netip.AddrPort) bool {
	return a.IsValid() && a.Port() != 0 && !a.Addr().IsMulticast() && !a.Addr().IsUnspecified() && a.Addr() != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}
