package receive

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/camfleet/camfleet/streams"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a gortsplib server of one stream, which begins when it is played.
type server struct {
	stream  *gortsplib.ServerStream
	session *description.Session
	token   string
	played  chan struct{}
	once    sync.Once
	close   func() // of stream
}

func (s *server) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if s.token != "" && (len(ctx.Request.Header["Authorization"]) != 1 || ctx.Request.Header["Authorization"][0] != "Bearer "+s.token) {
		return &base.Response{StatusCode: base.StatusForbidden}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, s.stream, nil
}

func (s *server) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, s.stream, nil
}

func (s *server) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	s.once.Do(func() { close(s.played) })
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// serve starts a server on a free port and returns its address.
func serve(t *testing.T, f format.Format, token string) (*server, string) {
	t.Helper()
	s := &server{
		session: &description.Session{Medias: []*description.Media{{Type: description.MediaTypeVideo, Formats: []format.Format{f}}}},
		token:   token, played: make(chan struct{}),
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gortsplib.Server{Handler: s, RTSPAddress: l.Addr().String(), Listen: func(string, string) (net.Listener, error) { return l, nil }}
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
	s.stream = &gortsplib.ServerStream{Server: g, Desc: s.session}
	if err := s.stream.Initialize(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.close()
		g.Close()
	})
	s.close = sync.OnceFunc(s.stream.Close)
	return s, "rtsp://" + l.Addr().String() + "/live"
}

func h264() *format.H264 {
	return &format.H264{PayloadTyp: 96, PacketizationMode: 1, SPS: []byte{0x67, 0x64, 0, 0x0c, 0xac, 0x3b, 0x50, 0xb0, 0x4b, 0x42, 0, 0, 3, 0, 2, 0, 0, 3, 0, 0x3d, 8}, PPS: []byte{0x68, 0xee, 0x3c, 0x80}}
}

// send packs access units and leaves out the packets whose numbers are given.
func (s *server) send(t *testing.T, f *format.H264, aus [][][]byte, without ...int) {
	t.Helper()
	encoder, err := f.CreateEncoder()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, nals := range aus {
		packets, err := encoder.Encode(nals)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range packets {
			p.Timestamp = uint32(i * 3600)
			if n++; len(without) > 0 && n-1 == without[0] {
				without = without[1:]
				continue
			}
			if err := s.stream.WritePacketRTP(s.session.Medias[0], p); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// units are access units with a SEI of its own, a large slice and a small one.
func units(n int) [][][]byte {
	var aus [][][]byte
	for i := range n {
		header := byte(0x41)
		if i%5 == 0 {
			header = 0x65
		}
		sei := append([]byte{6, 5, 200}, bytes.Repeat([]byte{0xab}, 200)...)
		sei[50], sei[202] = byte(i), 0x80
		large := append([]byte{header, 0x88, byte(i)}, bytes.Repeat([]byte{0, 0, 3, 1}, 1000)...)
		large[4002] = 0x80
		aus = append(aus, [][]byte{sei, large, {header, 0x10, byte(i), 0x80}})
	}
	return aus
}

func TestEveryNALUnitSurvives(t *testing.T) {
	t.Parallel()
	f := h264()
	s, address := serve(t, f, "secret token")
	r, err := Play(t.Context(), Config{URL: address, Token: "secret token"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	<-s.played
	want := units(12)
	s.send(t, f, want)
	for i, nals := range want {
		au, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(nals, au.NALs); diff != "" {
			t.Errorf("access unit %d: %s", i, diff)
		}
		if au.Key != (i%5 == 0) || au.Frame != uint32(i) || !au.Time.Equal(time.Unix(0, int64(i)*40e6)) {
			t.Errorf("access unit %d: key %t, number %d, time %v", i, au.Key, au.Frame, au.Time)
		}
	}
	if r.Codec() != streams.H264 || r.Lost() != 0 || r.Broken() != 0 {
		t.Errorf("%s, %d lost, %d broken", r.Codec(), r.Lost(), r.Broken())
	}
	s.close()
	if _, err := r.Next(t.Context()); err == nil {
		t.Error("a picture after the end")
	}
}

func TestH265SurvivesToo(t *testing.T) {
	t.Parallel()
	f := &format.H265{PayloadTyp: 96}
	s, address := serve(t, f, "")
	r, err := Play(t.Context(), Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	<-s.played
	encoder, err := f.CreateEncoder()
	if err != nil {
		t.Fatal(err)
	}
	sei := append([]byte{0x4e, 1, 5, 100}, bytes.Repeat([]byte{0xab}, 101)...)
	for i, slice := range []byte{0x26, 0x02} { // IDR_W_RADL, TRAIL_R
		want := [][]byte{sei, append([]byte{slice, 1, 0x80}, bytes.Repeat([]byte{7}, 5000)...)}
		packets, err := encoder.Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range packets {
			p.Timestamp = uint32(i * 3600)
			if err := s.stream.WritePacketRTP(s.session.Medias[0], p); err != nil {
				t.Fatal(err)
			}
		}
		au, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, au.NALs); diff != "" || au.Key != (i == 0) || r.Codec() != streams.H265 {
			t.Errorf("%s, key %t: %s", r.Codec(), au.Key, diff)
		}
	}
}

func TestLossIsCounted(t *testing.T) {
	t.Parallel()
	f := h264()
	s, address := serve(t, f, "")
	r, err := Play(t.Context(), Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	<-s.played
	s.send(t, f, units(6), 7, 8)
	for i := 0; ; i++ {
		au, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if au.NALs[len(au.NALs)-1][2] == 5 {
			break
		}
	}
	if r.Lost() != 2 {
		t.Errorf("%d packets lost", r.Lost())
	}
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	_, address := serve(t, h264(), "")
	r, err := Play(t.Context(), Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	r.Close()
	if _, err := r.Next(t.Context()); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("after Close: %v", err)
	}
}

func TestWhatCannotBePlayedIsRefusedWithoutThePassword(t *testing.T) {
	t.Parallel()
	_, opus := serve(t, &format.Opus{PayloadTyp: 97, ChannelCount: 2}, "")
	_, closed := serve(t, h264(), "right")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	with := func(address string) string { return strings.Replace(address, "://", "://user:hunter2@", 1) }
	for name, c := range map[string]struct {
		config Config
		ctx    context.Context
		want   error
	}{
		"no video":    {Config{URL: with(opus)}, t.Context(), ErrNoVideo},
		"no address":  {Config{URL: "rtsp://user:hunter2@ /"}, t.Context(), nil},
		"http":        {Config{URL: "http://user:hunter2@127.0.0.1/"}, t.Context(), nil},
		"wrong token": {Config{URL: with(closed), Token: "hunter2"}, t.Context(), nil},
		"nobody":      {Config{URL: "rtsp://user:hunter2@127.0.0.1:1/"}, t.Context(), nil},
		"no TLS":      {Config{URL: strings.Replace(with(closed), "rtsp:", "rtsps:", 1), TLS: &tls.Config{}, Timeout: time.Second}, t.Context(), nil},
		"given up":    {Config{URL: with(closed)}, gone, context.Canceled},
	} {
		r, err := Play(c.ctx, c.config)
		if err == nil {
			r.Close()
		}
		if err == nil || c.want != nil && !errors.Is(err, c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
