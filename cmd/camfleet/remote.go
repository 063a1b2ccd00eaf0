package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/camfleet/camfleet/sim/api"
)

// remote are the flags of commands that talk to a running fleet.
type remote struct {
	Control      string `default:"127.0.0.1:8800" placeholder:"HOST:PORT" setting:"any" help:"Control API of the fleet (default ${default})."`
	ControlToken string `placeholder:"TOKEN" setting:"any" help:"Token that up printed for a control API beyond loopback."`
}

func (r *remote) client() (*api.Client, error) {
	return api.NewClient(r.Control, r.ControlToken, nil)
}

// explain adds to an error of the client what to do.
func explain(err error) error {
	if errors.Is(err, api.ErrNoFleet) {
		return fmt.Errorf("%w; start one with \"camfleet up\" or name its --control", err)
	}
	return err
}

type lsCommand struct {
	remote `embed:""`
	JSON   bool `help:"Print a JSON list."`
}

// Run prints the cameras of the running fleet.
func (c *lsCommand) Run(ctx context.Context, p *program) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	cameras, err := client.Cameras(ctx)
	if err != nil {
		return explain(err)
	}
	if c.JSON {
		return writeJSON(p.stdout, cameras)
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tPROFILE\tSTATE\tDEVICE\tRTSP\tRTSPS")
	for _, cam := range cameras {
		rtsp, rtsps := "-", "-"
		if len(cam.Streams) > 0 {
			rtsp, rtsps = first(cam.Streams[0].RTSP, "-"), first(cam.Streams[0].RTSPS, "-")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", cam.Name, cam.Profile, cam.State, first(cam.DeviceURL, cam.DeviceURLTLS, "-"), rtsp, rtsps)
	}
	return table.Flush()
}

type tokenCommand struct {
	remote  `embed:""`
	Role    string   `default:"onvif:User" placeholder:"ROLE" help:"onvif:Administrator, onvif:Operator or onvif:User; onvif: may be left out (default ${default})."`
	Aud     []string `placeholder:"AUDIENCE" help:"Audience claim (default: one that every camera accepts)."`
	TTL     string   `name:"ttl" default:"10m" placeholder:"10m" help:"How long it is valid (default ${default})."`
	Claim   []string `sep:"none" placeholder:"K=V" help:"A further claim; V is JSON or else a text. May be repeated."`
	Subject string   `name:"sub" placeholder:"NAME" help:"Subject claim."`
	Bad     string   `enum:"expired,not-yet,audience,signature,role,alg-none,issuer," default:"" placeholder:"HOW" help:"Make it wrong: expired, not-yet, audience, signature, role, alg-none or issuer."`
	Alg     string   `placeholder:"ALG" help:"Signature algorithm: ES256 or RS256 (default: ES256)."`
	Key     string   `placeholder:"KID" help:"Sign with this one of the issuer's keys (default: the current one)."`
	Revoke  string   `placeholder:"TOKEN" help:"Make none, but withdraw this one of the issuer's; its jti will do. The cameras take it no more."`
	JSON    bool     `help:"Print token, type and expiry as JSON."`
}

// Run prints a token.
func (c *tokenCommand) Run(ctx context.Context, p *program) error {
	claims, err := parseClaims(c.Claim)
	if err != nil {
		return err
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	if c.Revoke != "" {
		return c.withdraw(ctx, p, client)
	}
	token, err := client.Mint(ctx, api.TokenRequest{
		Role: c.Role, Audience: c.Aud, TTL: c.TTL, Claims: claims, Subject: c.Subject, Bad: c.Bad, Alg: c.Alg, Key: c.Key,
	})
	if err != nil {
		return mistake(err)
	}
	if c.JSON {
		return writeJSON(p.stdout, token)
	}
	_, err = fmt.Fprintln(p.stdout, token.Token)
	return err
}

// withdraw revokes a token and prints its jti.
func (c *tokenCommand) withdraw(ctx context.Context, p *program, client *api.Client) error {
	r := api.Revocation{JTI: c.Revoke}
	if strings.Contains(c.Revoke, ".") {
		r = api.Revocation{Token: c.Revoke}
	}
	done, err := client.Revoke(ctx, r)
	if err != nil {
		return mistake(err)
	}
	if c.JSON {
		return writeJSON(p.stdout, done)
	}
	_, err = fmt.Fprintf(p.stdout, "withdrawn: %s\n", done.JTI)
	return err
}

// mistake is an error of the control API; one about a field is the user's.
func mistake(err error) error {
	var refused *api.RequestError
	if errors.As(err, &refused) && refused.Status == 400 && refused.Answer.Field != "" {
		return &api.ConfigError{Field: refused.Answer.Field, Text: refused.Answer.Error, Hint: refused.Answer.Hint}
	}
	return explain(err)
}

// parseClaims reads k=v pairs.
func parseClaims(pairs []string) (map[string]any, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	claims := map[string]any{}
	for _, pair := range pairs {
		k, v, ok := strings.Cut(pair, "=")
		if !ok || k == "" {
			return nil, &api.ConfigError{Field: "claim", Text: fmt.Sprintf("%q is no claim", pair), Hint: "give NAME=VALUE"}
		}
		if _, twice := claims[k]; twice {
			return nil, &api.ConfigError{Field: "claim", Text: fmt.Sprintf("claim %q is given twice", k), Hint: "give a list as JSON: NAME=[\"a\",\"b\"]"}
		}
		var value any
		if json.Unmarshal([]byte(v), &value) != nil {
			value = v
		}
		claims[k] = value
	}
	return claims, nil
}

type caCommand struct {
	remote  `embed:""`
	Chain   string `placeholder:"CAMERA" help:"The chain of this camera's TLS server instead of the root, leaf first."`
	Signing bool   `help:"Media signing instead of TLS."`
}

// Run prints certificates.
func (c *caCommand) Run(ctx context.Context, p *program) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	pem, err := client.CA(ctx, c.Chain, c.Signing)
	if err != nil {
		return explain(err)
	}
	_, err = p.stdout.Write(pem)
	return err
}

type healthcheckCommand struct {
	remote `embed:""`
}

// Run fails unless the fleet is ready.
func (c *healthcheckCommand) Run(ctx context.Context, p *program) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	ready, err := client.Ready(ctx)
	if err != nil {
		return explain(err)
	}
	if !ready.Ready {
		return fmt.Errorf("starting: %d of %d cameras are up; wait", ready.Started, ready.Total)
	}
	_, err = fmt.Fprintf(p.stdout, "ready: %d cameras\n", ready.Total)
	return err
}
