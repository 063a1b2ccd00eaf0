package rtsp

import (
	"crypto/tls"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/pion/rtcp"
)

// frameOf puts RTCP packets into an interleaved frame.
func frameOf(t testing.TB, channel uint8, packets ...rtcp.Packet) string {
	t.Helper()
	b, err := rtcp.Marshal(packets)
	if err != nil {
		t.Fatal(err)
	}
	return string(interleave(channel, b))
}

// drink reads a client's connection for good, and says when it ended.
func (c *client) drink() <-chan time.Duration {
	ended := make(chan time.Duration, 1)
	go func() {
		for {
			if _, err := c.br.Discard(1); err != nil {
				ended <- at()
				return
			}
		}
	}()
	return ended
}

func TestSessionEndsAfterItsTimeout(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		c := b.pipe(false)
		c.play(b.url)
		begin := at()
		if got := <-c.drink() - begin; got != 65*time.Second {
			t.Errorf("ended after %v, want 60 s and the grace", got)
		}
		synctest.Wait()
		if st := b.server.Stats(); st.Sent.Packets == 0 || st.Sent.Octets == 0 {
			t.Errorf("of the session that ended nothing is left to count: %+v", st.Sent)
		}
		if st := b.server.Stats(); len(st.Sessions) != 0 || st.Connections != 0 {
			t.Errorf("%+v", st)
		}
		if got := b.main.Stats().Readers; got != 0 {
			t.Errorf("%d readers", got)
		}
	})
}

func TestSignsOfLifeKeepASession(t *testing.T) {
	for name, ping := range map[string]func(c *client, url, id string){
		"OPTIONS": func(c *client, url, id string) {
			c.raw("OPTIONS " + url + " RTSP/1.0\r\nCSeq: 9\r\nSession: " + id + "\r\n\r\n")
		},
		"GET_PARAMETER": func(c *client, url, id string) {
			c.raw("GET_PARAMETER " + url + " RTSP/1.0\r\nCSeq: 9\r\nSession: " + id + "\r\n\r\n")
		},
		"SET_PARAMETER": func(c *client, url, id string) {
			c.raw("SET_PARAMETER " + url + " RTSP/1.0\r\nCSeq: 9\r\nSession: " + id + "\r\n\r\n")
		},
		"with a stale nonce": func(c *client, url, id string) {
			c.raw("GET_PARAMETER " + url + " RTSP/1.0\r\nCSeq: 9\r\nAuthorization: stale\r\nSession: " + id + "\r\n\r\n")
		},
		"an extra parameter": func(c *client, url, id string) {
			c.raw("OPTIONS * RTSP/1.0\r\nCSeq: 9\r\nSession: " + id + ";timeout=60\r\n\r\n")
		},
		"RTCP receiver report": func(c *client, _, _ string) { c.raw(frameOf(c.t, 1, &rtcp.ReceiverReport{SSRC: 7})) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, b *bench) {
				c := b.pipe(false)
				id, _ := c.play(b.url)
				ended := c.drink()
				for range 5 {
					pass(50 * time.Second)
					ping(c, b.url, id)
				}
				synctest.Wait()
				if st := b.server.Stats(); len(st.Sessions) != 1 || !st.Sessions[0].Playing {
					t.Fatalf("%+v", st)
				}
				last := at()
				if got := <-ended - last; got != 65*time.Second {
					t.Errorf("ended %v after the last sign", got)
				}
			})
		})
	}
}

func TestWhatIsNoSignOfLifeDoesNotKeepASession(t *testing.T) {
	for name, ping := range map[string]func(c *client, id string){
		"request without session": func(c *client, _ string) { c.raw("OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n") },
		"RTP":                     func(c *client, _ string) { c.raw("$\x00\x00\x0c" + strings.Repeat("\x80", 12)) },
		"garbage on RTCP":         func(c *client, _ string) { c.raw("$\x01\x00\x04\xff\xff\xff\xff") },
		"report on no channel":    func(c *client, _ string) { c.raw(frameOf(c.t, 9, &rtcp.ReceiverReport{SSRC: 7})) },
		"PLI":                     func(c *client, _ string) { c.raw(frameOf(c.t, 1, &rtcp.PictureLossIndication{})) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, b *bench) {
				c := b.pipe(false)
				id, _ := c.play(b.url)
				begin := at()
				ended := c.drink()
				pass(50 * time.Second)
				ping(c, id)
				if got := <-ended - begin; got != 65*time.Second {
					t.Errorf("ended after %v", got)
				}
			})
		})
	}
}

func TestSessionEndsWithTheTokenItWasMadeWith(t *testing.T) {
	expires := time.Date(2000, 1, 1, 0, 0, 30, 0, time.UTC)
	config := func(c *Config, _ *StreamConfig) { c.Auth, c.Allow = open{expires: expires}, isUser }
	inBubble(t, config, func(t *testing.T, b *bench) {
		c := b.pipe(true)
		c.play(b.url, "Authorization: viewer")
		if got := <-c.drink(); got != 30*time.Second {
			t.Errorf("ended after %v, want 30 s", got)
		}
	})
}

// renewed is an authenticator whose users' tokens last ten seconds.
type renewed struct{ open }

func (renewed) Identify(r auth.Request) (auth.Identity, error) {
	if len(r.Authorization) == 0 {
		return auth.Identity{}, nil
	}
	return viewerUntil(clock.Real().Now().Add(10 * time.Second)), nil
}

func TestNewTokenProlongsTheSession(t *testing.T) {
	config := func(c *Config, _ *StreamConfig) { c.Auth, c.Allow = renewed{}, isUser }
	inBubble(t, config, func(t *testing.T, b *bench) {
		c := b.pipe(true)
		id, _ := c.play(b.url, "Authorization: x")
		pass(8 * time.Second)
		c.want(200, "GET_PARAMETER", b.url, "Session: "+id, "Authorization: x")
		begin := at()
		c.raw("OPTIONS " + b.url + " RTSP/1.0\r\nCSeq: 9\r\nSession: " + id + "\r\n\r\n") // no token
		if got := <-c.drink() - begin; got != 10*time.Second {
			t.Errorf("ended %v after the new token came", got)
		}
	})
}

func TestIdleAndHalfAskingConnectionsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		sent string
		want time.Duration
	}{
		"nothing":           {"", 60 * time.Second},
		"half a request":    {"OPTIONS * RTSP", 10 * time.Second},
		"half a header":     {"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n", 10 * time.Second},
		"half a body":       {"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 10\r\n\r\nhalf", 10 * time.Second},
		"half a frame":      {"$\x00\x00\x10half", 10 * time.Second},
		"a whole request":   {"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", 60 * time.Second},
		"an unheard report": {"$\x00\x00\x01x", 60 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, b *bench) {
				conn := b.pipe(false)
				ended := conn.drink()
				conn.raw(c.sent)
				if got := <-ended; got != c.want {
					t.Errorf("ended after %v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestConnectionWithoutSessionAnyMoreBecomesIdle(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		c := b.pipe(false)
		id := c.setup(b.url)
		pass(50 * time.Second)
		c.want(200, "TEARDOWN", b.url, "Session: "+id)
		begin := at()
		if got := <-c.drink() - begin; got != 60*time.Second {
			t.Errorf("ended after %v", got)
		}
	})
}

func TestClientThatReadsNothingIsGivenUp(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		c := b.pipe(false)
		c.play(b.url)
		begin := at()
		_, good := watch(t, b.main)
		for b.server.Stats().Connections > 0 {
			pass(time.Second)
		}
		if got := at() - begin; got < 10*time.Second || got > 12*time.Second {
			t.Errorf("given up after %v, want 10 s", got)
		}
		look(b.main, func() {
			if len(good.units) < 240 {
				t.Errorf("another reader has %d units after 10 s", len(good.units))
			}
		})
	})
}

func TestByeIsTheLastThingSent(t *testing.T) {
	for name, end := range map[string]func(b *bench, c *client, id string){
		"TEARDOWN": func(b *bench, c *client, id string) {
			c.raw("TEARDOWN " + b.url + " RTSP/1.0\r\nCSeq: 9\r\nSession: " + id + "\r\n\r\n")
		},
		"stream's end": func(b *bench, _ *client, _ string) { b.main.Close() },
		"broken lens":  func(b *bench, _ *client, _ string) { b.mainSource.breaks() },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, b *bench) {
				c := b.pipe(false)
				id, _ := c.play(b.url)
				c.packet(0)
				end(b, c, id)
				var last []rtcp.Packet
				for {
					first, err := c.br.Peek(1)
					if err != nil || first[0] != '$' {
						break
					}
					f := c.readFrame()
					if last = nil; f.channel == 1 {
						if last, err = rtcp.Unmarshal(f.bytes); err != nil {
							t.Fatal(err)
						}
					}
				}
				if len(last) != 3 {
					t.Fatalf("last frame has %d RTCP packets, want report, description and BYE", len(last))
				}
				if bye, ok := last[2].(*rtcp.Goodbye); !ok || bye.Sources[0] != b.main.ssrc {
					t.Errorf("last: %v", last[2])
				}
				synctest.Wait()
				if n := len(b.server.Stats().Sessions); n != 0 {
					t.Errorf("%d sessions", n)
				}
			})
		})
	}
}

func TestKeyFrameComesWhenTheReaderAsks(t *testing.T) {
	for name, ask := range map[string]func(ssrc uint32) rtcp.Packet{
		"PLI": func(ssrc uint32) rtcp.Packet { return &rtcp.PictureLossIndication{MediaSSRC: ssrc} },
		"FIR": func(ssrc uint32) rtcp.Packet {
			return &rtcp.FullIntraRequest{MediaSSRC: ssrc, FIR: []rtcp.FIREntry{{SSRC: ssrc, SequenceNumber: 1}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(t *testing.T, b *bench) {
				c := b.pipe(false)
				c.play(b.url)
				c.drink()
				pass(time.Second)
				c.raw(frameOf(t, 1, &rtcp.ReceiverReport{SSRC: 7}, ask(b.main.ssrc+1)))
				pass(time.Second)
				if _, keys, _ := b.mainSource.seen(); keys != 1 {
					t.Errorf("%d key frames after a request for another source", keys)
				}
				c.raw(frameOf(t, 1, &rtcp.ReceiverReport{SSRC: 7}, ask(b.main.ssrc)))
				pass(50 * time.Millisecond)
				if _, keys, _ := b.mainSource.seen(); keys != 2 {
					t.Errorf("%d key frames, want 2", keys)
				}
			})
		})
	}
}

func TestReceiverReportsAreRecorded(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		c := b.pipe(false)
		c.play(b.url)
		c.drink()
		c.raw(frameOf(t, 1, &rtcp.ReceiverReport{SSRC: 7, Reports: []rtcp.ReceptionReport{
			{SSRC: 1, TotalLost: 99}, {SSRC: b.main.ssrc, FractionLost: 64, TotalLost: 5, Jitter: 900},
		}}))
		pass(time.Second)
		synctest.Wait()
		got := b.server.Stats().Sessions[0]
		if got.Reports != 1 || got.FractionLost != 0.25 || got.TotalLost != 5 || got.Jitter != 10*time.Millisecond {
			t.Errorf("%+v", got)
		}
		if got.Packets == 0 || got.Octets == 0 || got.Transport != "TCP" || got.Path != "/main" || got.Number != 1 {
			t.Errorf("%+v", got)
		}
	})
}

func TestLimitsOfSessions(t *testing.T) {
	limit := func(c *Config, _ *StreamConfig) { c.Limits.Sessions, c.Limits.SessionsAConn = 3, 2 }
	inBubble(t, limit, func(t *testing.T, b *bench) {
		first, second := b.pipe(false), b.pipe(false)
		first.setup(b.url)
		id := first.setup(b.url)
		first.want(453, "SETUP", b.url+"/trackID=0", overTCP) // of the connection
		second.setup(b.url)
		second.want(453, "SETUP", b.url+"/trackID=0", overTCP) // of the camera
		first.want(200, "TEARDOWN", b.url, "Session: "+id)
		second.setup(b.url)
	})
}

func TestReadersOverTheLimitAreToldSo(t *testing.T) {
	inBubble(t, func(_ *Config, s *StreamConfig) { s.Readers = 1 }, func(t *testing.T, b *bench) {
		first, second := b.pipe(false), b.pipe(false)
		id, _ := first.play(b.url)
		other := second.setup(b.url)
		first.drink()
		second.want(453, "PLAY", b.url, "Session: "+other)
		first.raw("PAUSE " + b.url + " RTSP/1.0\r\nCSeq: 9\r\nSession: " + id + "\r\n\r\n")
		pass(time.Millisecond)
		second.want(200, "PLAY", b.url, "Session: "+other)
	})
}

func TestConnectionsOverTheLimitAreRefused(t *testing.T) {
	limit := func(c *Config, _ *StreamConfig) { c.Limits.Connections = 2; c.TLS = &tls.Config{} }
	inBubble(t, limit, func(t *testing.T, b *bench) {
		b.pipe(false).want(200, "OPTIONS", "*")
		second := b.pipe(false)
		second.want(200, "OPTIONS", "*")
		if r := b.pipe(false).reply(); r.status != 503 || r.header.get("connection") != "close" {
			t.Errorf("%+v", r)
		}
		b.pipe(true).ends() // over TLS: without a word
		second.nc.Close()   //nolint:errcheck // it is gone
		synctest.Wait()
		b.pipe(false).want(200, "OPTIONS", "*")
	})
}

func TestTooManyRequestsHaveToWait(t *testing.T) {
	limit := func(c *Config, _ *StreamConfig) { c.Limits.RequestsASec = 5 }
	inBubble(t, limit, func(t *testing.T, b *bench) {
		c := b.pipe(false)
		for range 12 {
			c.want(200, "OPTIONS", "*")
		}
		if got := at(); got != 2*time.Second {
			t.Errorf("12 requests took %v at 5 a second, want 2 s", got)
		}
	})
}

func TestInterleavedChannelsAreThoseOfTheClientUnlessTaken(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		c := b.pipe(false)
		for _, x := range []struct{ ask, want string }{
			{"interleaved=6-7", "interleaved=6-7"},
			{"unicast", "interleaved=0-1"},
			{"interleaved=7-8", "interleaved=2-3"},
			{"interleaved=9-5", "interleaved=9-5"},
			{"interleaved=6-7", "interleaved=10-11"},
		} {
			r := c.want(200, "SETUP", b.url+"/trackID=0", "Transport: RTP/AVP/TCP;unicast;"+x.ask)
			if got := r.header.get("transport"); !strings.HasPrefix(got, "RTP/AVP/TCP;unicast;"+x.want+";ssrc=") || !strings.HasSuffix(got, `;mode="PLAY"`) {
				t.Errorf("%s: %q, want %s", x.ask, got, x.want)
			}
		}
	})
}

func TestFramesOfTheClientHaveALimit(t *testing.T) {
	inBubble(t, func(c *Config, _ *StreamConfig) { c.Limits.FrameBytes = 100 }, func(t *testing.T, b *bench) {
		c := b.pipe(false)
		c.raw("$\x05\x00\x64" + strings.Repeat("x", 100))
		c.want(200, "OPTIONS", "*")
		c.raw("$\x05\x00\x65")
		c.ends()
	})
}

func TestTwoSessionsOnOneConnectionPlayOnTheirChannels(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		c := b.pipe(false)
		var ids []string
		for range 2 {
			ids = append(ids, c.setup(b.url))
		}
		for _, id := range ids {
			c.want(200, "PLAY", b.url, "Session: "+id)
		}
		seen := map[uint8]int{}
		for range 100 {
			seen[c.frame().channel]++
		}
		if len(seen) != 4 || seen[0] < 30 || seen[2] < 30 {
			t.Errorf("frames by channel: %v", seen)
		}
	})
}

func TestSecondKeyframeRequestOfAReaderThatLeftIsNoHarm(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, b *bench) {
		c := b.pipe(false)
		id, _ := c.play(b.url)
		c.want(200, "PAUSE", b.url, "Session: "+id)
		c.raw(frameOf(t, 1, &rtcp.PictureLossIndication{MediaSSRC: b.main.ssrc}))
		c.want(200, "OPTIONS", "*")
		pass(time.Second)
		if _, keys, released := b.mainSource.seen(); keys != 1 || released != 1 {
			t.Errorf("%d key frames, released %d times", keys, released)
		}
	})
}
