package auth_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"runtime"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/golang-jwt/jwt/v5"
)

func BenchmarkIdentify(b *testing.B) {
	k := newKeys(b)
	digest := func(sha256 bool) func(*testing.B) {
		return func(b *testing.B) {
			c := newCamera()
			a := c.admin()
			a.sha256 = sha256
			n := 0
			for b.Loop() {
				n++
				b.StopTimer()
				a.nc = fmt.Sprintf("%08x", n)
				r := request(a.header())
				b.StartTimer()
				if _, err := c.Identify(r); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("digest-md5", digest(false))
	b.Run("digest-sha256", digest(true))
	b.Run("basic", func(b *testing.B) {
		c := newCamera(withBasic)
		r := secured(basic("admin", "camfleet"))
		for b.Loop() {
			if _, err := c.Identify(r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("certificate", func(b *testing.B) {
		c := newCamera(func(c *auth.Config) { c.CommonName = true })
		r := secured("")
		r.Client = &x509.Certificate{Subject: pkix.Name{Names: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "admin"}}}}
		for b.Loop() {
			if _, err := c.Identify(r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("wrong-password-with-backoff", func(b *testing.B) {
		c := newCamera(func(c *auth.Config) {
			withBasic(c)
			c.Backoff = auth.Backoff{Account: 1 << 30, Address: 1 << 30, First: 1, Longest: 1}
		})
		r := secured(basic("admin", "x"))
		for b.Loop() {
			if _, err := c.Identify(r); err == nil {
				b.Fatal("it is right")
			}
		}
	})
	b.Run("username-token", func(b *testing.B) {
		c := newCamera()
		n := 0
		for b.Loop() {
			n++
			b.StopTimer()
			r := soap(token("admin", "camfleet", fmt.Sprint(n), start().Add(1)))
			if n%60000 == 0 { // as the clock would move on
				c = newCamera()
			}
			b.StartTimer()
			if _, err := c.Identify(r); err != nil {
				b.Fatal(err)
			}
		}
	})
	for name, m := range map[string]minting{
		"ES256": {method: jwt.SigningMethodES256, key: k.es256},
		"RS256": {method: jwt.SigningMethodRS256, key: k.rsa},
	} {
		for how, remembered := range map[string]int{"": 0, "-every-time": -1} {
			b.Run("bearer-"+name+how, func(b *testing.B) {
				c := newCamera(k.trust(func(b *auth.BearerConfig) { b.Verified = remembered }))
				m.header = map[string]any{"kid": map[string]string{"ES256": "ES256", "RS256": "RSA"}[name]}
				r := https(m.token(b))
				for b.Loop() {
					if _, err := c.Identify(r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
	b.Run("nobody", func(b *testing.B) {
		c := newCamera()
		for b.Loop() {
			if _, err := c.Identify(request("")); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkChallenges(b *testing.B) {
	c := newCamera()
	for b.Loop() {
		c.Challenges(request(""), nil)
	}
}

// BenchmarkNew reports what an authenticator costs that nobody has used.
func BenchmarkNew(b *testing.B) {
	const n = 10000
	for b.Loop() {
		var before, after runtime.MemStats
		cameras := make([]*auth.Authenticator, n)
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range cameras {
			cameras[i] = auth.New(auth.Config{Realm: "camera", Accounts: users()})
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "bytes/camera")
		runtime.KeepAlive(cameras)
	}
}
