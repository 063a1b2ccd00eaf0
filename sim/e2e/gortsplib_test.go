package e2e

import (
	"crypto/tls"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/camfleet/camfleet/sim/simtest"
	"github.com/camfleet/camfleet/streams/codec/ffmpegtest"
	"github.com/pion/rtp"
)

func TestGortsplibPlaysOverVerifiedTLSWithToken(t *testing.T) {
	t.Parallel()
	forEach(t, startShowcase(t), func(t *testing.T, number int, cam *simtest.Cam) {
		if !cam.Tokens {
			return // TestFFmpegPlaysEveryStreamOverTLSWithToken has it refused
		}
		s := cam.Streams[1]
		asked := time.Now()
		client := &gortsplib.Client{TLSConfig: cam.TLS(), OnRequest: withToken(cam.Token("Operator"))}
		nals := receive(t, client, s.RTSPS)
		raw := ffmpegtest.Decode(t, "h264", "gray", ffmpegtest.AnnexB(nals))
		readPictures(string(raw), s, asked).checkAll(t, number, 1, s)
	})
}

func TestGortsplibIsRefusedByAServerOfAnotherFleet(t *testing.T) {
	t.Parallel()
	cam, other := simtest.Camera(t), simtest.Camera(t)
	client := &gortsplib.Client{TLSConfig: other.TLS(), OnRequest: withToken(cam.Token("Operator"))}
	u := parse(t, cam.Streams[0].RTSPS)
	if err := client.Start(u.Scheme, u.Host); err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var untrusted *tls.CertificateVerificationError
	if _, _, err := client.Describe(u); !errors.As(err, &untrusted) {
		t.Errorf("%v, want a certificate that cannot be verified", err)
	}
}

// withToken adds a bearer token to every request.
func withToken(token string) func(*base.Request) {
	return func(r *base.Request) {
		if r.Header == nil {
			r.Header = base.Header{}
		}
		r.Header["Authorization"] = base.HeaderValue{"Bearer " + token}
	}
}

func parse(t testing.TB, address string) *base.URL {
	t.Helper()
	u, err := base.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// receive plays an address until enough pictures have come, and returns their
// NAL units.
func receive(t testing.TB, client *gortsplib.Client, address string) [][]byte {
	t.Helper()
	u := parse(t, address)
	if err := client.Start(u.Scheme, u.Host); err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	d, _, err := client.Describe(u)
	if err != nil {
		t.Fatal(err)
	}
	var f *format.H264
	media := d.FindFormat(&f)
	if media == nil {
		t.Fatalf("no H.264 in %+v", d)
	}
	decoder, err := f.CreateDecoder()
	if err != nil {
		t.Fatal(err)
	}
	if err := client.SetupAll(d.BaseURL, d.Medias); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var nals [][]byte
	units, done := 0, make(chan struct{})
	client.OnPacketRTP(media, f, func(p *rtp.Packet) {
		mu.Lock()
		defer mu.Unlock()
		unit, err := decoder.Decode(p)
		if err != nil || units == wanted {
			return
		}
		nals = append(nals, unit...)
		if units++; units == wanted {
			close(done)
		}
	})
	if _, err := client.Play(nil); err != nil {
		t.Fatal(err)
	}
	select {
	case <-done:
	case <-t.Context().Done():
	}
	mu.Lock()
	defer mu.Unlock()
	return nals
}
