package camera

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"syscall"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/rtsp"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// doors are where a camera is served now.
type doors struct {
	mu     sync.Mutex
	open   map[device.ProtocolName]*door
	closed bool
}

// door is one listener with its server.
type door struct {
	listener net.Listener
	web      *http.Server       // nil: it is one of RTSP
	stop     context.CancelFunc // ends the connections of RTSP and the tunnels
}

// serve starts the servers on their listeners.
func (r *run) serve(listeners Listeners) {
	r.doors.mu.Lock()
	defer r.doors.mu.Unlock()
	r.doors.open = map[device.ProtocolName]*door{}
	for name, l := range listeners {
		r.serveDoor(name, l)
	}
}

// serveDoor starts one server; the doors are held.
func (r *run) serveDoor(name device.ProtocolName, l net.Listener) {
	h := r.camera.config.Profile.Limits.HTTP
	switch name {
	case device.HTTP:
		r.serveWeb(name, limit(l, h.Connections))
	case device.HTTPS:
		r.serveWeb(name, secure(limit(l, h.Connections), r.camera.tls.Config(), r.camera.config.Clock, h.HandshakeTimeout))
	case device.RTSP, device.RTSPS:
		ctx, stop := context.WithCancel(r.ctx)
		r.doors.open[name] = &door{listener: l, stop: stop}
		r.wg.Go(func() {
			defer stop()
			if err := r.rtsp.Serve(ctx, l, name == device.RTSPS); err != nil && !errors.Is(err, rtsp.ErrClosed) {
				r.camera.log.Error("the RTSP listener ended", "protocol", name, "error", err)
			}
		})
	}
}

// serveWeb starts a web server. Each listener has its own, so that each can be
// closed with its connections.
func (r *run) serveWeb(name device.ProtocolName, l net.Listener) {
	h := r.camera.config.Profile.Limits.HTTP
	ctx, stop := context.WithCancel(r.ctx)
	web := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			w.Header().Set("Server", r.software)
			if !r.tunnels.Handle(ctx, w, req) {
				r.ServeHTTP(w, req)
			}
		}),
		MaxHeaderBytes:    int(h.HeaderBytes),
		ReadHeaderTimeout: h.HeaderTimeout, IdleTimeout: h.IdleTimeout,
		BaseContext: func(net.Listener) context.Context { return r.ctx },
		ErrorLog:    slog.NewLogLogger(r.camera.log.Handler(), slog.LevelDebug),
		// One request after the other, as cameras do.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	r.doors.open[name] = &door{listener: l, web: web, stop: stop}
	r.wg.Go(func() {
		if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			r.camera.log.Error("the web listener ended", "address", l.Addr(), "error", err)
		}
	})
}

// closeDoor ends a door at once for who comes; requests that run are still
// answered, however long that takes while the camera is up. The doors are held.
func (r *run) closeDoor(name device.ProtocolName) {
	d := r.doors.open[name]
	delete(r.doors.open, name)
	d.listener.Close() //nolint:errcheck // it is given up
	d.stop()
	if d.web == nil {
		return
	}
	r.wg.Go(func() {
		if d.web.Shutdown(r.ctx) != nil {
			d.web.Close() //nolint:errcheck // the camera goes down
		}
	})
}

// closeDoors ends the web servers for good; the answers under way are still
// sent. Their time is the machine's: a clock that stands still must not keep a
// camera up.
func (r *run) closeDoors() {
	r.doors.mu.Lock()
	r.doors.closed = true
	r.doors.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	var wg sync.WaitGroup
	for _, d := range r.doors.open {
		if d.web == nil {
			continue
		}
		wg.Go(func() {
			if d.web.Shutdown(ctx) != nil {
				d.web.Close() //nolint:errcheck // it is over
			}
		})
	}
	wg.Wait()
}

// setProtocols changes where the camera listens (Core 8.2.13): what is new is
// opened before anything old is closed, so a port that moves from one protocol
// to another in one step is in use.
func (r *run) setProtocols(change []device.Protocol) error {
	r.doors.mu.Lock()
	defer r.doors.mu.Unlock()
	if r.doors.closed {
		return svc.ErrStopped
	}
	var opened Listeners
	var next device.Network
	err := r.camera.config.State.Update(func(tx *state.Tx) (err error) {
		if err := tx.Device().SetProtocols(change); err != nil {
			return err
		}
		next = tx.View().Device.Network
		if p, ok := next.Protocol(device.HTTPS); ok && p.Enabled && len(tx.View().Keystore.TLS.Paths) == 0 {
			return fmt.Errorf("%w: no certification path is assigned", device.ErrEnablingTLS)
		}
		if !slices.EqualFunc(next.Protocols, tx.Before().Device.Network.Protocols, sameDoor) {
			tx.Device().AddressesChanged()
		}
		opened, err = r.openDoors(next)
		return err
	})
	if err != nil {
		opened.close()
		return err
	}
	for _, p := range next.Protocols {
		if _, is := r.doors.open[p.Name]; is && (opened[p.Name] != nil || !p.Enabled) {
			r.closeDoor(p.Name)
		}
		if l := opened[p.Name]; l != nil {
			r.serveDoor(p.Name, l)
		}
	}
	at := Listeners{}
	for name, d := range r.doors.open {
		at[name] = d.listener
	}
	r.camera.listensAt(at)
	return nil
}

func sameDoor(a, b device.Protocol) bool {
	return a.Name == b.Name && a.Enabled == b.Enabled && slices.Equal(a.Ports, b.Ports)
}

// openDoors opens the listeners that a network configuration asks for and that
// are not there. A camera that was given none has no address to open any at.
func (r *run) openDoors(n device.Network) (Listeners, error) {
	opened := Listeners{}
	host := r.camera.host()
	for _, p := range n.Protocols {
		d := r.doors.open[p.Name]
		if host == "" || !p.Enabled || d != nil && portOf(d.listener) == p.Ports[0] {
			continue
		}
		l, err := r.camera.config.Listen(r.ctx, net.JoinHostPort(host, strconv.Itoa(p.Ports[0])))
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			return opened, fmt.Errorf("protocol %s: %w: %d", p.Name, device.ErrPortAlreadyInUse, p.Ports[0])
		case err != nil:
			return opened, fmt.Errorf("protocol %s: %w: %d", p.Name, device.ErrPortBlocked, p.Ports[0])
		}
		opened[p.Name] = l
	}
	return opened, nil
}

// portOf is a listener's TCP port; 0 if it has none.
func portOf(l net.Listener) int {
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		return a.Port
	}
	return 0
}

// listensAt notes where a reboot is to open the listeners again.
func (c *Camera) listensAt(l Listeners) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.addresses = map[device.ProtocolName]string{}
	for name, listener := range l {
		c.addresses[name] = listener.Addr().String()
		if host, _, err := net.SplitHostPort(c.addresses[name]); err == nil {
			c.bound = host
		}
	}
}

// host is the address that listeners are opened at; "": none.
func (c *Camera) host() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bound
}

// listen opens the camera's listeners again.
func (c *Camera) listen() (Listeners, error) {
	c.mu.Lock()
	addresses := c.addresses
	c.mu.Unlock()
	l := Listeners{}
	for name, address := range addresses {
		listener, err := c.config.Listen(context.Background(), address)
		if err != nil {
			l.close()
			return nil, fmt.Errorf("%s at %s: %w", name, address, err)
		}
		l[name] = listener
	}
	return l, nil
}
