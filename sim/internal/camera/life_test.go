package camera_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
)

// diary writes down the stations of a camera's life.
type diary struct {
	mu   sync.Mutex
	list []camera.Status
}

func (d *diary) enter(s camera.Status) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, s)
}

func (d *diary) read() []camera.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.list)
}

// last returns whether the camera is at a station for the n-th time.
func (d *diary) at(s camera.Status, n int) func() bool {
	return func() bool {
		list := d.read()
		times := 0
		for _, e := range list {
			if e == s {
				times++
			}
		}
		return times >= n && list[len(list)-1] == s
	}
}

func (d *diary) want(t *testing.T, want ...camera.Status) {
	t.Helper()
	if got := d.read(); !slices.Equal(got, want) {
		t.Errorf("stations %v\n    want %v", got, want)
	}
}

const reboot = "<tds:SystemReboot/>"

// post sends a SOAP request over the HTTP listener.
func post(t *testing.T, c *cameratest.Camera, client *http.Client, account, body string) cameratest.Answer {
	t.Helper()
	resp, answer := cameratest.Do(t, client, http.MethodPost, c.URL(false, "/onvif/device_service"), account, []byte(cameratest.Envelope("", body)))
	return cameratest.Read(t, resp.StatusCode, resp.Header, answer)
}

// TestRebootIsAnsweredThenHappens: the answer arrives, the camera is away for
// its boot time, and comes back where it was (Core 8.3.13).
func TestRebootIsAnsweredThenHappens(t *testing.T) {
	t.Parallel()
	var d diary
	c := cameratest.New(t, cameratest.Config{Listen: true, Status: d.enter, Change: func(p *profiles.Profile) { p.Boot.Time = 7 * time.Second }})
	client := c.Client(t)
	if a := post(t, c, client, "operator", reboot); a.Status != http.StatusUnauthorized {
		t.Errorf("an operator may reboot: %d", a.Status)
	}
	if a := post(t, c, client, "admin", reboot); a.Status != http.StatusOK || a.Text("./Message") != "Rebooting, back in 7 s" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	c.Until(0, d.at(camera.Rebooting, 1))
	c.Until(0, func() bool { // the listener is closed
		conn, err := net.Dial("tcp", c.Addresses[device.HTTP])
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	if _, err := c.Still(t.Context(), ""); err == nil {
		t.Error("a picture of a camera that is away")
	}
	if m := c.Media(); m != (camera.MediaStats{}) {
		t.Errorf("counts of a camera that is away: %+v", m)
	}
	if _, err := c.Handle(t.Context(), nil); err == nil {
		t.Error("an answer of a camera that is away")
	}
	c.Until(time.Second, d.at(camera.Running, 2))
	d.want(t, camera.Starting, camera.Running, camera.Rebooting, camera.Running)
	if a := post(t, c, client, "admin", "<tds:GetUsers/>"); a.Status != http.StatusOK {
		t.Errorf("after the reboot: %d", a.Status)
	}
	boot := c.State.View().Device.Boot
	if boot.Boots != 2 || boot.LastReboot.Sub(cameratest.Start()) < 7*time.Second || boot.LastReboot.After(c.Clock.Now()) {
		t.Errorf("boot counters %+v at %v", boot, c.Clock.Now())
	}
	if _, err := c.Still(t.Context(), "sub"); err != nil {
		t.Errorf("no picture after the reboot: %v", err)
	}
}

// TestRebootEndsRequestsUnderWay that take longer than the grace.
func TestRebootEndsRequestsUnderWay(t *testing.T) {
	t.Parallel()
	var d diary
	c := cameratest.New(t, cameratest.Config{Listen: true, Status: d.enter})
	conn, err := net.Dial("tcp", c.Addresses[device.HTTP])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("POST /onvif/device_service HTTP/1.1\r\nHost: c\r\nContent-Length: 100\r\n\r\nhalf")); err != nil {
		t.Fatal(err)
	}
	c.Reboot()
	if n, err := conn.Read(make([]byte, 1000)); err == nil && n == 0 {
		t.Error("the connection goes on")
	}
	c.Until(time.Second, d.at(camera.Running, 2))
}

func TestCloseEndsARebootAtAnyPoint(t *testing.T) {
	t.Parallel()
	for name, until := range map[string]func(*cameratest.Camera, *diary){
		"at once":          func(*cameratest.Camera, *diary) {},
		"while going down": func(c *cameratest.Camera, d *diary) { c.Until(0, d.at(camera.Rebooting, 1)) },
		"while away":       func(c *cameratest.Camera, d *diary) { c.Until(time.Millisecond, d.at(camera.Rebooting, 1)) },
		"when back":        func(c *cameratest.Camera, d *diary) { c.Until(time.Second, d.at(camera.Running, 2)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d diary
			c := cameratest.New(t, cameratest.Config{Listen: true, Status: d.enter})
			c.Reboot()
			until(c, &d)
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			c.Clock.Advance(time.Hour)
			got := d.read()
			if got[len(got)-1] != camera.Stopped || c.Status() != camera.Stopped {
				t.Errorf("stations %v, status %s", got, c.Status())
			}
			if away := c.Reboot(); away != c.Profile.Boot.Time || !slices.Equal(d.read(), got) {
				t.Errorf("a closed camera reboots: %v", d.read())
			}
		})
	}
}

func TestCloseWhileAnAddressIsTaken(t *testing.T) {
	t.Parallel()
	var d diary
	tried := make(chan struct{}, 100)
	c := cameratest.New(t, cameratest.Config{Listen: true, Status: d.enter, Open: func(context.Context, string) (net.Listener, error) {
		tried <- struct{}{}
		return nil, net.ErrClosed
	}})
	c.Reboot()
	c.Until(time.Second, func() bool { return len(tried) > 2 })
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	d.want(t, camera.Starting, camera.Running, camera.Rebooting, camera.Stopped)
}

// TestAddressTakenMeanwhileIsTriedAgain: the camera comes back when it is free.
func TestAddressTakenMeanwhileIsTriedAgain(t *testing.T) {
	t.Parallel()
	var d diary
	var mu sync.Mutex
	failed := 0
	c := cameratest.New(t, cameratest.Config{Listen: true, Status: d.enter, Open: func(ctx context.Context, address string) (net.Listener, error) {
		var listen net.ListenConfig
		l, err := listen.Listen(ctx, "tcp", address)
		if err != nil {
			mu.Lock()
			defer mu.Unlock()
			failed++
		}
		return l, err
	}})
	c.Reboot()
	var thief net.Listener
	c.Until(0, func() (taken bool) { // as soon as the camera has let go of it
		l, err := net.Listen("tcp", c.Addresses[device.RTSP])
		thief = l
		return err == nil
	})
	c.Until(time.Second, func() bool { mu.Lock(); defer mu.Unlock(); return failed > 2 })
	d.want(t, camera.Starting, camera.Running, camera.Rebooting)
	if l, err := net.Listen("tcp", c.Addresses[device.HTTP]); err != nil {
		t.Errorf("the camera keeps one address while it cannot have the other: %v", err)
	} else {
		l.Close()
	}
	thief.Close()
	c.Until(time.Second, d.at(camera.Running, 2))
	if a := post(t, c, c.Client(t), "admin", "<tds:GetUsers/>"); a.Status != http.StatusOK {
		t.Errorf("after all: %d", a.Status)
	}
}

// TestLifeIsToldInOrder however many want it to reboot.
func TestLifeIsToldInOrder(t *testing.T) {
	t.Parallel()
	var d diary
	c := cameratest.New(t, cameratest.Config{Status: d.enter, Change: func(p *profiles.Profile) { p.Boot.Time = 0 }})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				c.Reboot()
				c.Clock.Advance(time.Millisecond)
				c.Status()
			}
		})
	}
	wg.Wait()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	life := fmt.Sprint(d.read())
	if !regexp.MustCompile(`^\[starting running( rebooting running)*( rebooting)? stopped\]$`).MatchString(life) {
		t.Errorf("stations %s", life)
	}
}

func TestNobodyKnowsAStreamThatIsNotThere(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	if _, err := c.Still(t.Context(), "third"); err == nil {
		t.Error("there is a picture")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Still(ctx, ""); err == nil {
		t.Error("a picture for somebody who has gone")
	}
}
