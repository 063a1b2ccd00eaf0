package camera_test

import (
	"testing"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/pion/rtp"
)

// play plays the stream sub over TCP until the test ends; set up is called
// before the first packet can come.
func play(t *testing.T, c *cameratest.Camera, setUp func(*gortsplib.Client, *description.Session)) (stop func()) {
	t.Helper()
	u, err := base.ParseURL("rtsp://viewer:" + cameratest.Password + "@" + c.Addresses[device.RTSP] + "/sub")
	if err != nil {
		t.Fatal(err)
	}
	transport := gortsplib.TransportTCP
	client := &gortsplib.Client{Scheme: u.Scheme, Host: u.Host, Transport: &transport}
	if err := client.Start2(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	desc, _, err := client.Describe(u)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.SetupAll(desc.BaseURL, desc.Medias); err != nil {
		t.Fatal(err)
	}
	setUp(client, desc)
	if _, err := client.Play(nil); err != nil {
		t.Fatal(err)
	}
	return client.Close
}

// TestSynchronizationPointIsAKeyPicture of a stream whose next one would come in
// ten minutes, for both media services.
func TestSynchronizationPointIsAKeyPicture(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Listen: true, Clock: clock.Real(), Change: func(p *profiles.Profile) {
		streams := append([]profiles.Stream(nil), p.Media.Streams...)
		for i := range streams {
			streams[i].GOP = 15000
		}
		p.Media.Streams = streams
	}})
	keys := make(chan struct{}, 100)
	play(t, c, func(client *gortsplib.Client, desc *description.Session) {
		var h *format.H264
		media := desc.FindFormat(&h)
		decoder, err := h.CreateDecoder()
		if err != nil {
			t.Fatal(err)
		}
		client.OnPacketRTP(media, h, func(p *rtp.Packet) {
			nals, err := decoder.Decode(p)
			for _, nal := range nals {
				if err == nil && nal[0]&0x1F == 5 && len(keys) < cap(keys) { // IDR (H.264 7.4.1)
					keys <- struct{}{}
					return
				}
			}
		})
	})
	<-keys
	for _, prefix := range []string{"trt", "tr2"} {
		if a := c.As(t, "operator", "<"+prefix+":SetSynchronizationPoint><"+prefix+":ProfileToken>Profile_sub</"+prefix+":ProfileToken></"+prefix+":SetSynchronizationPoint>"); a.Fault != "" {
			t.Fatal(a.Fault)
		}
		<-keys
	}
	if m := c.Media(); m.Viewers != 1 || m.Packets == 0 || m.Octets == 0 {
		t.Errorf("counts %+v", m)
	}
	c.Reboot() // ends the session
	c.Close()
	if m := c.Media(); m != (camera.MediaStats{}) {
		t.Errorf("counts of a camera that is off: %+v", m)
	}
}
