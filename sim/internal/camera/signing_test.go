package camera_test

import (
	"crypto/x509"
	"net/url"
	"strconv"
	"syscall"
	"testing"
	"time"

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

// short has the streams have GOPs of five pictures.
func short(p *profiles.Profile) {
	all := append([]profiles.Stream(nil), p.Media.Streams...)
	for i := range all {
		all[i].GOP = 5
	}
	p.Media.Streams = all
}

// watch plays the stream sub and verifies it; the verdicts come out.
func watch(t *testing.T, c *cameratest.Camera) <-chan sign.Verdict {
	t.Helper()
	out, _ := watchUntil(t, c)
	return out
}

// watchUntil is watch that can be stopped.
func watchUntil(t *testing.T, c *cameratest.Camera) (verdicts <-chan sign.Verdict, stop func()) {
	t.Helper()
	v, err := sign.NewVerifier(sign.VerifierConfig{Codec: streams.H264, Roots: []*x509.Certificate{c.Roots.Signing.Certificate}})
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan sign.Verdict, 1000)
	stop = play(t, c, func(client *gortsplib.Client, desc *description.Session) {
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
			shown := time.Unix(0, 0).Add(time.Duration(p.Timestamp) * time.Second / 90000)
			for _, d := range v.Push(&streams.AccessUnit{NALs: nals, Time: shown}) {
				select {
				case out <- d:
				default:
				}
			}
		})
	})
	return out, stop
}

func expectVerdicts(t *testing.T, verdicts <-chan sign.Verdict, n int, want sign.Authenticity) {
	t.Helper()
	for range n {
		if d := <-verdicts; d.Authenticity != want || d.Provenance != sign.Trusted {
			t.Fatalf("%s, %s, want %s: %+v", d.Authenticity, d.Provenance, want, d.Reasons)
		}
	}
}

// TestPlayedStreamIsSignedWithTheKeyInTheTPM and verifies from its second GOP on,
// for who joins later too. The TPM is killed meanwhile: the picture goes on, and
// so do the signatures.
func TestPlayedStreamIsSignedWithTheKeyInTheTPM(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Listen: true, Clock: clock.Real(), Host: host(t), Change: short})
	verdicts := watch(t, c)
	expectVerdicts(t, verdicts, 3, sign.Authentic)
	late := watch(t, c)
	expectVerdicts(t, late, 3, sign.Authentic)
	if err := syscall.Kill(c.TPM.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	expectVerdicts(t, verdicts, 6, sign.Authentic)
}

// TestEveryReaderGetsTheCertificates, though they are sent in a SEI of their own:
// ten join one after the other, inside GOPs that are long and short.
func TestEveryReaderGetsTheCertificates(t *testing.T) {
	t.Parallel()
	for _, gop := range []int{3, 12} {
		t.Run(strconv.Itoa(gop), func(t *testing.T) {
			t.Parallel()
			c := cameratest.New(t, cameratest.Config{Listen: true, Clock: clock.Real(), Host: host(t), Change: func(p *profiles.Profile) {
				short(p)
				for i := range p.Media.Streams {
					p.Media.Streams[i].GOP = gop
				}
				p.Media.Signing.CertificateSEI = true
			}})
			var all []<-chan sign.Verdict
			for range 10 {
				verdicts := watch(t, c)
				expectVerdicts(t, verdicts, 1, sign.Authentic)
				all = append(all, verdicts)
			}
			for _, verdicts := range all {
				expectVerdicts(t, verdicts, 3, sign.Authentic)
			}
		})
	}
}

// signingEvents subscribes to the events about media signing; the function
// returned waits for the next one and returns its state.
func signingEvents(t *testing.T, c *cameratest.Camera) func() string {
	t.Helper()
	a := c.As(t, "admin", `<tev:CreatePullPointSubscription><tev:Filter><wsnt:TopicExpression Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet" xmlns:tns1="http://www.onvif.org/ver10/topics">tns1:Monitoring/MediaSigning</wsnt:TopicExpression></tev:Filter></tev:CreatePullPointSubscription>`)
	at, err := url.Parse(a.Text("./SubscriptionReference/Address"))
	if err != nil || a.Fault != "" {
		t.Fatal(a.Fault, err)
	}
	return func() string {
		for {
			a := c.Call(t, cameratest.Call{As: "admin", Path: at.RequestURI(),
				Body: "<tev:PullMessages><tev:Timeout>PT20S</tev:Timeout><tev:MessageLimit>1</tev:MessageLimit></tev:PullMessages>"})
			if a.Fault != "" {
				t.Fatal(a.Fault)
			}
			for _, el := range a.Root.FindElements("//SimpleItem[@Name='State']") {
				return el.SelectAttrValue("Value", "")
			}
		}
	}
}

// TestTPMThatHangsDelaysSignaturesAndAnEventSaysSo: no picture is held up, and no
// GOP is lost to the verifier.
func TestTPMThatHangsDelaysSignaturesAndAnEventSaysSo(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Listen: true, Clock: clock.Real(), Host: host(t), Change: short})
	next := signingEvents(t, c)
	verdicts := watch(t, c)
	expectVerdicts(t, verdicts, 2, sign.Authentic)
	if err := syscall.Kill(c.TPM.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if got := next(); got != "Late" {
		t.Errorf("event %q: want Late", got)
	}
	syscall.Kill(c.TPM.PID(), syscall.SIGCONT) //nolint:errcheck // it may be another one by now
	for got := next(); got != "Resumed"; got = next() {
		if got != "Late" {
			t.Errorf("event %q: want Late or Resumed", got)
		}
	}
	expectVerdicts(t, verdicts, 3, sign.Authentic)
}

// setEncoder asks for a change of the encoder configuration of the stream sub.
func setEncoder(gov, signed string) string {
	return `<tr2:SetVideoEncoderConfiguration><tr2:Configuration token="vec-sub" GovLength="` + gov + `" Profile="Main" Signed="` + signed + `">` +
		`<tt:Name>sub</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>640</tt:Width><tt:Height>360</tt:Height></tt:Resolution>` +
		`<tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit><tt:BitrateLimit>768</tt:BitrateLimit></tt:RateControl><tt:Quality>5</tt:Quality></tr2:Configuration></tr2:SetVideoEncoderConfiguration>`
}

// TestSignedIsSwitchedWhileTheStreamPlays, and GovLength with it.
func TestSignedIsSwitchedWhileTheStreamPlays(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Listen: true, Clock: clock.Real(), Host: host(t), Change: short})
	set := func(gov, signed string) {
		t.Helper()
		if a := c.As(t, "admin", setEncoder(gov, signed)); a.Fault != "" {
			t.Fatal(a.Fault)
		}
	}
	set("7", "false")
	if d := <-watch(t, c); d.Authenticity != sign.Unsigned || d.Last-d.First != 6 {
		t.Errorf("%+v: want 7 unsigned pictures", d)
	}
	set("4", "true")
	verdicts := watch(t, c)
	for d := range verdicts {
		if d.Last-d.First == 3 {
			break // until then the GOP was longer
		}
	}
	expectVerdicts(t, verdicts, 2, sign.Authentic)
}

// TestUsersKeySignsFromTheNextGOPOn in all releases.
func TestUsersKeySignsFromTheNextGOPOn(t *testing.T) {
	t.Parallel()
	for _, release := range []string{"25.06", "26.06"} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			c := cameratest.New(t, cameratest.Config{Listen: true, Clock: clock.Real(), Host: host(t), Change: func(p *profiles.Profile) {
				short(p)
				p.ONVIF.Release = release
			}})
			verdicts := watch(t, c)
			expectVerdicts(t, verdicts, 2, sign.Authentic)
			path := c.State.View().Keystore.DeviceIdentity
			if a := c.As(t, "admin", assignment("AddMediaSigningCertificateAssignment", path)); a.Fault != "" {
				t.Fatal(a.Fault)
			}
			for d := range verdicts {
				if d.Authenticity == sign.Authentic {
					continue
				}
				if d.Reasons[0].Cause != sign.KeyChanged {
					t.Errorf("%+v: want that the key has changed", d.Reasons)
				}
				break
			}
		})
	}
}
