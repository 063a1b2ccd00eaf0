package oidc_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/oidc"
)

// A server that takes no connections costs none beyond the call: who gives up
// ends the dialling too.
func TestDiallingEndsWithWhoWantedIt(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"https://issuer.example", "http://127.0.0.1:9"} {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		f := oidc.NewFetcher(oidc.FetcherConfig{
			PlainHTTP: oidc.Loopback,
			Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				cancel()
				<-ctx.Done()
				close(ended)
				return nil, ctx.Err()
			},
		})
		if _, err := f.Metadata(ctx, address); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", address, err)
		}
		<-ended
	}
}
