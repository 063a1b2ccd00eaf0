package camera_test

import (
	"testing"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
	"github.com/pion/rtp"
)

// listen plays the stream sub and returns what it has of SEIs.
func listen(t *testing.T, c *cameratest.Camera) <-chan *sign.SEI {
	t.Helper()
	out := make(chan *sign.SEI, 1000)
	play(t, c, func(client *gortsplib.Client, desc *description.Session) {
		var h *format.H264
		media := desc.FindFormat(&h)
		decoder, err := h.CreateDecoder()
		if err != nil {
			t.Fatal(err)
		}
		client.OnPacketRTP(media, h, func(p *rtp.Packet) {
			nals, err := decoder.Decode(p)
			if err != nil {
				return // more packets are needed
			}
			for _, nal := range nals {
				if sei, err := sign.ParseSEI(streams.H264, nal); err == nil {
					select {
					case out <- sei:
					default:
					}
				}
			}
		})
	})
	return out
}

// TestSEIsNameTheReleaseTheyAreWrittenBy and the camera: its firmware, serial
// number and maker as GetDeviceInformation gives them.
func TestSEIsNameTheReleaseTheyAreWrittenBy(t *testing.T) {
	t.Parallel()
	for release, want := range map[string][3]byte{"25.06": {25, 12, 0}, "26.06": {26, 6, 0}} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			c := cameratest.New(t, cameratest.Config{Listen: true, Clock: clock.Real(), Host: host(t), Change: func(p *profiles.Profile) {
				short(p)
				p.ONVIF.Release = release
			}})
			sei := <-listen(t, c)
			about := c.State.View().Device.Identity
			vendor := sign.Vendor{FirmwareVersion: about.FirmwareVersion, SerialNumber: about.SerialNumber, Manufacturer: about.Manufacturer}
			if sei.General.Version != want || sei.General.Layout != 2 || *sei.Vendor != vendor {
				t.Errorf("version %v, layout %d, %+v: want %v, 2, %+v", sei.General.Version, sei.General.Layout, *sei.Vendor, want, vendor)
			}
		})
	}
}
