package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// maxAnswer bounds what a [Client] reads of one answer: 1,000 cameras with
// their certificates are about 4 MiB.
const maxAnswer = 64 << 20

// Client calls the control API of a running fleet. Its errors are a
// *[RequestError] when the fleet answered, and wrap [ErrNoFleet] when nobody did.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// ErrNoFleet says that nothing answers where the control API should be.
var ErrNoFleet = errors.New("no fleet answers")

// RequestError is a request that the control API refused.
type RequestError struct {
	Status int // HTTP status
	Answer Error
}

// Error gives the sentence of the answer, with its field and hint.
func (e *RequestError) Error() string {
	s := e.Answer.Error
	if e.Answer.Field != "" {
		s = e.Answer.Field + ": " + s
	}
	if e.Answer.Hint != "" {
		s += "; " + e.Answer.Hint
	}
	return s
}

// NewClient returns a client for a control API at HOST:PORT or at an http URL.
// An unspecified host (0.0.0.0) means this machine. token may be empty; doer
// may be nil for the default transport.
func NewClient(control, token string, doer *http.Client) (*Client, error) {
	base := control
	if !strings.Contains(base, "://") {
		if reason := badClientAddress(base); reason != "" {
			return nil, &ConfigError{Field: "control", Text: fmt.Sprintf("%q: %s", control, reason), Hint: "give HOST:PORT such as 127.0.0.1:8800"}
		}
		base = "http://" + base
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, &ConfigError{Field: "control", Text: fmt.Sprintf("%q is no address", control), Hint: "give HOST:PORT such as 127.0.0.1:8800"}
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && a.IsUnspecified() {
		u.Host = net.JoinHostPort("127.0.0.1", u.Port())
	}
	if doer == nil {
		doer = http.DefaultClient
	}
	return &Client{base: strings.TrimSuffix(u.Scheme+"://"+u.Host+u.Path, "/"), token: token, http: doer}, nil
}

// badClientAddress is badHostPort for clients, which may use any host name.
func badClientAddress(s string) string {
	host, port, err := net.SplitHostPort(s)
	switch {
	case err != nil:
		return "host and port are wanted"
	case host == "":
		return "the host is missing"
	case port == "" || port == "0":
		return "the port is missing"
	}
	return ""
}

// Address is the base URL of the control API.
func (c *Client) Address() string { return c.base }

// Fleet returns the whole fleet.
func (c *Client) Fleet(ctx context.Context) (f Fleet, err error) {
	return f, c.json(ctx, http.MethodGet, "/v1/fleet", nil, &f)
}

// Ready returns how far the fleet is; an answer 503 with the progress is no error.
func (c *Client) Ready(ctx context.Context) (r Ready, err error) {
	status, body, err := c.do(ctx, http.MethodGet, "/readyz", nil)
	if err != nil {
		return r, err
	}
	if status != http.StatusOK && status != http.StatusServiceUnavailable {
		return r, refusal(status, body)
	}
	return r, c.decode("/readyz", body, &r)
}

// Cameras returns the cameras in the order of their names.
func (c *Client) Cameras(ctx context.Context) (list []Camera, err error) {
	return list, c.json(ctx, http.MethodGet, "/v1/cameras", nil, &list)
}

// Mint asks the fleet's issuer for a token.
func (c *Client) Mint(ctx context.Context, r TokenRequest) (t Token, err error) {
	return t, c.json(ctx, http.MethodPost, "/v1/tokens", r, &t)
}

// Revoke withdraws a token of the fleet's issuer.
func (c *Client) Revoke(ctx context.Context, r Revocation) (done Revocation, err error) {
	return done, c.json(ctx, http.MethodPost, "/v1/tokens/revoke", r, &done)
}

// Authorizations tells how a camera stands with the authorization servers that
// it gets tokens of for itself.
func (c *Client) Authorizations(ctx context.Context, camera string) (list []Authorization, err error) {
	return list, c.json(ctx, http.MethodGet, "/v1/cameras/"+url.PathEscape(camera)+"/authorizations", nil, &list)
}

// RotateIssuer makes new signing keys for the fleet's issuer.
func (c *Client) RotateIssuer(ctx context.Context) (k IssuerKeys, err error) {
	return k, c.json(ctx, http.MethodPost, "/v1/issuer/rotate", nil, &k)
}

// Reboot reboots a camera; it returns the camera as it is then.
func (c *Client) Reboot(ctx context.Context, camera string) (now Camera, err error) {
	return now, c.json(ctx, http.MethodPost, "/v1/cameras/"+url.PathEscape(camera)+"/reboot", nil, &now)
}

// FactoryDefault makes a camera what it left the factory as and reboots it; a soft
// one keeps network, clock, accounts, keys and certificates. It returns the camera
// as it is then.
func (c *Client) FactoryDefault(ctx context.Context, camera string, soft bool) (now Camera, err error) {
	path := "/v1/cameras/" + url.PathEscape(camera) + "/factory-default"
	if soft {
		path += "?soft=true"
	}
	return now, c.json(ctx, http.MethodPost, path, nil, &now)
}

// CA returns PEM: without a camera the fleet's root, or with signing its
// media-signing root; with a camera that chain of the camera, leaf first.
func (c *Client) CA(ctx context.Context, camera string, signing bool) ([]byte, error) {
	path := "/v1/ca"
	if camera != "" {
		path = "/v1/cameras/" + url.PathEscape(camera) + "/chain"
	}
	if signing {
		path += "?signing=true"
	}
	status, body, err := c.do(ctx, http.MethodGet, path, nil)
	if err == nil && status != http.StatusOK {
		err = refusal(status, body)
	}
	return body, err
}

// json sends a value, if there is one, and reads the answer into out.
func (c *Client) json(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	status, answer, err := c.do(ctx, method, path, body)
	if err != nil {
		return err
	}
	if status/100 != 2 {
		return refusal(status, answer)
	}
	return c.decode(path, answer, out)
}

func (c *Client) decode(path string, body []byte, out any) error {
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s%s answered something else than a fleet does: %w", c.base, path, err)
	}
	return nil
}

// do sends one request and reads the bounded answer.
func (c *Client) do(ctx context.Context, method, path string, body []byte) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err
		}
		return 0, nil, fmt.Errorf("%w at %s: %w", ErrNoFleet, c.base, err)
	}
	defer resp.Body.Close() //nolint:errcheck // what was wanted of it has been read
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(answer) > maxAnswer {
		err = fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("%s%s: %w", c.base, path, err)
	}
	return resp.StatusCode, answer, nil
}

// refusal makes an error of a failed answer.
func refusal(status int, body []byte) error {
	e := &RequestError{Status: status}
	if json.Unmarshal(body, &e.Answer) != nil || e.Answer.Error == "" {
		e.Answer.Error = fmt.Sprintf("HTTP status %d %s", status, http.StatusText(status))
	}
	return e
}
