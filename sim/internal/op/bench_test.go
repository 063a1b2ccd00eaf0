package op_test

import (
	"fmt"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/op"
)

// BenchmarkHandle is one request through the whole pipeline.
func BenchmarkHandle(b *testing.B) {
	for _, how := range []struct {
		name    string
		request func(*bench, int) *op.Request
	}{
		{"anonymous", func(*bench, int) *op.Request { return post(message(envelope12, "", call("Pre"))) }},
		{"digest", func(x *bench, n int) *op.Request {
			return post(message(envelope12, "", call("Read")), digest(x.challenge(n), "User", "User", n%1000+1))
		}},
		{"username-token", func(_ *bench, n int) *op.Request {
			return post(message(envelope12, token("User", "User", fmt.Sprint(n), begin()), call("Read")))
		}},
		{"refused", func(*bench, int) *op.Request { return post(message(envelope12, "", call("Read"))) }},
	} {
		b.Run(how.name, func(b *testing.B) {
			x := newBench(b, func(x *bench, _ *auth.Config) { x.Observe = nil },
				entry("Quick", auth.PreAuth, reply))
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				b.StopTimer()
				x.log = x.log[:0]
				if n%60000 == 0 { // as the clock would move on
					x = newBench(b, func(x *bench, _ *auth.Config) { x.Observe = nil })
				}
				q := how.request(x, n)
				b.StartTimer()
				if r := x.pipeline.Handle(b.Context(), q); r.Status != 200 && how.name != "refused" {
					b.Fatalf("%d\n%s", r.Status, r.Body)
				}
			}
		})
	}
}

// challenge is a Digest challenge that serves a thousand requests.
func (b *bench) challenge(n int) string {
	if n%1000 == 0 || b.given == "" {
		b.given = b.auth.Challenges(auth.Request{}, nil)[0]
	}
	return b.given
}
