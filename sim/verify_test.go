package sim_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/codec/ffmpegtest"
	"github.com/camfleet/camfleet/streams/container"
	"github.com/camfleet/camfleet/streams/live"
	"github.com/camfleet/camfleet/streams/sign"
)

// identity is a key with a certificate, and the root above it.
func identity(t *testing.T) (sign.Identity, *x509.Certificate) {
	t.Helper()
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	make := func(name string, parent *x509.Certificate, by *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{
			SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: from.AddDate(10, 0, 0),
			IsCA: parent == nil, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		}
		if parent == nil {
			parent, by = c, key
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), by)
		if err != nil {
			t.Fatal(err)
		}
		c, err = x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c, key
	}
	root, rootKey := make("root", nil, nil)
	leaf, key := make("leaf", root, rootKey)
	return sign.Identity{Key: key, Chain: [][]byte{leaf.Raw}}, root
}

// recording is a signed recording of seconds seconds, as Annex B. Each signature
// is there before the next picture.
func recording(t *testing.T, i sign.Identity, seconds int) []byte {
	t.Helper()
	var nals [][]byte
	synctest.Test(t, func(t *testing.T) {
		p, err := live.New(live.Options{Name: "cam", Width: 320, Height: 192, FPS: 10, GOP: 10})
		if err != nil {
			t.Fatal(err)
		}
		s, err := sign.NewSigner(sign.Config{Codec: streams.H264, Identity: i})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
		for n := range seconds * 10 {
			au, err := p.Next(uint32(n), start.Add(time.Duration(n)*100*time.Millisecond), false)
			if err != nil {
				t.Fatal(err)
			}
			if au, err = s.Sign(au); err != nil {
				t.Fatal(err)
			}
			nals = append(nals, au.NALs...)
			synctest.Wait()
		}
	})
	return ffmpegtest.AnnexB(nals)
}

func TestRecordingsVerifyInEveryContainer(t *testing.T) {
	t.Parallel()
	key, root := identity(t)
	stream := recording(t, key, 8)
	dir := t.TempDir()
	base := filepath.Join(dir, "a.h264")
	if err := os.WriteFile(base, stream, 0o600); err != nil {
		t.Fatal(err)
	}
	fragments := filepath.Join(dir, "f.mp4")
	plain, mkv := filepath.Join(dir, "a.mp4"), filepath.Join(dir, "a.mkv")
	ffmpegtest.Run(t, nil, "ffmpeg", "-v", "fatal", "-nostdin", "-r", "10", "-i", base, "-c", "copy", plain)
	ffmpegtest.Run(t, nil, "ffmpeg", "-v", "fatal", "-nostdin", "-i", plain, "-c", "copy", "-movflags", "frag_keyframe+empty_moov", fragments)
	ffmpegtest.Run(t, nil, "ffmpeg", "-v", "fatal", "-nostdin", "-i", plain, "-c", "copy", mkv)
	for path, format := range map[string]string{base: "annexb", plain: "mp4", fragments: "mp4", mkv: "matroska"} {
		v, err := sim.Verify(t.Context(), sim.VerifyConfig{Source: path, Roots: []*x509.Certificate{root}})
		if err != nil {
			t.Fatal(err)
		}
		if !v.Authentic || v.Authenticity != "authentic" || v.Provenance != "trusted" || v.Format != format || v.Codec != "h264" || v.Frames != 80 || len(v.GOPs) < 5 {
			t.Errorf("%s: %+v", path, v)
		}
		if len(v.Certificates) != 1 || v.Certificates[0].Subject != "CN=leaf" || v.Certificates[0].Serial != "7" {
			t.Errorf("%s: %+v", path, v.Certificates)
		}
	}
}

func TestVerdictNeedsSignaturesAndTrust(t *testing.T) {
	t.Parallel()
	key, root := identity(t)
	_, other := identity(t)
	stream := recording(t, key, 5)
	touched := append([]byte(nil), stream...)
	touched[len(touched)*2/5] ^= 1
	dir := t.TempDir()
	for _, c := range []struct {
		name       string
		stream     []byte
		roots      []*x509.Certificate
		authentic  bool
		provenance string
	}{
		{"without a root", stream, nil, true, "unknown"},
		{"with its root", stream, []*x509.Certificate{other, root}, true, "trusted"},
		{"with another root", stream, []*x509.Certificate{other}, false, "untrusted"},
		{"with a bit changed", touched, []*x509.Certificate{root}, false, "trusted"},
		{"too short for a signature", stream[:len(stream)/9], []*x509.Certificate{root}, false, "unknown"},
	} {
		path := filepath.Join(dir, "x")
		if err := os.WriteFile(path, c.stream, 0o600); err != nil {
			t.Fatal(err)
		}
		v, err := sim.Verify(t.Context(), sim.VerifyConfig{Source: "file://" + path, Roots: c.roots})
		if err != nil {
			t.Fatal(err)
		}
		if v.Authentic != c.authentic || v.Provenance != c.provenance {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
}

func TestWhatCannotBeVerifiedIsAnError(t *testing.T) {
	t.Parallel()
	key, _ := identity(t)
	dir := t.TempDir()
	text, good := filepath.Join(dir, "text"), filepath.Join(dir, "good")
	for path, b := range map[string][]byte{text: []byte("hello"), good: recording(t, key, 5)} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx    context.Context
		config sim.VerifyConfig
		want   error
	}{
		"no file":       {t.Context(), sim.VerifyConfig{Source: filepath.Join(dir, "none")}, os.ErrNotExist},
		"a directory":   {t.Context(), sim.VerifyConfig{Source: dir}, nil},
		"text":          {t.Context(), sim.VerifyConfig{Source: text}, container.ErrUnknown},
		"too many GOPs": {t.Context(), sim.VerifyConfig{Source: good, GOPs: 2}, sim.ErrVerdicts},
		"given up":      {gone, sim.VerifyConfig{Source: good}, context.Canceled},
		"nobody there":  {t.Context(), sim.VerifyConfig{Source: "rtsp://127.0.0.1:1/x"}, nil},
	} {
		if _, err := sim.Verify(c.ctx, c.config); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
