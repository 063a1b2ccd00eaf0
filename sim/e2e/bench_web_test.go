package e2e

import (
	"crypto/md5" //nolint:gosec // what Digest with MD5 demands
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// workers is how many connections the clients of the benchmarks have.
const workers = 8

// BenchmarkSOAP reports SOAP requests a second over connections that are kept
// open, as the clock sees it and for each second of CPU that the camera used.
func BenchmarkSOAP(b *testing.B) {
	for _, c := range []struct {
		name, body string
		secure     bool
		login      func(b testing.TB, fleet *running) func() string // of one worker; nil: none
		token      bool                                             // a UsernameToken in each message
	}{
		{"anonymous GetSystemDateAndTime", getSystemDateAndTime, false, nil, false},
		{"Digest GetDeviceInformation", getDeviceInformation, false, digest("viewer"), false},
		{"UsernameToken GetDeviceInformation", getDeviceInformation, false, nil, true},
		{"JWT GetDeviceInformation over TLS", getDeviceInformation, true, jwt, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			fleet := up(b, "-n", "1", "--profile", "flagship")
			address := fleet.Cameras[0].DeviceURL
			if c.secure {
				address = fleet.Cameras[0].DeviceURLTLS
			}
			transport := &http.Transport{MaxIdleConnsPerHost: workers, TLSClientConfig: trust(fleet)}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			inParallel(b, fleet, "requests", func() func() error {
				authorization := func() string { return "" }
				if c.login != nil {
					authorization = c.login(b, fleet)
				}
				return func() error {
					header := ""
					if c.token {
						header = usernameToken("viewer", "camfleet")
					}
					return ask(client, address, authorization(), envelope(header, c.body))
				}
			})
		})
	}
}

// ask posts one message and reads the answer, which must be a good one.
func ask(client *http.Client, address, authorization, message string) error {
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(message)) //nolint:noctx // it ends with the fleet
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/soap+xml")
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// inParallel lets workers do something and reports how often a second they
// could, by the clock and by the fleet's CPU time.
func inParallel(b *testing.B, fleet *running, what string, worker func() func() error) {
	b.Helper()
	each := max(1, workers/runtime.GOMAXPROCS(0))
	b.SetParallelism(each)
	ready := make(chan func() error, each*runtime.GOMAXPROCS(0))
	for range cap(ready) {
		ready <- worker()
	}
	before := fleet.usage(b).cpu
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		do := <-ready
		for pb.Next() {
			if err := do(); err != nil {
				b.Error(err)
			}
		}
	})
	b.StopTimer()
	used := fleet.usage(b).cpu - before
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), what+"/s")
	b.ReportMetric(float64(b.N)/used.Seconds(), what+"/cpu-s")
}

// trust is a client configuration for the servers of a fleet.
func trust(fleet *running) *tls.Config {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(fleet.CA))
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

// jwt gives the Authorization header of a token.
func jwt(b testing.TB, fleet *running) func() string {
	b.Helper()
	token := "Bearer " + strings.TrimSpace(camfleet(b, "token", "--control", fleet.control).want(b, "token").stdout)
	return func() string { return token }
}

// digest logs a user in with Digest.
func digest(user string) func(testing.TB, *running) func() string {
	return func(b testing.TB, fleet *running) func() string {
		b.Helper()
		return digestOf(b, fleet, user)
	}
}

// digestOf answers a camera's challenge once and for all: each call gives the
// next Authorization header of the same nonce (RFC 7616 3.4).
func digestOf(b testing.TB, fleet *running, user string) func() string {
	b.Helper()
	c := fleet.Cameras[0]
	resp, err := http.Post(c.DeviceURL, "application/soap+xml", strings.NewReader(envelope("", getDeviceInformation))) //nolint:noctx // once
	if err != nil {
		b.Fatal(err)
	}
	resp.Body.Close()
	challenge := resp.Header.Get("WWW-Authenticate")
	parameter := func(name string) string {
		m := regexp.MustCompile(name + `="([^"]+)"`).FindStringSubmatch(challenge)
		if m == nil {
			b.Fatalf("no %s in %q", name, challenge)
		}
		return m[1]
	}
	realm, nonce, opaque := parameter("realm"), parameter("nonce"), parameter("opaque")
	u, err := url.Parse(c.DeviceURL)
	if err != nil {
		b.Fatal(err)
	}
	hash := func(parts ...string) string {
		sum := md5.Sum([]byte(strings.Join(parts, ":"))) //nolint:gosec // as above
		return hex.EncodeToString(sum[:])
	}
	ha1, ha2 := hash(user, realm, "camfleet"), hash("POST", u.Path)
	count := 0
	return func() string {
		count++
		nc := fmt.Sprintf("%08x", count)
		return fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", algorithm=MD5, qop=auth, nc=%s, cnonce="c", opaque="%s"`,
			user, realm, nonce, u.Path, hash(ha1, nonce, nc, "c", "auth", ha2), nc, opaque)
	}
}

// BenchmarkHandshake reports full TLS 1.3 and 1.2 handshakes a second with the
// camera's own key, which its TPM uses each time, and with keys of a camera that
// has no TPM and so has them in memory.
func BenchmarkHandshake(b *testing.B) {
	for _, c := range []struct {
		name, profile string
		version       uint16
		memory        bool
	}{
		{"ECDSA P-256 TLS 1.3", "flagship", tls.VersionTLS13, false},
		{"ECDSA P-256 TLS 1.3 in memory", "flagship", tls.VersionTLS13, true},
		{"ECDSA P-256 TLS 1.2", "flagship", tls.VersionTLS12, false},
		{"ECDSA P-384 TLS 1.3", "security-baseline", tls.VersionTLS13, false},
		{"RSA-2048 TLS 1.3", "tls-addon", tls.VersionTLS13, false},
		{"RSA-2048 TLS 1.3 in memory", "tls-addon", tls.VersionTLS13, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			profile := c.profile
			if c.memory {
				profile = writeFile(b, "memory.yaml", "extends: "+c.profile+"\ntpm: {backend: none}\n")
			}
			fleet := up(b, "-n", "1", "--profile", profile)
			config := trust(fleet)
			config.MinVersion, config.MaxVersion = c.version, c.version
			address := net.JoinHostPort(fleet.Cameras[0].Address, strconv.Itoa(fleet.Cameras[0].Ports.HTTPS))
			inParallel(b, fleet, "handshakes", func() func() error {
				return func() error {
					conn, err := tls.Dial("tcp", address, config)
					if err != nil {
						return err
					}
					return conn.Close()
				}
			})
		})
	}
}
