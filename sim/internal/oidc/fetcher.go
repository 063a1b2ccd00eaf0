package oidc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// maxHeader is how many bytes the header of an issuer's answer may have.
const maxHeader = 32 << 10

// FetcherConfig is what a [Fetcher] is made of.
type FetcherConfig struct {
	// Verify says whether the TLS certificates that an issuer presents, its own
	// first, are valid. nil: they are not looked at, which is what a camera does
	// that has no validation policy for issuers (Security 4.4.2).
	Verify func(chain []*x509.Certificate) error
	// PlainHTTP says which issuers may be asked without TLS; "": Never.
	PlainHTTP PlainHTTP
	// Certificate is shown to servers that ask for one; nil: none is.
	Certificate *tls.Certificate
	// Dial opens connections; nil: those of the machine.
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Limits Limits
}

// Fetcher gets documents from issuers. Its methods may be called by many
// goroutines; what they cost in time, their context says.
type Fetcher struct {
	config FetcherConfig
	client *http.Client
}

// NewFetcher returns a fetcher. It keeps no connection and no goroutine beyond
// a call.
func NewFetcher(c FetcherConfig) *Fetcher {
	c.Limits = c.Limits.orDefault()
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	f := &Fetcher{config: c}
	f.client = &http.Client{
		CheckRedirect: f.redirect,
		Transport: checked{f, &http.Transport{
			DialContext: f.dial, DialTLSContext: f.dialTLS,
			DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxHeader,
		}},
	}
	return f
}

// Client returns what the fetcher asks with, for requests of other kinds: the
// same addresses may be asked, the same certificates are accepted. How much of
// an answer is read is for the caller to bound.
func (f *Fetcher) Client() *http.Client { return f.client }

// checked asks no address that must not be asked.
type checked struct {
	f *Fetcher
	*http.Transport
}

func (c checked) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := c.f.allowed(r.URL); err != nil {
		if r.Body != nil {
			r.Body.Close() //nolint:errcheck // nobody reads it
		}
		return nil, err
	}
	return c.Transport.RoundTrip(r.WithContext(context.WithValue(r.Context(), asking{}, r.Context())))
}

// asking is the key of a request's own context. The transport would go on
// dialling for requests to come when one is given up, and here none comes.
type asking struct{}

// dial opens a connection for as long as somebody wants it.
func (f *Fetcher) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return f.config.Dial(wanted(ctx), network, address)
}

// wanted is the context of the request that a connection is dialled for.
func wanted(dialling context.Context) context.Context {
	if own, ok := dialling.Value(asking{}).(context.Context); ok {
		return own
	}
	return dialling
}

// Metadata returns the metadata of a trusted issuer. Where an identifier is
// given, both well-known addresses are tried.
func (f *Fetcher) Metadata(ctx context.Context, uri string) (Metadata, error) {
	err := fmt.Errorf("%w: %.128q", ErrAddress, uri)
	for _, address := range documents(uri) {
		var document []byte
		if document, err = f.get(ctx, address); err == nil {
			return parseMetadata(document, uri)
		}
		if !errors.Is(err, ErrStatus) {
			break
		}
	}
	return Metadata{}, err
}

// Keys returns the keys at an address that metadata name.
func (f *Fetcher) Keys(ctx context.Context, address string) ([]Key, error) {
	if address == "" {
		return nil, fmt.Errorf("metadata: %w: no jwks_uri", ErrDocument)
	}
	document, err := f.get(ctx, address)
	if err != nil {
		return nil, err
	}
	return parseKeys(document, f.config.Limits.Keys)
}

// get reads a document.
func (f *Fetcher) get(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %.128q", ErrAddress, address)
	}
	request.Header.Set("Accept", "application/json")
	answer, err := f.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%.128q: %w: %d", address, ErrStatus, answer.StatusCode)
	}
	document, err := io.ReadAll(io.LimitReader(answer.Body, int64(f.config.Limits.Bytes)+1))
	if err == nil && len(document) > f.config.Limits.Bytes {
		err = fmt.Errorf("%w: more than %d bytes", ErrTooLarge, f.config.Limits.Bytes)
	}
	if err != nil {
		return nil, fmt.Errorf("%.128q: %w", address, err)
	}
	return document, nil
}

// allowed says whether an address may be asked.
func (f *Fetcher) allowed(u *url.URL) error {
	plain := f.config.PlainHTTP
	if u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && (plain == Any || plain == Loopback && onLoopback(u.Hostname()))) {
		return nil
	}
	return fmt.Errorf("%w: %.128q: want https", ErrAddress, u.Redacted())
}

// onLoopback reports whether a host is this machine by its name (RFC 6761 6.3)
// or address.
func onLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// redirect follows few redirections, on the same host and never away from TLS.
func (f *Fetcher) redirect(next *http.Request, via []*http.Request) error {
	from, to := via[len(via)-1].URL, next.URL
	switch {
	case len(via) > f.config.Limits.Redirects:
		return fmt.Errorf("%w: more than %d", ErrRedirect, f.config.Limits.Redirects)
	case from.Hostname() != to.Hostname():
		return fmt.Errorf("%w: to another host", ErrRedirect)
	case from.Scheme == "https" && to.Scheme != "https":
		return fmt.Errorf("%w: away from TLS", ErrRedirect)
	}
	return f.allowed(to)
}

// dialTLS opens a connection to an issuer whose certificate is accepted.
func (f *Fetcher) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	ctx = wanted(ctx)
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	plain, err := f.config.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	var certificates []tls.Certificate
	if f.config.Certificate != nil {
		certificates = append(certificates, *f.config.Certificate)
	}
	c := tls.Client(plain, &tls.Config{
		Certificates: certificates, MinVersion: tls.VersionTLS12, ServerName: host,
		InsecureSkipVerify: true, //nolint:gosec // verify does it, by the camera's policies
		VerifyConnection:   func(s tls.ConnectionState) error { return f.verify(host, s.PeerCertificates) },
	})
	if err := c.HandshakeContext(ctx); err != nil {
		plain.Close() //nolint:errcheck // it is given up
		return nil, err
	}
	return c, nil
}

// verify ends the handshake with an issuer whose certificate is not accepted: it
// must be for the host (RFC 9525 6), for servers if it says what it is for (RFC
// 5280 4.2.1.12), and valid by the policies.
func (f *Fetcher) verify(host string, chain []*x509.Certificate) error {
	if f.config.Verify == nil {
		return nil
	}
	leaf := chain[0]
	err := leaf.VerifyHostname(host)
	if err == nil && len(leaf.ExtKeyUsage)+len(leaf.UnknownExtKeyUsage) > 0 &&
		!slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageServerAuth) && !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageAny) {
		err = errors.New("it is not for servers")
	}
	if err == nil {
		err = f.config.Verify(chain)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	return nil
}
