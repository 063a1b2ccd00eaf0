package e2e

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/camfleet/camfleet/sim/simtest"
)

// overhear passes RTSP connections on to an address and gives the address to use
// instead, and what clients have sent so far.
func overhear(t *testing.T, address string) (string, func() string) {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	host := target.Host
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var sent bytes.Buffer
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			camera, err := net.Dial("tcp", host)
			if err != nil {
				t.Error(err)
				client.Close() //nolint:errcheck // it is given up
				continue
			}
			wg.Go(func() {
				io.Copy(client, camera) //nolint:errcheck // until either is gone
				client.Close()          //nolint:errcheck // as above
			})
			wg.Go(func() {
				io.Copy(camera, io.TeeReader(client, locked{&mu, &sent})) //nolint:errcheck // as above
				camera.Close()                                            //nolint:errcheck // as above
			})
		}
	})
	t.Cleanup(func() {
		l.Close() //nolint:errcheck // it is over
		wg.Wait()
	})
	target.Host = l.Addr().String()
	return target.String(), func() string {
		mu.Lock()
		defer mu.Unlock()
		return sent.String()
	}
}

// locked is a writer for several goroutines.
type locked struct {
	mu *sync.Mutex
	to io.Writer
}

func (l locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(b)
}

// rtspClients log in at an address and say whether they were served.
func rtspClients() map[string]func(t *testing.T, address, user, password string) bool {
	return map[string]func(t *testing.T, address, user, password string) bool{
		"ffmpeg": func(t *testing.T, address, user, password string) bool {
			r := run(t, "", "ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", login(address, user, password),
				"-c", "copy", "-frames:v", "3", "-f", "null", "-")
			return r.code == 0
		},
		"GStreamer": func(t *testing.T, address, user, password string) bool {
			r := run(t, "", "gst-launch-1.0", "rtspsrc", "location="+address, "user-id="+user, "user-pw="+password, "protocols=tcp", "!", "fakesink", "num-buffers=3")
			return strings.Contains(r.stdout, "Got EOS")
		},
		"gortsplib": func(t *testing.T, address, user, password string) bool {
			u := parse(t, login(address, user, password))
			c := &gortsplib.Client{}
			if err := c.Start(u.Scheme, u.Host); err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_, _, err := c.Describe(u)
			return err == nil
		},
	}
}

// TestPlayersLogInAsFarAsTheyCan: of these, only gortsplib knows SHA-256, and takes it
// where it is offered. GStreamer 1.22 answers with MD5 wherever that stands; ffmpeg 5.1
// takes the challenge that comes last, whether it knows the algorithm or not, so that
// MD5 before SHA-256, as the annexes print it, keeps it out. That is why `players` is
// the default.
func TestPlayersLogInAsFarAsTheyCan(t *testing.T) {
	t.Parallel()
	for order, want := range map[string]map[string]string{
		"players": {"ffmpeg": "MD5", "GStreamer": "MD5", "gortsplib": "MD5"},
		"sha256":  {"ffmpeg": "MD5", "GStreamer": "MD5", "gortsplib": "SHA-256"},
		"annex":   {"ffmpeg": "", "GStreamer": "MD5", "gortsplib": "SHA-256"}, // "": not at all
	} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			cam := simtest.Camera(t, simtest.Profile(writeFile(t, "order.yaml", "extends: flagship\nauth: {challenges: "+order+"}\n")))
			for name, play := range rtspClients() {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					address, sent := overhear(t, cam.Streams[1].RTSP)
					if served := play(t, address, "viewer", cam.Password("viewer")); served != (want[name] != "") || digestIn(sent()) != want[name] {
						t.Errorf("served: %v, by Digest %q; want %q", served, digestIn(sent()), want[name])
					}
					if play(t, address, "viewer", "wrong") {
						t.Error("served with a wrong password")
					}
				})
			}
		})
	}
}

// digestIn is the algorithm of the Digest answers that a client has sent, by the
// length of their response; "" if there is none.
func digestIn(sent string) string {
	_, rest, _ := strings.Cut(sent, `response="`)
	response, _, _ := strings.Cut(rest, `"`)
	return map[int]string{0: "", 32: "MD5", 64: "SHA-256"}[len(response)]
}
