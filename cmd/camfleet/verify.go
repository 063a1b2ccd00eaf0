package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/api"
)

type verifyCommand struct {
	remote   `embed:""`
	Source   string        `arg:"" name:"FILE|URL" help:"Recording (MP4, Matroska, Annex B) or rtsp:// or rtsps:// address, which may have user:password@."`
	JSON     bool          `help:"Print everything that was found as JSON."`
	Root     string        `type:"path" placeholder:"PEM" help:"Media-signing roots to judge the certificates by (default for streams of the running fleet: its root)."`
	CRL      []string      `name:"crl" type:"path" placeholder:"FILE" help:"Revocation list, PEM or DER. May be repeated."`
	At       string        `placeholder:"TIME" help:"When the certificates have to be valid, as 2026-05-01T12:00:00Z (default: when they signed)."`
	For      time.Duration `default:"10s" help:"How long a live stream is watched (default ${default}); 0: until Ctrl-C."`
	Token    string        `placeholder:"JWT" help:"Bearer token for a live stream."`
	UDP      bool          `name:"udp" help:"Receive a live stream over UDP, where packets can be lost."`
	TLSRoot  string        `name:"tls-root" aliases:"ca" type:"path" placeholder:"PEM" help:"Root of the rtsps server (default for streams of the running fleet: its root)."`
	Insecure bool          `help:"Take any certificate of the rtsps server."`
}

// Run verifies a recording or a stream; what is not all authentic fails.
func (c *verifyCommand) Run(ctx context.Context, p *program) error {
	config, err := c.config(ctx)
	if err != nil {
		return err
	}
	v, err := p.lib.Verify(ctx, config)
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(p.stdout, v)
	} else {
		err = writeVerification(p.stdout, v)
	}
	if err == nil && !v.Authentic {
		err = silent{exitFailed}
	}
	return err
}

// config reads the files that the flags name.
func (c *verifyCommand) config(ctx context.Context) (sim.VerifyConfig, error) {
	config := sim.VerifyConfig{Source: c.Source, For: c.For, Token: c.Token, UDP: c.UDP}
	if scheme, _, ok := strings.Cut(c.Source, "://"); ok && scheme != "rtsp" && scheme != "rtsps" && scheme != "file" {
		return config, &usage{fmt.Errorf("%q is no scheme that is played; give a file or an rtsp:// or rtsps:// address", scheme)}
	}
	if c.For < 0 {
		return config, &usage{fmt.Errorf("--for: %v is no time to watch; give one such as 30s", c.For)}
	}
	var errs []error
	if c.At != "" {
		at, err := time.Parse(time.RFC3339, c.At)
		if err != nil {
			errs = append(errs, &api.ConfigError{Field: "at", Text: fmt.Sprintf("%q is no time", c.At), Hint: "give one such as 2026-05-01T12:00:00Z"})
		}
		config.At = at
	}
	roots, err := readCertificates("root", c.Root)
	errs = append(errs, err)
	config.Roots = roots
	for _, path := range c.CRL {
		list, err := readCRL(path)
		errs = append(errs, err)
		config.Revocations = append(config.Revocations, list)
	}
	tlsRoots, err := readCertificates("tls-root", c.TLSRoot)
	if err := errors.Join(append(errs, err)...); err != nil {
		return config, err
	}
	if err := c.askFleet(ctx, &config, &tlsRoots); err != nil {
		return config, err
	}
	config.TLS = clientTLS(tlsRoots, c.Insecure)
	return config, nil
}

// askFleet takes the roots that were not given from the running fleet, if the
// address is one of its streams.
func (c *verifyCommand) askFleet(ctx context.Context, config *sim.VerifyConfig, tlsRoots *[]*x509.Certificate) error {
	if !strings.HasPrefix(c.Source, "rtsp://") && !strings.HasPrefix(c.Source, "rtsps://") || config.Roots != nil && *tlsRoots != nil {
		return nil
	}
	wanted, err := url.Parse(c.Source)
	if err != nil { // whose text has the password
		return &usage{errors.New("the address cannot be read; write rtsp://USER:PASSWORD@HOST:PORT/PATH, with % escapes in user and password")}
	}
	client, err := c.client()
	if err != nil {
		return err
	}
	fleet, err := client.Fleet(ctx)
	if errors.Is(err, api.ErrNoFleet) {
		return nil // the stream is somebody else's
	}
	if err != nil {
		return err
	}
	cam, ok := cameraAt(fleet, wanted.Host)
	if ok && config.Roots == nil {
		config.Roots, err = parseCertificates([]byte(cam.SigningCA))
	}
	if ok && *tlsRoots == nil && err == nil {
		*tlsRoots, err = parseCertificates([]byte(fleet.CA))
	}
	return err
}

// cameraAt finds the camera that streams at a host and port.
func cameraAt(fleet api.Fleet, host string) (api.Camera, bool) {
	for _, cam := range fleet.Cameras {
		for _, s := range cam.Streams {
			for _, address := range []string{s.RTSP, s.RTSPS} {
				if u, err := url.Parse(address); err == nil && address != "" && u.Host == host {
					return cam, true
				}
			}
		}
	}
	return api.Camera{}, false
}

// clientTLS trusts the given roots, or those of this machine if there are none.
func clientTLS(roots []*x509.Certificate, insecure bool) *tls.Config {
	t := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: insecure} //nolint:gosec // asked for by name
	if len(roots) > 0 {
		t.RootCAs = x509.NewCertPool()
		for _, cert := range roots {
			t.RootCAs.AddCert(cert)
		}
	}
	return t
}

// readCertificates reads a PEM file; "" is no file.
func readCertificates(flag, path string) ([]*x509.Certificate, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, &api.ConfigError{Field: flag, Text: err.Error(), Hint: "give a PEM file", Machine: true}
	}
	list, err := parseCertificates(b)
	if err != nil {
		return nil, &api.ConfigError{Field: flag, Text: fmt.Sprintf("%s: %v", path, err), Hint: "give a PEM file with certificates"}
	}
	return list, nil
}

func parseCertificates(b []byte) ([]*x509.Certificate, error) {
	var list []*x509.Certificate
	for {
		var block *pem.Block
		if block, b = pem.Decode(b); block == nil {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		list = append(list, cert)
	}
	if list == nil {
		return nil, errors.New("no certificate")
	}
	return list, nil
}

// readCRL reads a revocation list, PEM or DER.
func readCRL(path string) (*x509.RevocationList, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, &api.ConfigError{Field: "crl", Text: err.Error(), Hint: "give a revocation list", Machine: true}
	}
	if block, _ := pem.Decode(b); block != nil {
		b = block.Bytes
	}
	list, err := x509.ParseRevocationList(b)
	if err != nil {
		return nil, &api.ConfigError{Field: "crl", Text: fmt.Sprintf("%s: %v", path, err), Hint: "give a revocation list, PEM or DER"}
	}
	return list, nil
}
