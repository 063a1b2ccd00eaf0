package auth_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/golang-jwt/jwt/v5"
	"pgregory.net/rapid"
)

func TestManyClientsAtOnceEachGetInOnceWithEachAnswer(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	c := newCamera(k.trust())
	bearer := https(minting{method: jwt.SigningMethodES256, key: k.es256}.token(t))
	shared := c.admin() // all clients race for the same answers
	var wg sync.WaitGroup
	var digests, tokens atomic.Int32
	for range 8 {
		wg.Go(func() {
			for n := 1; n <= 20; n++ {
				a := shared
				a.nc = fmt.Sprintf("%08x", n)
				if _, err := c.Identify(request(a.header())); err == nil {
					digests.Add(1)
				}
				if _, err := c.Identify(soap(token("admin", "camfleet", fmt.Sprint(n), start()))); err == nil {
					tokens.Add(1)
				}
				if _, err := c.Identify(bearer); err != nil {
					t.Error(err)
				}
				c.Configure(auth.Settings{Bearer: &auth.BearerConfig{
					Audiences: []string{"camera"}, Issuers: []string{fleet}, Source: k.public(),
				}})
			}
		})
	}
	wg.Wait()
	if digests.Load() > 20 || digests.Load() == 0 || tokens.Load() != 20 {
		t.Errorf("%d Digest answers and %d UsernameTokens got in, want at most 20 and exactly 20", digests.Load(), tokens.Load())
	}
}

func TestNoAnswerEverWorksTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := newCamera(func(c *auth.Config) { c.Limits.Nonces = 3 })
		nonces := make([]string, 5)
		for i := range nonces {
			nonces[i] = c.nonce(request(""))
		}
		worked := map[string]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "requests") {
			a := c.admin()
			a.nonce = nonces[rapid.IntRange(0, 4).Draw(t, "nonce")]
			a.nc = fmt.Sprintf("%08x", rapid.Uint32Range(1, 80).Draw(t, "count"))
			h := a.header()
			_, err := c.Identify(request(h))
			if err == nil && worked[h] {
				t.Fatalf("%s works twice", h)
			}
			worked[h] = worked[h] || err == nil
		}
	})
}
