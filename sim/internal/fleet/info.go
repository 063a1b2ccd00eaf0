package fleet

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/issuer"
	"github.com/camfleet/camfleet/sim/internal/svc"
	svcdevice "github.com/camfleet/camfleet/sim/internal/svc/device"
	"github.com/camfleet/camfleet/sim/internal/tpm"
)

// members are the cameras that are there by now.
func (f *Fleet) members() []*member {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []*member
	for _, m := range f.cameras {
		if m != nil {
			list = append(list, m)
		}
	}
	return list
}

func (f *Fleet) member(name string) (*member, error) {
	for _, m := range f.members() {
		if m.name == name {
			return m, nil
		}
	}
	return nil, fmt.Errorf("camera %.60q: %w", name, api.ErrNotFound)
}

// Ready reports whether all cameras are up.
func (f *Fleet) Ready() api.Ready {
	f.mu.Lock()
	defer f.mu.Unlock()
	return api.Ready{Ready: f.ready, Started: f.started, Total: f.config.N}
}

// Info is the fleet as far as it is known by now.
func (f *Fleet) Info() api.Fleet {
	f.mu.Lock()
	info := api.Fleet{
		Control: f.config.ControlURL, ControlToken: f.config.ControlToken, ReadySeconds: float64(f.took.Round(time.Millisecond)) / float64(time.Second),
		Notes: append([]string(nil), f.notes...), Cameras: []api.Camera{},
		Issuer: f.issuer.URL(), IssuerTLS: f.issuer.TLSURL(), CA: certificatePEM(f.roots.Fleet.Certificate.Raw),
	}
	f.mu.Unlock()
	for _, m := range f.members() {
		info.Cameras = append(info.Cameras, f.camera(m))
	}
	return info
}

// Camera returns one camera.
func (f *Fleet) Camera(name string) (api.Camera, bool) {
	m, err := f.member(name)
	if err != nil {
		return api.Camera{}, false
	}
	return f.camera(m), true
}

// camera describes a camera as users see it.
func (f *Fleet) camera(m *member) api.Camera {
	view := m.state.View()
	identity := view.Device.Identity
	host := m.shown()
	ports := shownPorts(view.Device.Network)
	c := api.Camera{
		Name: m.name, Profile: m.kind, Serial: identity.SerialNumber,
		Manufacturer: identity.Manufacturer, Model: identity.Model, Firmware: identity.FirmwareVersion,
		UUID: identity.UUID, State: string(m.camera.Status()), Address: host, Ports: ports,
		SigningCA: certificatePEM(f.roots.Signing.Certificate.Raw), TPM: m.describeTPM(),
		Tokens: m.profile.Auth.JWT.Enabled && m.profile.Auth.JWT.TrustFleetIssuer,
	}
	at := func(scheme string, port, usual int, path string) string {
		switch port {
		case 0:
			return ""
		case usual:
			return scheme + "://" + bracket(host) + path
		}
		return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(port)) + path
	}
	c.DeviceURL = at("http", ports.HTTP, 80, svcdevice.Path)
	c.DeviceURLTLS = at("https", ports.HTTPS, 443, svcdevice.Path)
	for i, s := range view.Media.Streams() {
		name, e := s.Profile.Stream, s.Encoder
		c.Streams = append(c.Streams, api.Stream{
			Profile: name, Codec: strings.ToLower(e.Encoding), Width: e.Width, Height: e.Height,
			FPS: int(e.FrameRate), Signed: e.Signed,
			RTSP: at("rtsp", ports.RTSP, 554, "/"+name), RTSPS: at("rtsps", ports.RTSPS, 322, "/"+name),
		})
		if i == 0 {
			c.Snapshot = at("http", ports.HTTP, 80, svc.SnapshotPath(name))
			if c.Snapshot == "" {
				c.Snapshot = at("https", ports.HTTPS, 443, svc.SnapshotPath(name))
			}
		}
	}
	for _, u := range m.profile.Users {
		c.Accounts = append(c.Accounts, f.account(m, u))
	}
	return c
}

// account shows a factory account; its password only while it is that.
func (f *Fleet) account(m *member, u profiles.User) api.Account {
	a := api.Account{User: u.Name, Level: u.Level}
	password := u.Password
	if f.config.Password != "" {
		password = f.config.Password
	}
	accounts := m.state.View().Users
	if now, ok := accounts.Account(u.Name); ok && accounts.Has(u.Name, password) {
		a.Password, a.Level = password, auth.LevelName(now.Level, now.Roles)
	}
	return a
}

// shown is the host in the camera's addresses.
func (m *member) shown() string {
	if m.address.IsUnspecified() {
		if m.address.Is4() {
			return "127.0.0.1"
		}
		return "::1"
	}
	return m.address.String()
}

func bracket(host string) string {
	if a, err := netip.ParseAddr(host); err == nil && a.Is6() {
		return "[" + host + "]"
	}
	return host
}

func shownPorts(n device.Network) api.Ports {
	port := func(name device.ProtocolName) int {
		p, ok := n.Protocol(name)
		if !ok || !p.Enabled || len(p.Ports) == 0 {
			return 0
		}
		return p.Ports[0]
	}
	return api.Ports{HTTP: port(device.HTTP), HTTPS: port(device.HTTPS), RTSP: port(device.RTSP), RTSPS: port(device.RTSPS)}
}

// describeTPM says what the camera's TPM is.
func (m *member) describeTPM() api.TPM {
	d := api.TPM{Backend: m.profile.TPM.Backend, PID: m.tpm.PID(), Restarts: m.tpm.Restarts()}
	if public, err := m.tpm.EK(context.Background(), tpm.ECDSA); err == nil {
		if der, err := x509.MarshalPKIXPublicKey(public); err == nil {
			sum := sha256.Sum256(der)
			d.EK = hex.EncodeToString(sum[:])
		}
	}
	for _, s := range []tpm.KeySpec{
		{Algorithm: tpm.RSA, Bits: 2048}, {Algorithm: tpm.RSA, Bits: 3072}, {Algorithm: tpm.RSA, Bits: 4096},
		{Algorithm: tpm.ECDSA, Bits: 256}, {Algorithm: tpm.ECDSA, Bits: 384}, {Algorithm: tpm.ECDSA, Bits: 521},
	} {
		if m.tpm.Supports(s) {
			d.Keys = append(d.Keys, s.String())
		}
	}
	return d
}

func certificatePEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// Snapshot is what a stream of a camera shows now, as JPEG.
func (f *Fleet) Snapshot(ctx context.Context, name, stream string) ([]byte, error) {
	m, err := f.member(name)
	if err != nil {
		return nil, err
	}
	jpeg, err := m.camera.Still(ctx, stream)
	switch {
	case errors.Is(err, camera.ErrNoStream):
		return nil, fmt.Errorf("%w: %w", err, api.ErrNotFound)
	case errors.Is(err, camera.ErrStopped):
		return nil, fmt.Errorf("%w: %w", err, api.ErrNotReady)
	}
	return jpeg, err
}

// Reboot starts a camera's reboot.
func (f *Fleet) Reboot(_ context.Context, name string) error {
	m, err := f.running(name)
	if err == nil {
		m.camera.Reboot()
	}
	return err
}

// FactoryDefault makes a camera what it left the factory as, and starts its reboot.
func (f *Fleet) FactoryDefault(_ context.Context, name string, hard bool) error {
	m, err := f.running(name)
	if err != nil {
		return err
	}
	_, err = m.camera.FactoryDefault(hard)
	if errors.Is(err, svc.ErrStopped) {
		err = fmt.Errorf("%w: %w", err, api.ErrNotReady)
	}
	return err
}

// running finds a camera that is up.
func (f *Fleet) running(name string) (*member, error) {
	m, err := f.member(name)
	if err == nil && m.camera.Status() != camera.Running {
		return nil, fmt.Errorf("camera %q is %s: %w", name, m.camera.Status(), api.ErrNotReady)
	}
	return m, err
}

// CA returns certificates as PEM: the fleet's root or its media-signing root,
// or a camera's chain, leaf first.
func (f *Fleet) CA(name string, signing bool) ([]byte, error) {
	if name == "" {
		root := f.roots.Fleet
		if signing {
			root = f.roots.Signing
		}
		return []byte(certificatePEM(root.Certificate.Raw)), nil
	}
	m, err := f.member(name)
	if err != nil {
		return nil, err
	}
	keys := m.state.View().Keystore
	path := keys.MediaSigning.Signer()
	if !signing {
		path = ""
		if len(keys.TLS.Paths) > 0 {
			path = keys.TLS.Paths[0]
		}
	}
	chain, _, err := keys.Chain(path)
	if err != nil {
		return nil, fmt.Errorf("camera %q has no such chain: %w", name, api.ErrNotFound)
	}
	var out []byte
	for _, der := range chain {
		out = append(out, certificatePEM(der)...)
	}
	return out, nil
}

// Mint makes a token for the cameras of the fleet, good or deliberately bad.
func (f *Fleet) Mint(r api.TokenRequest) (api.Token, error) {
	ttl := 10 * time.Minute
	if r.TTL != "" {
		d, err := time.ParseDuration(r.TTL)
		if err != nil || d <= 0 {
			return api.Token{}, &api.ConfigError{Field: "ttl", Text: fmt.Sprintf("%.40q is no time to live", r.TTL), Hint: "give one such as 10m or 1h30m"}
		}
		ttl = d
	}
	q := issuer.TokenRequest{Subject: r.Subject, Audience: r.Audience, TTL: ttl, Claims: r.Claims, Bad: issuer.Bad(r.Bad), Algorithm: r.Alg, KeyID: r.Key}
	if r.Role != "" {
		role := strings.TrimPrefix(r.Role, "onvif:")
		if level, err := auth.ParseLevel(role); err != nil || level == auth.Anonymous {
			return api.Token{}, &api.ConfigError{Field: "role", Text: fmt.Sprintf("%.40q is no role", r.Role), Hint: "give Administrator, Operator or User"}
		}
		q.Roles = []string{role}
	}
	text, err := f.issuer.Mint(q)
	if err != nil {
		return api.Token{}, &api.ConfigError{Field: mintField(err), Text: err.Error()}
	}
	return api.Token{Token: text, Type: "Bearer", Expires: f.clock.Now().Add(ttl).Truncate(time.Second)}, nil
}

// mintField is the field of a token request that the issuer's error names first.
func mintField(err error) string {
	word, _, _ := strings.Cut(err.Error(), " ")
	switch word {
	case "ttl", "bad", "alg", "key":
		return word
	case "claim", "claims:":
		return "claims"
	case "audience:":
		return "aud"
	}
	return ""
}
