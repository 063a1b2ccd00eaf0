package api

import (
	"context"
	"net/http"
	"net/url"
)

// Fault is a fault of a camera: where, when and what. It is the body of
// POST /v1/cameras/{name}/faults and what the answers hold.
type Fault struct {
	ID string `json:"id,omitempty"` // empty: the camera gives one
	At string `json:"at,omitempty"` // the seam; empty: frame, the only one by now
	// Do is what goes wrong: flip-byte, drop-frame, duplicate-frame, swap-frames,
	// freeze, wrong-hash, wrong-signature, counter-jump, clock-jump, sei-missing,
	// sei-late, sei-unescaped, expired-certificate, revoked-certificate,
	// foreign-certificate, incomplete-chain, other-camera.
	Do     string `json:"do"`
	Stream string `json:"stream,omitempty"` // name of the stream; empty: all
	// Of the pictures (or signatures) that can be hit the first After are spared,
	// then every Every-th is hit with Chance, Times times in all.
	Chance float64 `json:"chance,omitempty"` // 0: always
	Every  int     `json:"every,omitempty"`  // 0: each one
	After  int     `json:"after,omitempty"`
	Times  int     `json:"times,omitempty"` // 0: no end
	// Amount is the pictures to freeze, what the counter jumps by, or the seconds
	// that the clock jumps by; 0: the fault's default.
	Amount int64 `json:"amount,omitempty"`

	// Fired is how often it has hit, in answers only.
	Fired uint64 `json:"fired,omitempty"`
	// CRL is the revocation list (PEM) that names the certificate of
	// revoked-certificate, in answers only.
	CRL string `json:"crl,omitempty"`
}

// ResetResult is the answer of POST /v1/reset.
type ResetResult struct {
	Faults int `json:"faults"` // that were taken away
}

func faultsPath(camera string) string { return "/v1/cameras/" + url.PathEscape(camera) + "/faults" }

// Faults returns the faults of a camera.
func (c *Client) Faults(ctx context.Context, camera string) (list []Fault, err error) {
	return list, c.json(ctx, http.MethodGet, faultsPath(camera), nil, &list)
}

// AddFault puts a fault into a camera.
func (c *Client) AddFault(ctx context.Context, camera string, f Fault) (added Fault, err error) {
	return added, c.json(ctx, http.MethodPost, faultsPath(camera), f, &added)
}

// RemoveFault takes a fault out of a camera and returns it.
func (c *Client) RemoveFault(ctx context.Context, camera, id string) (f Fault, err error) {
	return f, c.json(ctx, http.MethodDelete, faultsPath(camera)+"/"+url.PathEscape(id), nil, &f)
}

// Reset takes all faults out of all cameras but those of their profiles.
func (c *Client) Reset(ctx context.Context) (r ResetResult, err error) {
	return r, c.json(ctx, http.MethodPost, "/v1/reset", nil, &r)
}
