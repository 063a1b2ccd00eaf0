package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"image/jpeg"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/simtest"
	"github.com/camfleet/camfleet/streams/strip"
	"golang.org/x/sync/errgroup"
)

// TestTwoHundredCamerasStartAndAnswer asks each of 200 cameras for its time,
// over HTTPS, for a snapshot and for a stream's description.
func TestTwoHundredCamerasStartAndAnswer(t *testing.T) {
	t.Parallel()
	fleet := simtest.Fleet(t, simtest.Cameras(200), simtest.Profile(showcase()...))
	cameras := fleet.Cameras()
	if len(cameras) != 200 {
		t.Fatalf("%d cameras", len(cameras))
	}
	seen := schematest.Collect(t)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(fleet.Info().CA))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}
	client := &http.Client{Transport: transport, Timeout: patience}
	var group errgroup.Group
	group.SetLimit(8)
	for i, c := range cameras {
		group.Go(func() error { return tryCamera(t, fleet, client, seen, i+1, c) })
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	owners := map[string]string{}
	for _, c := range cameras {
		for _, id := range []string{c.Serial, c.UUID, c.TPM.EK, fmt.Sprint(c.TPM.PID)} {
			if owners[id] != "" {
				t.Errorf("%s and %s share %s", owners[id], c.Name, id)
			}
			owners[id] = c.Name
		}
	}
}

// tryCamera asks one camera of many.
func tryCamera(t testing.TB, fleet *sim.Fleet, client *http.Client, seen *schematest.Collector, number int, c api.Camera) error {
	resp, err := client.Post(c.DeviceURLTLS, "application/soap+xml", strings.NewReader(envelope("", getSystemDateAndTime))) //nolint:noctx // the client has a timeout
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	if resp.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("GetSystemDateAndTimeResponse")) {
		return fmt.Errorf("%s: GetSystemDateAndTime: %d\n%s", c.Name, resp.StatusCode, body)
	}
	seen.Add("", body)
	s := c.Streams[1]
	if a := describe(t, simtest.Of(t, fleet, c.Name), s.RTSP); a.status != http.StatusUnauthorized {
		return fmt.Errorf("%s: DESCRIBE without credentials: %d", c.Name, a.status)
	}
	return checkSnapshot(t, fleet, number, c.Name, s)
}

// checkSnapshot reads the strip of a stream's still picture.
func checkSnapshot(t testing.TB, fleet *sim.Fleet, number int, name string, s api.Stream) error {
	file, err := fleet.Snapshot(t.Context(), name, s.Profile)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	picture, err := jpeg.Decode(bytes.NewReader(file))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if b := picture.Bounds(); b.Dx() != s.Width || b.Dy() != s.Height {
		return fmt.Errorf("%s: the snapshot is %v, want %dx%d", name, b, s.Width, s.Height)
	}
	mark, err := strip.DecodeImage(picture)
	if err == nil && int(mark.Camera) != number {
		err = fmt.Errorf("%s: the snapshot is of camera %d", name, mark.Camera)
	}
	return err
}
