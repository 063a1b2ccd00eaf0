// Package receive plays live video over RTSP and RTSPS (RFC 2326) as a client
// and gives its access units as they came: every NAL unit, SEIs too, in order.
package receive

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph265"
	"github.com/pion/rtp"

	"github.com/camfleet/camfleet/streams"
)

// ErrNoVideo says that a stream has no video in H.264 or H.265.
var ErrNoVideo = errors.New("no video in H.264 or H.265")

// Config says what to play and how.
type Config struct {
	// URL is an rtsp or rtsps address; user and password in it answer a Digest or
	// Basic challenge.
	URL string
	// Token is sent as a bearer token with every request; "": none. Cameras take
	// it over rtsps only.
	Token string
	// UDP asks for RTP over UDP instead of in the RTSP connection.
	UDP bool
	// TLS is for rtsps; nil: the roots of this machine.
	TLS *tls.Config
	// Timeout is how long the server may be silent; 0: 10 s.
	Timeout time.Duration
	// Queue is how many access units wait for Next before the connection is read
	// no further; 0: 256.
	Queue int
}

// Reader is a stream that is being played. Next is used by one goroutine at a
// time; Close must be called.
type Reader struct {
	client  *gortsplib.Client
	codec   streams.Codec
	queue   chan *streams.AccessUnit
	stopped chan struct{} // closed by Close
	ended   chan struct{} // closed when the connection is over
	err     error         // why; read after ended
	lost    atomic.Uint64
	broken  atomic.Uint64
	frames  uint32

	mu   sync.Mutex
	conn net.Conn // nil: none yet
}

// Play connects and starts playing. ctx bounds only that, and so does the
// configured timeout.
func Play(ctx context.Context, c Config) (*Reader, error) {
	u, err := base.ParseURL(c.URL)
	if err != nil {
		return nil, withoutSecret(c.URL, err)
	}
	r := newReader(c, u)
	if err := r.client.Start2(); err != nil {
		return nil, fmt.Errorf("%s: %w", redacted(c.URL), err)
	}
	ctx, cancel := context.WithTimeout(ctx, r.client.ReadTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, r.abort)
	err = r.play(u)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		r.client.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, fmt.Errorf("%s: %w", redacted(c.URL), err)
	}
	go r.watch()
	return r, nil
}

// abort ends the client while it connects. A TLS handshake that does not come
// to its end is only ended by its connection.
func (r *Reader) abort() {
	r.mu.Lock()
	if r.conn != nil {
		r.conn.Close() //nolint:errcheck // it is over
	}
	r.mu.Unlock()
	r.client.Close()
}

// dial opens the connection to the server.
func (r *Reader) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conn = conn
	return conn, err
}

func newReader(c Config, u *base.URL) *Reader {
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Queue == 0 {
		c.Queue = 256
	}
	transport := gortsplib.TransportTCP
	if c.UDP {
		transport = gortsplib.TransportUDP
	}
	r := &Reader{
		queue: make(chan *streams.AccessUnit, c.Queue), stopped: make(chan struct{}), ended: make(chan struct{}),
	}
	r.client = &gortsplib.Client{
		Scheme: u.Scheme, Host: u.Host, Transport: &transport, TLSConfig: c.TLS.Clone(), DialContext: r.dial,
		ReadTimeout: c.Timeout, WriteTimeout: c.Timeout, UserAgent: "camfleet",
		OnPacketsLost:     func(n uint64) { r.lost.Add(n) },
		OnDecodeError:     func(error) { r.broken.Add(1) },
		OnTransportSwitch: func(error) {},
	}
	if c.Token != "" {
		r.client.OnRequest = func(q *base.Request) {
			if q.Header == nil {
				q.Header = base.Header{}
			}
			q.Header["Authorization"] = base.HeaderValue{"Bearer " + c.Token}
		}
	}
	return r
}

// play goes from DESCRIBE to PLAY.
func (r *Reader) play(u *base.URL) error {
	d, _, err := r.client.Describe(u)
	if err != nil {
		return err
	}
	media, f, decode, err := r.choose(d)
	if err != nil {
		return err
	}
	if _, err := r.client.Setup(d.BaseURL, media, 0, 0); err != nil {
		return err
	}
	r.client.OnPacketRTP(media, f, func(p *rtp.Packet) {
		nals, err := decode(p)
		if err != nil || len(nals) == 0 {
			return // more packets are needed, or what was lost is counted already
		}
		pts, _ := r.client.PacketPTS2(media, p)
		r.push(nals, time.Duration(pts)*time.Second/time.Duration(f.ClockRate()))
	})
	_, err = r.client.Play(nil)
	return err
}

// choose finds the first video that can be read.
func (r *Reader) choose(d *description.Session) (*description.Media, format.Format, func(*rtp.Packet) ([][]byte, error), error) {
	var h264 *format.H264
	if media := d.FindFormat(&h264); media != nil {
		r.codec = streams.H264
		decoder, err := h264.CreateDecoder()
		return media, h264, func(p *rtp.Packet) ([][]byte, error) { return r.check(decoder.Decode(p)) }, err
	}
	var h265 *format.H265
	if media := d.FindFormat(&h265); media != nil {
		r.codec = streams.H265
		decoder, err := h265.CreateDecoder()
		return media, h265, func(p *rtp.Packet) ([][]byte, error) { return r.check(decoder.Decode(p)) }, err
	}
	return nil, nil, nil, ErrNoVideo
}

// check counts packets from which no access unit can be made.
func (r *Reader) check(nals [][]byte, err error) ([][]byte, error) {
	switch {
	case err == nil:
	case errors.Is(err, rtph264.ErrMorePacketsNeeded), errors.Is(err, rtph265.ErrMorePacketsNeeded):
	case errors.Is(err, rtph264.ErrNonStartingPacketAndNoPrevious), errors.Is(err, rtph265.ErrNonStartingPacketAndNoPrevious):
	default:
		r.broken.Add(1)
	}
	return nals, err
}

// push hands an access unit to Next. While nobody takes it, the connection is
// not read.
func (r *Reader) push(nals [][]byte, pts time.Duration) {
	au := &streams.AccessUnit{NALs: nals, Frame: r.frames, Key: r.key(nals), Time: time.Unix(0, 0).UTC().Add(pts)}
	r.frames++
	select {
	case r.queue <- au:
	case <-r.stopped:
	}
}

// key reports whether decoding can start at an access unit.
func (r *Reader) key(nals [][]byte) bool {
	for _, nal := range nals {
		switch {
		case r.codec == streams.H264 && nal[0]&0x1f == 5:
			return true
		case r.codec == streams.H265 && nal[0]>>1&0x3f >= 16 && nal[0]>>1&0x3f <= 21:
			return true
		}
	}
	return false
}

// watch waits for the end of the connection.
func (r *Reader) watch() {
	r.err = r.client.Wait()
	close(r.ended)
}

// Codec returns how the video is coded.
func (r *Reader) Codec() streams.Codec { return r.codec }

// Next waits for the next access unit. Frame counts them from 0, Time is the
// Unix epoch plus the time since the first packet. io.EOF: the server ended the
// stream; otherwise the error of the connection or of ctx.
func (r *Reader) Next(ctx context.Context) (*streams.AccessUnit, error) {
	select {
	case au := <-r.queue:
		return au, nil
	default:
	}
	select {
	case au := <-r.queue:
		return au, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-r.ended:
	}
	select {
	case au := <-r.queue:
		return au, nil
	default:
	}
	if r.err == nil || errors.Is(r.err, io.EOF) {
		return nil, io.EOF
	}
	return nil, r.err
}

// Lost counts the RTP packets that never came.
func (r *Reader) Lost() uint64 { return r.lost.Load() }

// Broken counts the packets that could not be read.
func (r *Reader) Broken() uint64 { return r.broken.Load() }

// Close ends the session and waits for it.
func (r *Reader) Close() {
	close(r.stopped)
	r.client.Close()
	<-r.ended
}

// redacted is an address without its password.
func redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the address"
	}
	return u.Redacted()
}

// withoutSecret is the error of an address that cannot be read, which may have
// a password in it.
func withoutSecret(address string, err error) error {
	var inner *url.Error
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return fmt.Errorf("%s is no RTSP address: %w", redacted(address), err)
}
