package rtsp

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// users is a list of accounts.
type users map[string]auth.Account

func (u users) Account(name string) (auth.Account, bool) {
	a, ok := u[name]
	return a, ok
}

func (users) Password(string) (string, bool) { return "", false }
func (users) Names() []string                { return nil }

// certificate makes a server certificate for 127.0.0.1, and the pool that
// trusts it.
func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "camera"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: begin2026().AddDate(-10, 0, 0), NotAfter: begin2026().AddDate(50, 0, 0), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pool
}

// guarded is a bench with real Digest authentication and TLS. Key frames come
// once a second, as most cameras have it.
func guarded(t testing.TB) (*bench, *x509.CertPool) {
	t.Helper()
	cert, pool := certificate(t)
	b := newBench(t, func(c *Config, s *StreamConfig) {
		c.Auth = auth.New(auth.Config{Realm: "camera", Accounts: users{"viewer": {Name: "viewer", Keys: auth.KeysOf("viewer", "camera", "camfleet"), Level: auth.User}}})
		c.Allow = isUser
		c.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, DynamicRecordSizingDisabled: true}
		source := s.Source.(*flatSource)
		source.columns, source.rows, source.gop = 20, 15, 25
	})
	return b, pool
}

// player runs a player for at most half a minute and returns what it printed.
func player(t *testing.T, name string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

func TestFFmpegPlaysWithDigest(t *testing.T) {
	t.Parallel()
	b, _ := guarded(t)
	for name, c := range map[string]struct{ transport, scheme, address string }{
		"TCP": {"tcp", "rtsp", b.address},
		"UDP": {"udp", "rtsp", b.address},
		"TLS": {"tcp", "rtsps", b.secureAddress},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := c.scheme + "://viewer:camfleet@" + c.address + "/main"
			out, errs, err := player(t, "ffmpeg", "-nostdin", "-v", "warning", "-rtsp_transport", c.transport, "-i", url, "-frames:v", "30", "-f", "framemd5", "-")
			if n := strings.Count(out, "\n0,"); n != 30 {
				t.Errorf("%d pictures:\n%s", n, out)
			}
			if errs != "" || err != nil {
				t.Errorf("ffmpeg is not pleased: %v\n%s", err, errs)
			}
		})
	}
}

func TestGStreamerPlaysWithDigest(t *testing.T) {
	t.Parallel()
	b, _ := guarded(t)
	for name, location := range map[string]string{
		"TCP":              "rtspt://" + b.address + "/main",
		"UDP":              "rtspu://" + b.address + "/main",
		"its own choice":   "rtsp://" + b.address + "/main",
		"TLS":              "rtsps://" + b.secureAddress + "/main",
		"trailing slash":   "rtspt://" + b.address + "/main/",
		"query in the URL": "rtspt://" + b.address + "/main?a=b",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// What it says after the end of the stream does not count: closing
			// down, it races with itself for its connection now and then.
			out, errs, err := player(t, "gst-launch-1.0", "rtspsrc", "location="+location, "user-id=viewer", "user-pw=camfleet", "tls-validation-flags=0", "latency=100",
				"!", "rtph264depay", "!", "h264parse", "!", "avdec_h264", "!", "fakesink", "num-buffers=30", "sync=true")
			if !strings.Contains(out, "Got EOS") {
				t.Errorf("no end of the stream: %v\n%s%s", err, out, errs)
			}
		})
	}
}

func TestWrongPasswordsAreRefusedToPlayers(t *testing.T) {
	t.Parallel()
	b, _ := guarded(t)
	for _, password := range []string{"", "wrong"} {
		cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-i", "rtsp://viewer:"+password+"@"+b.address+"/main", "-f", "null", "-")
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "401") {
			t.Errorf("password %q: %v\n%s", password, err, out)
		}
	}
}

// digest2069 is the Authorization of clients that know RFC 2069 only, such as
// live555.
func digest2069(t *testing.T, challenge, method, uri string) string {
	t.Helper()
	var realm, nonce string
	if _, err := fmt.Sscanf(challenge, "Digest realm=%q, nonce=%q", &realm, &nonce); err != nil {
		t.Fatalf("challenge %q: %v", challenge, err)
	}
	sum := func(parts ...string) string {
		return fmt.Sprintf("%x", md5.Sum([]byte(strings.Join(parts, ":")))) //nolint:gosec // RFC 2069
	}
	response := sum(sum("viewer", realm, "camfleet"), nonce, sum(method, uri))
	return fmt.Sprintf(`Authorization: Digest username="viewer", realm=%q, nonce=%q, uri=%q, response=%q`, realm, nonce, uri, response)
}

func TestDigestMayNameThePresentationForItsTrack(t *testing.T) {
	t.Parallel()
	b, _ := guarded(t)
	c := b.dial()
	challenge := strings.Replace(c.want(401, "DESCRIBE", b.url).header.get("www-authenticate"), `",nonce`, `", nonce`, 1)
	c.want(200, "DESCRIBE", b.url, digest2069(t, challenge, "DESCRIBE", b.url))
	for _, uri := range []string{b.url, b.url + "/", b.url + "/trackID=0"} {
		r := c.want(200, "SETUP", b.url+"/trackID=0", overTCP, digest2069(t, challenge, "SETUP", uri))
		id, _, _ := strings.Cut(r.header.get("session"), ";")
		c.want(200, "TEARDOWN", b.url+"/", "Session: "+id, digest2069(t, challenge, "TEARDOWN", uri))
	}
	c.want(200, "DESCRIBE", b.url+"/", digest2069(t, challenge, "DESCRIBE", b.url))
}

func TestGortsplibPlays(t *testing.T) {
	t.Parallel()
	b, pool := guarded(t)
	tcp, udp := gortsplib.TransportTCP, gortsplib.TransportUDP
	for name, c := range map[string]struct {
		transport *gortsplib.Transport
		scheme    string
		address   string
	}{
		"TCP": {&tcp, "rtsp", b.address},
		"UDP": {&udp, "rtsp", b.address},
		"TLS": {&tcp, "rtsps", b.secureAddress},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := &gortsplib.Client{Transport: c.transport, TLSConfig: &tls.Config{RootCAs: pool}}
			b.playByGortsplib(t, client, fmt.Sprintf("%s://viewer:camfleet@%s/main", c.scheme, c.address))
		})
	}
}

// playByGortsplib plays 40 access units and checks that they are whole, in
// order, and that the wall clock of the sender reports is right.
func (b *bench) playByGortsplib(t *testing.T, client *gortsplib.Client, address string) {
	t.Helper()
	u, err := base.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
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
	if want := b.main.Format().ParameterSets; !bytes.Equal(f.SPS, want[0]) || !bytes.Equal(f.PPS, want[1]) {
		t.Errorf("parameter sets % x and % x", f.SPS, f.PPS)
	}
	if err := client.SetupAll(d.BaseURL, d.Medias); err != nil {
		t.Fatal(err)
	}
	decoder, err := f.CreateDecoder()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var once sync.Once
	units, late, dropped := 0, time.Duration(-1), true
	var mu sync.Mutex
	var report *rtcp.SenderReport
	client.OnPacketRTCP(media, func(p rtcp.Packet) {
		mu.Lock()
		defer mu.Unlock()
		if sr, ok := p.(*rtcp.SenderReport); ok {
			report = sr
		}
	})
	client.OnPacketRTP(media, f, func(p *rtp.Packet) {
		nals, err := decoder.Decode(p)
		mu.Lock()
		defer mu.Unlock()
		if err != nil || units == 40 {
			return
		}
		if units == 0 && len(nals) != 3 {
			t.Errorf("the stream begins with %d NAL units, want SPS, PPS, IDR", len(nals))
		}
		if report != nil { // gortsplib reads its fraction wrongly: do that here
			late = b.clock.Now().Sub(instantOf(report, p.Timestamp))
			_, known := client.PacketNTP(media, p)
			dropped = !known
		}
		if units++; units == 40 {
			once.Do(func() { close(done) })
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
	if late < 0 || late > 30*time.Second {
		t.Errorf("the last picture is of %v ago", late)
	}
	if dropped {
		t.Error("the client dropped the sender report")
	}
}

func TestSDPIsReadByAnother(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(_ *Config, s *StreamConfig) { s.Profile, s.Name, s.Control = "Profile_1", "Main stream", "video" })
	text := b.dial().want(200, "DESCRIBE", b.url).body
	for _, line := range []string{
		"v=0", "s=Main stream", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*", "a=range:npt=now-", "m=video 0 RTP/AVP 96",
		"a=rtpmap:96 H264/90000", "a=framerate:25", "a=control:video", "a=x-onvif-profile:Profile_1",
	} {
		if !strings.Contains(text, line+"\r\n") {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
	if !strings.Contains(text, "a=fmtp:96 packetization-mode=1;profile-level-id=42C028;sprop-parameter-sets=") {
		t.Errorf("no parameters in\n%s", text)
	}
	var d description.Session
	if err := unmarshalSDP(text, &d); err != nil {
		t.Errorf("%v in\n%s", err, text)
	}
	if d.Title != "Main stream" || len(d.Medias) != 1 || d.Medias[0].Control != "video" {
		t.Errorf("%+v", d)
	}
	b.dial().want(200, "SETUP", b.url+"/video", overTCP)
	b.dial().want(404, "SETUP", b.url+"/trackID=0", overTCP)
}
