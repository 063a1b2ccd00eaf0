package issuer_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/issuer"
)

func TestRevocationIsOfTheIssuersOwnTokensAndOutlivesThem(t *testing.T) {
	t.Parallel()
	now := clock.NewManual(start())
	changes := 0
	config := func(c *issuer.Config) {
		c.Clock, c.MaxTTL = now, time.Hour
		c.Changed = func() error { changes++; return nil }
	}
	i := newIssuer(t, config)
	changes = 0
	if err := i.Revoke("7"); err != nil || changes != 1 {
		t.Fatalf("%v, told of %d changes", err, changes)
	}
	for jti, want := range map[string]bool{"7": true, "8": false, "": false} {
		if i.Revoked(i.URL(), jti) != want || i.Revoked("https://other.example", jti) {
			t.Errorf("%q: revoked %v", jti, !want)
		}
	}
	kept, err := i.Revocations()
	if err != nil {
		t.Fatal(err)
	}
	again := newIssuer(t, config, func(c *issuer.Config) { c.Revocations = kept })
	if !again.Revoked(again.URL(), "7") {
		t.Error("forgotten after a restart")
	}
	now.Advance(time.Hour)
	if !i.Revoked(i.URL(), "7") {
		t.Error("forgotten while the token may live")
	}
}

func TestRevocationsHaveALimitAndAreReadStrictly(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	for jti, good := range map[string]bool{"": false, strings.Repeat("x", 256): true, strings.Repeat("x", 257): false} {
		if err := i.Revoke(jti); (err == nil) != good {
			t.Errorf("jti of %d bytes: %v", len(jti), err)
		}
	}
	var b strings.Builder
	until := start().Add(time.Hour).Format(time.RFC3339)
	for n := range 65536 {
		fmt.Fprintf(&b, `%q:%q,`, fmt.Sprint(n), until)
	}
	full := newIssuer(t, func(c *issuer.Config) { c.Revocations = []byte("{" + strings.TrimSuffix(b.String(), ",") + "}") })
	if err := full.Revoke("one more"); !errors.Is(err, issuer.ErrRevoked) {
		t.Errorf("the 65537th: %v", err)
	}
	if err := full.Revoke("0"); err != nil {
		t.Errorf("one that is there: %v", err)
	}
	for _, bad := range []string{"{", `{"7":"soon"}`, "{" + b.String() + `"x":"` + until + `"}`} {
		if _, err := issuer.New(issuer.Config{URL: "http://127.0.0.1:1/issuer", Revocations: []byte(bad)}); err == nil {
			t.Errorf("%.20s is read", bad)
		}
	}
}
