package sim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/container"
	"github.com/camfleet/camfleet/streams/receive"
	"github.com/camfleet/camfleet/streams/sign"
)

// VerifyConfig says what to verify and by what.
type VerifyConfig struct {
	// Source is a file (MP4, Matroska, Annex B) or an rtsp or rtsps address, with
	// user and password in it if need be.
	Source string
	// Roots are the media-signing roots; none: the chain of the signatures is not
	// judged.
	Roots []*x509.Certificate
	// Revocations are lists of revoked certificates.
	Revocations []*x509.RevocationList
	// At is when certificates have to be valid; zero: when they signed.
	At time.Time
	// For is how long a live stream is watched; 0: until it ends or ctx does.
	For time.Duration
	// Token is a bearer token for a live stream.
	Token string
	// UDP asks for RTP over UDP.
	UDP bool
	// TLS is for rtsps; nil: the roots of this machine.
	TLS *tls.Config
	// GOPs is how many verdicts are kept; 0: 1,000,000. More are an error.
	GOPs int
}

// ErrVerdicts says that a recording has more GOPs than VerifyConfig.GOPs.
var ErrVerdicts = errors.New("too many GOPs")

// units gives access units, io.EOF after the last.
type units func() (*streams.AccessUnit, error)

// Verify judges a recording or a live stream by its ONVIF media signatures. The
// error says that nothing could be judged; that something is not authentic is
// no error.
func Verify(ctx context.Context, c VerifyConfig) (api.Verification, error) {
	if c.GOPs == 0 {
		c.GOPs = 1e6
	}
	if scheme, _, ok := strings.Cut(c.Source, "://"); ok && scheme != "file" {
		return verifyLive(ctx, c)
	}
	return verifyFile(ctx, c)
}

func verifyFile(ctx context.Context, c VerifyConfig) (api.Verification, error) {
	path := strings.TrimPrefix(c.Source, "file://")
	f, err := os.Open(path)
	if err != nil {
		return api.Verification{}, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return api.Verification{}, err
	}
	if !info.Mode().IsRegular() {
		return api.Verification{}, fmt.Errorf("%s is no file", path)
	}
	r, err := container.Open(f, info.Size(), container.Limits{})
	if err != nil {
		return api.Verification{}, fmt.Errorf("%s: %w", path, err)
	}
	v := api.Verification{Source: path, Format: string(r.Kind())}
	return c.judge(v, r.Codec(), func() (*streams.AccessUnit, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return r.Next()
	})
}

func verifyLive(ctx context.Context, c VerifyConfig) (api.Verification, error) {
	r, err := receive.Play(ctx, receive.Config{URL: c.Source, Token: c.Token, UDP: c.UDP, TLS: c.TLS})
	if err != nil {
		return api.Verification{}, err
	}
	defer r.Close()
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	v := api.Verification{Source: redacted(c.Source), Format: "rtsp"}
	v, err = c.judge(v, r.Codec(), func() (*streams.AccessUnit, error) {
		au, err := r.Next(ctx)
		if ctx.Err() != nil && err != nil {
			return nil, io.EOF // long enough
		}
		return au, err
	})
	v.LostPackets, v.BrokenPackets = r.Lost(), r.Broken()
	return v, err
}

func redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the address"
	}
	return u.Redacted()
}

// judge has a verifier look at all access units.
func (c VerifyConfig) judge(v api.Verification, codec streams.Codec, next units) (api.Verification, error) {
	verifier, err := sign.NewVerifier(sign.VerifierConfig{Codec: codec, Roots: c.Roots, Revocations: c.Revocations, At: c.At})
	if err != nil {
		return v, err
	}
	v.Codec, v.GOPs = string(codec), []api.VerifiedGOP{}
	for {
		au, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return v, fmt.Errorf("%s: %w", v.Source, err)
		}
		// The file's time is not the camera's: it is not to be compared.
		for _, d := range verifier.Push(&streams.AccessUnit{NALs: au.NALs, Key: au.Key, Frame: au.Frame}) {
			v.GOPs = append(v.GOPs, verdict(d))
		}
		if len(v.GOPs) > c.GOPs {
			return v, fmt.Errorf("%s: more than %d: %w", v.Source, c.GOPs, ErrVerdicts)
		}
	}
	rest, report := verifier.Close()
	for _, d := range rest {
		v.GOPs = append(v.GOPs, verdict(d))
	}
	return conclude(v, report), nil
}

// conclude adds the report to the verdicts.
func conclude(v api.Verification, r sign.Report) api.Verification {
	v.Authenticity, v.Provenance = string(r.Authenticity), string(r.Provenance)
	v.Start, v.End, v.Frames, v.Open = r.Start, r.End, r.Frames, r.Open
	v.Skipped, v.Uncovered = r.Skipped, r.Uncovered
	v.UserProvisioned, v.Reasons = r.User, reasons(r.Reasons)
	v.Counts = map[string]int{}
	for what, n := range r.Counts {
		v.Counts[string(what)] = n
	}
	for _, cert := range r.Certificates {
		v.Certificates = append(v.Certificates, api.VerifiedCertificate{
			Subject: cert.Subject.String(), Issuer: cert.Issuer.String(), Serial: cert.SerialNumber.Text(16),
			NotBefore: cert.NotBefore, NotAfter: cert.NotAfter,
		})
	}
	v.Authentic = r.Authenticity == sign.Authentic && r.Counts[sign.Authentic] > 0 && r.Provenance != sign.Untrusted
	for _, g := range v.GOPs {
		v.Authentic = v.Authentic && g.Authenticity == string(sign.Authentic) && g.Provenance != string(sign.Untrusted)
	}
	return v
}

func verdict(d sign.Verdict) api.VerifiedGOP {
	g := api.VerifiedGOP{
		Authenticity: string(d.Authenticity), Provenance: string(d.Provenance), Counter: d.Counter, Partial: d.Partial,
		First: d.First, Last: d.Last, SEI: d.SEI, Start: d.Start, End: d.End,
		Expected: d.Expected, Found: d.Found, Reasons: reasons(d.Reasons),
	}
	if d.Vendor != nil {
		g.Serial, g.Firmware, g.Manufacturer = d.Vendor.SerialNumber, d.Vendor.FirmwareVersion, d.Vendor.Manufacturer
	}
	return g
}

func reasons(list []sign.Reason) []api.VerifiedReason {
	var out []api.VerifiedReason
	for _, r := range list {
		out = append(out, api.VerifiedReason{
			Cause: string(r.Cause), Frame: r.Frame, Slice: r.Slice, Hash: r.Hash, Certificate: r.Certificate, Text: r.Text,
		})
	}
	return out
}
