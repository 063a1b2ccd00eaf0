package e2e

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/simtest"
)

// signingProfile is a flagship with short GOPs and small pictures, so that a few
// seconds hold many signatures.
const signingProfile = `
name: signing
extends: flagship
description: short GOPs
media:
  streams:
    - {name: main, token: P1, width: 640, height: 360, fps: 25, gop: 12, bitrate: 768, h264_profile: Main}
`

// signingCameras starts cameras that sign short GOPs.
func signingCameras(t *testing.T, n int) *sim.Fleet {
	t.Helper()
	return simtest.Fleet(t, simtest.Cameras(n), simtest.Profile(writeFile(t, "signing.yaml", signingProfile)))
}

// signingRoot is the media-signing root of a camera's fleet.
func signingRoot(t testing.TB, cam api.Camera) []*x509.Certificate {
	t.Helper()
	block, _ := pem.Decode([]byte(cam.SigningCA))
	if block == nil {
		t.Fatal("no media-signing root")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return []*x509.Certificate{c}
}

func TestRecordingsOfEveryRoadVerify(t *testing.T) {
	t.Parallel()
	fleet := signingCameras(t, 1)
	cam := simtest.Of(t, fleet, "cam-0001")
	root := writeFile(t, "root.pem", cam.SigningCA)
	plain := login(cam.Streams[0].RTSP, "viewer", cam.Password("viewer"))
	secure := login(cam.Streams[0].RTSPS, "viewer", cam.Password("viewer"))
	record := func(address, transport string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			run(t, "", "ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", transport, "-i", address, "-an", "-c", "copy",
				"-frames:v", "100", path).want(t, "ffmpeg "+path)
		}
	}
	gstreamer := func(location, protocols, caps string, mux ...string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			args := []string{"-q", "rtspsrc", "location=" + location, "user-id=viewer", "user-pw=" + cam.Password("viewer"), "protocols=" + protocols,
				"tls-validation-flags=0", "latency=100", "!", "rtph264depay", "!", "h264parse", "!", caps, "!", "identity", "eos-after=100", "!"}
			args = append(append(args, mux...), "filesink", "location="+path)
			run(t, "", "gst-launch-1.0", args...).want(t, "gst-launch-1.0 "+path)
		}
	}
	const avc = "video/x-h264,stream-format=avc,alignment=au"
	for name, c := range map[string]struct {
		file   string
		record func(*testing.T, string)
	}{
		"ffmpeg TCP mp4":      {"a.mp4", record(plain, "tcp")},
		"ffmpeg TCP mkv":      {"a.mkv", record(plain, "tcp")},
		"ffmpeg TCP h264":     {"a.h264", record(plain, "tcp")},
		"ffmpeg RTSPS mp4":    {"a.mp4", record(secure, "tcp")},
		"ffmpeg UDP mkv":      {"a.mkv", record(plain, "udp")},
		"GStreamer TCP mkv":   {"a.mkv", gstreamer(cam.Streams[0].RTSP, "tcp", avc, "matroskamux", "!")},
		"GStreamer TCP mp4":   {"a.mp4", gstreamer(cam.Streams[0].RTSP, "tcp", avc, "mp4mux", "!")},
		"GStreamer UDP h264":  {"a.h264", gstreamer(cam.Streams[0].RTSP, "udp", "video/x-h264,stream-format=byte-stream,alignment=au")},
		"GStreamer RTSPS mkv": {"a.mkv", gstreamer(cam.Streams[0].RTSPS, "tcp", avc, "matroskamux", "!")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), c.file)
			c.record(t, path)
			r := camfleet(t, "verify", "--json", "--root", root, path)
			var v api.Verification
			if err := json.Unmarshal([]byte(r.stdout), &v); err != nil {
				t.Fatalf("%v: %+v", err, r)
			}
			if strings.Contains(name, "UDP") && v.Authenticity == "missing" {
				return // a busy machine lost packets, and the verifier says so
			}
			if r.code != 0 || !v.Authentic || v.Authenticity != "authentic" || v.Provenance != "trusted" || len(v.GOPs) < 5 || v.Frames < 90 {
				t.Errorf("exit code %d, %s", r.code, r.stdout)
			}
			if !slices.ContainsFunc(v.GOPs, func(g api.VerifiedGOP) bool { return g.Serial == cam.Serial }) {
				t.Errorf("no SEI has the serial number %s: %+v", cam.Serial, v.GOPs[0])
			}
		})
	}
}

func TestVerifyWatchesLiveStreams(t *testing.T) {
	t.Parallel()
	profile := writeFile(t, "signing.yaml", signingProfile)
	fleet := up(t, "-n", "1", "--profile", profile)
	cam := fleet.Cameras[0]
	password := cam.Accounts[0].Password
	for _, args := range [][]string{
		{login(cam.Streams[0].RTSP, cam.Accounts[0].User, password)},
		{login(cam.Streams[0].RTSPS, cam.Accounts[0].User, password)},
		{"--token", strings.TrimSpace(camfleet(t, "token", "--control", fleet.control).want(t, "token").stdout), cam.Streams[0].RTSPS},
	} {
		r := camfleet(t, append([]string{"verify", "--control", fleet.control, "--for", "4s"}, args...)...)
		if r.code != 0 || !strings.HasPrefix(r.stdout, "AUTHENTIC: ") || !strings.Contains(r.stdout, "signed by ") || strings.Contains(r.stdout, password) && password != "camfleet" {
			t.Errorf("%q: exit code %d\n%s%s", args, r.code, r.stdout, r.stderr)
		}
	}
	id := strings.TrimSpace(camfleet(t, "fault", "add", "--control", fleet.control, "--every", "10", cam.Name, "drop-frame").want(t, "fault add").stdout)
	r := camfleet(t, "verify", "--control", fleet.control, "--for", "3s", login(cam.Streams[0].RTSP, cam.Accounts[0].User, password))
	if r.code != 1 || !strings.Contains(r.stdout, "MISSING") || !strings.Contains(r.stdout, "slice missing") {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if ls := camfleet(t, "fault", "ls", "--control", fleet.control).want(t, "fault ls"); !strings.Contains(ls.stdout, id) {
		t.Errorf("%s is not in\n%s", id, ls.stdout)
	}
	camfleet(t, "fault", "reset", "--control", fleet.control).want(t, "fault reset")
	r = camfleet(t, "verify", "--control", fleet.control, "--for", "3s", login(cam.Streams[0].RTSP, cam.Accounts[0].User, password))
	if r.code != 0 {
		t.Errorf("after the reset: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

func TestWhoJoinsInsideAGOPGetsCleanVerdictsFromTheSecondOn(t *testing.T) {
	t.Parallel()
	cam := simtest.Of(t, signingCameras(t, 1), "cam-0001")
	path := filepath.Join(t.TempDir(), "a.h264")
	run(t, "", "ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", login(cam.Streams[0].RTSP, "viewer", cam.Password("viewer")),
		"-an", "-c", "copy", "-frames:v", "150", path).want(t, "ffmpeg")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tenth := range []int{1, 2, 3, 4} {
		late := filepath.Join(t.TempDir(), "late.h264")
		if err := os.WriteFile(late, whole[slices.Index(whole[len(whole)*tenth/10:], 0)+len(whole)*tenth/10:], 0o600); err != nil {
			t.Fatal(err)
		}
		cut, err := os.ReadFile(late)
		if err != nil {
			t.Fatal(err)
		}
		start := strings.Index(string(cut), "\x00\x00\x01\x41") // a slice of a picture that starts no GOP
		if start < 0 {
			start = strings.Index(string(cut), "\x00\x00\x01\x61")
		}
		if start < 0 {
			t.Fatalf("no slice after %d tenths", tenth)
		}
		if err := os.WriteFile(late, cut[start:], 0o600); err != nil {
			t.Fatal(err)
		}
		v, err := sim.Verify(t.Context(), sim.VerifyConfig{Source: late, Roots: signingRoot(t, cam.Camera)})
		if err != nil {
			t.Fatal(err)
		}
		if len(v.GOPs) < 3 {
			t.Fatalf("%d GOPs", len(v.GOPs))
		}
		for i, g := range v.GOPs[1:] {
			if g.Authenticity != "authentic" || g.Provenance != "trusted" {
				t.Errorf("joined at %d tenths: GOP %d: %+v", tenth, i+1, g)
			}
		}
	}
}

// signedFault is a fault of a live stream and what the verifier is to say of it.
type signedFault struct {
	fault  api.Fault
	causes []string // one of them
	clean  bool     // the pictures stay authentic
	trust  string
}

func signedFaults() []signedFault {
	picture := func(do string) api.Fault { return api.Fault{Do: do, After: 40, Times: 1} }
	sei := func(do string) api.Fault { return api.Fault{Do: do, After: 3, Times: 1} }
	return []signedFault{
		{picture("flip-byte"), []string{"slice changed"}, false, "trusted"},
		{picture("drop-frame"), []string{"slice missing"}, false, "trusted"},
		{picture("duplicate-frame"), []string{"slice added"}, false, "trusted"},
		{picture("swap-frames"), []string{"slice moved"}, false, "trusted"},
		{api.Fault{Do: "freeze", After: 40, Times: 1, Amount: 12}, []string{"slice added", "GOP changed", "slice missing"}, false, "trusted"},
		{sei("wrong-hash"), []string{"hash list wrong"}, false, "trusted"},
		{sei("wrong-signature"), []string{"signature wrong"}, false, "trusted"},
		{sei("counter-jump"), []string{"counter jumped"}, false, "trusted"},
		{sei("clock-jump"), []string{"time jumped"}, true, "trusted"},
		{sei("sei-missing"), []string{"SEI missing"}, false, "trusted"},
		{sei("sei-late"), []string{"SEI repeated", "SEI missing"}, false, "trusted"},
		{sei("sei-unescaped"), []string{"SEI unescaped", "SEI damaged"}, false, "trusted"},
		{api.Fault{Do: "expired-certificate"}, []string{"certificate expired"}, true, "untrusted"},
		{api.Fault{Do: "revoked-certificate"}, []string{"certificate revoked"}, true, "untrusted"},
		{api.Fault{Do: "foreign-certificate"}, []string{"root unknown", "chain incomplete"}, true, "untrusted"},
		{api.Fault{Do: "incomplete-chain"}, []string{"chain incomplete"}, true, "untrusted"},
		{sei("other-camera"), []string{"key changed"}, false, "trusted"},
	}
}

func TestEveryFaultOfALiveStreamIsFoundAndNamed(t *testing.T) {
	t.Parallel()
	const cameras = 4
	fleet := signingCameras(t, cameras)
	all := signedFaults()
	for k := range cameras {
		cam := simtest.Of(t, fleet, "cam-000"+strconv.Itoa(k+1))
		t.Run(cam.Name, func(t *testing.T) {
			t.Parallel()
			for i := k; i < len(all); i += cameras {
				all[i].watch(t, cam)
			}
		})
	}
}

// watch has a camera do the fault while its stream is verified.
func (f signedFault) watch(t *testing.T, cam *simtest.Cam) {
	t.Helper()
	added, err := cam.Fleet.AddFault(cam.Name, f.fault)
	if err != nil {
		t.Fatal(err)
	}
	c := sim.VerifyConfig{
		Source: login(cam.Streams[0].RTSP, "viewer", cam.Password("viewer")), For: 5 * time.Second, Roots: signingRoot(t, cam.Camera),
	}
	if added.CRL != "" {
		block, _ := pem.Decode([]byte(added.CRL))
		list, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		c.Revocations = append(c.Revocations, list)
	}
	v, err := sim.Verify(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	gone, err := cam.Fleet.RemoveFault(cam.Name, added.ID)
	if err != nil || gone.Fired == 0 {
		t.Errorf("%s: %+v, %v", f.fault.Do, gone, err)
	}
	named, good := false, 0
	for _, g := range v.GOPs {
		if g.Authenticity == "authentic" {
			good++
		}
		for _, r := range g.Reasons {
			named = named || slices.Contains(f.causes, r.Cause)
		}
	}
	for _, r := range v.Reasons {
		named = named || slices.Contains(f.causes, r.Cause)
	}
	if !named || good == 0 || v.Provenance != f.trust || (v.Authenticity == "authentic") != f.clean {
		t.Errorf("%s: want %q, got %s, %s, %v\n%+v", f.fault.Do, f.causes, v.Authenticity, v.Provenance, v.Counts, v.GOPs)
	}
}
