package camera

import (
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// ErrNoOrigin says that nobody knows what the camera left the factory with.
var ErrNoOrigin = errors.New("the camera's factory state is not known")

// FactoryDefault brings back what the camera left the factory with (Core 8.3.8;
// see [state.Origin] for what a soft one keeps) and reboots. The change is one, and
// stored before FactoryDefault returns, with how long the camera will be away.
// Requests under way are answered. Errors: svc.ErrStopped, ErrNoOrigin, those of
// the state.
func (c *Camera) FactoryDefault(hard bool) (time.Duration, error) {
	r := c.running()
	if r == nil {
		return 0, svc.ErrStopped
	}
	if err := r.factoryDefault(hard); err != nil {
		return 0, err
	}
	return c.Reboot(), nil
}

// factoryDefault changes the state; the doors stay as they are from then on, and
// the reboot opens those of the factory.
func (r *run) factoryDefault(hard bool) error {
	r.doors.mu.Lock()
	defer r.doors.mu.Unlock()
	if r.doors.closed {
		return svc.ErrStopped
	}
	st := r.camera.config.State
	err := st.Update(func(tx *state.Tx) error {
		now := tx.View()
		switch {
		case now.Origin == nil:
			return ErrNoOrigin
		case hard:
			tx.Replace(now.Origin.Hard(now))
		default:
			tx.Replace(now.Origin.Soft(now))
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.doors.closed = true
	if hard {
		r.camera.listensWhere(st.View().Device.Network)
	}
	return nil
}

// listensWhere notes that a reboot is to open the listeners that a network
// configuration asks for. A camera that was given none has no address for any.
func (c *Camera) listensWhere(n device.Network) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bound == "" {
		return
	}
	c.addresses = map[device.ProtocolName]string{}
	for _, p := range n.Protocols {
		if p.Enabled {
			c.addresses[p.Name] = net.JoinHostPort(c.bound, strconv.Itoa(p.Ports[0]))
		}
	}
}
