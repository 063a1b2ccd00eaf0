package rtsp

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/pion/rtcp"
)

// expiring takes any token up to an instant, and then refuses it as RFC 6750 does.
type expiring struct {
	open
	at time.Time
}

func (e expiring) Identify(auth.Request) (auth.Identity, error) {
	if clock.Real().Now().Before(e.at) {
		return viewerUntil(e.at), nil
	}
	return auth.Identity{}, &auth.Refusal{Status: 401, Reason: "expired", How: auth.ByBearer, Code: "invalid_token", Description: "The access token expired"}
}

// TestExpiredTokenIsAskedForAgainAndTheSessionEndsAfterTheGrace: Security 4.4.1
// and 4.4.7; the grace is the profile's.
func TestExpiredTokenIsAskedForAgainAndTheSessionEndsAfterTheGrace(t *testing.T) {
	expires := time.Date(2000, 1, 1, 0, 0, 30, 0, time.UTC)
	config := func(c *Config, _ *StreamConfig) {
		c.Auth, c.Allow, c.Limits.TokenGrace = expiring{at: expires}, isUser, 5*time.Second
	}
	for name, after := range map[string]time.Duration{"nothing more comes": 0, "asked at 31 s": 31 * time.Second, "asked at 34 s": 34 * time.Second} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, config, func(t *testing.T, b *bench) {
				c := b.pipe(true)
				id, _ := c.play(b.url, "Authorization: x")
				if after > 0 {
					ended := c.drink()
					other := b.pipe(true)
					pass(after - at())
					for _, method := range []string{"DESCRIBE", "SETUP", "PLAY", "PAUSE", "GET_PARAMETER", "TEARDOWN"} {
						other.want(401, method, b.url, "Session: "+id, "Authorization: x")
					}
					if got := <-ended; got != 35*time.Second {
						t.Errorf("ended after %v, want 35 s", got)
					}
					return
				}
				if got := <-c.drink(); got != 35*time.Second {
					t.Errorf("ended after %v, want 35 s", got)
				}
			})
		})
	}
}

// newest takes any token, which is then good up to an instant that can be changed.
type newest struct {
	open
	until *atomic.Pointer[time.Time]
}

func (n newest) Identify(auth.Request) (auth.Identity, error) {
	return viewerUntil(*n.until.Load()), nil
}

// TestMediaOverUDPStopsWithTheToken: the reader is told so by a BYE.
func TestMediaOverUDPStopsWithTheToken(t *testing.T) {
	t.Parallel()
	var until atomic.Pointer[time.Time]
	expires := func(in time.Duration) {
		at := clock.Real().Now().Add(in)
		until.Store(&at)
	}
	expires(time.Hour)
	b := newBench(t, func(c *Config, _ *StreamConfig) {
		c.Auth, c.Allow, c.PlainUDP = newest{until: &until}, isUser, true
	})
	near, far := sockets(t)
	done := make(chan error)
	go func() { done <- b.server.ServeConn(t.Context(), far, true) }()
	u := b.overUDP(newClient(t, near))
	u.want(200, "PLAY", b.url, "Session: "+u.id)
	u.unitOf()
	expires(50 * time.Millisecond)
	u.want(200, "GET_PARAMETER", b.url, "Session: "+u.id) // with another token
	for bye := false; !bye; {
		packets, err := rtcp.Unmarshal(u.datagram(u.rtcp, u.server[1]))
		if err != nil {
			t.Fatal(err)
		}
		bye = slices.ContainsFunc(packets, func(p rtcp.Packet) bool { _, is := p.(*rtcp.Goodbye); return is })
	}
	if clock.Real().Now().Before(*until.Load()) {
		t.Error("ended before the token")
	}
	u.want(454, "GET_PARAMETER", b.url, "Session: "+u.id)
	near.Close() //nolint:errcheck // ends ServeConn
	if err := <-done; err != nil {
		t.Error(err)
	}
}
