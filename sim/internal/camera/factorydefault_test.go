package camera_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/google/go-cmp/cmp"
)

func factoryDefault(how string) string {
	return "<tds:SetSystemFactoryDefault><tds:FactoryDefault>" + how + "</tds:FactoryDefault></tds:SetSystemFactoryDefault>"
}

// changed makes a camera whose every section a client has changed: users, scopes,
// network, clock, streams, keys, certificates, secrets, the TLS server.
func changed(t *testing.T, d *diary) *cameratest.Camera {
	t.Helper()
	c := cameratest.New(t, cameratest.Config{Host: host(t), Listen: true, Status: d.enter, Change: func(p *profiles.Profile) {
		p.Boot.Time = 0
		p.Keys.Generation.CorruptEvery = 0
	}})
	k := c.State.View().Keystore
	encoder := c.As(t, "admin", "<tr2:GetVideoEncoderConfigurations/>").Root.FindElement("./Configurations").SelectAttrValue("token", "")
	path := c.As(t, "admin", `<tas:CreateCertificationPath><tas:CertificateIDs><tas:CertificateID>`+k.Paths[0].CertificateIDs[0]+
		`</tas:CertificateID></tas:CertificateIDs></tas:CreateCertificationPath>`).Text("./CertificationPathID")
	for _, body := range []string{
		"<tds:CreateUsers><tds:User><tt:Username>eve</tt:Username><tt:Password>Evening-2026</tt:Password><tt:UserLevel>Administrator</tt:UserLevel></tds:User></tds:CreateUsers>",
		"<tds:DeleteUsers><tds:Username>viewer</tds:Username></tds:DeleteUsers>",
		"<tds:AddScopes><tds:ScopeItem>onvif://www.onvif.org/location/moon</tds:ScopeItem></tds:AddScopes>",
		"<tds:SetDiscoveryMode><tds:DiscoveryMode>NonDiscoverable</tds:DiscoveryMode></tds:SetDiscoveryMode>",
		"<tds:SetHostname><tds:Name>moved</tds:Name></tds:SetHostname>",
		"<tds:SetNTP><tds:FromDHCP>false</tds:FromDHCP><tds:NTPManual><tt:Type>IPv4</tt:Type><tt:IPv4Address>192.0.2.9</tt:IPv4Address></tds:NTPManual></tds:SetNTP>",
		"<tds:SetSystemDateAndTime><tds:DateTimeType>NTP</tds:DateTimeType><tds:DaylightSavings>false</tds:DaylightSavings><tds:TimeZone><tt:TZ>JST-9</tt:TZ></tds:TimeZone></tds:SetSystemDateAndTime>",
		`<tr2:SetVideoEncoderConfiguration><tr2:Configuration token="` + encoder + `" GovLength="10"><tt:Name>other</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding>` +
			`<tt:Resolution><tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:Resolution><tt:Quality>5</tt:Quality></tr2:Configuration></tr2:SetVideoEncoderConfiguration>`,
		"<tas:CreateECCKeyPair><tas:EllipticCurve>secp256r1</tas:EllipticCurve></tas:CreateECCKeyPair>",
		"<tas:UploadPassphrase><tas:Passphrase>open sesame</tas:Passphrase></tas:UploadPassphrase>",
		"<tas:ReplaceServerCertificateAssignment><tas:OldCertificationPathID>" + k.TLS.Paths[0] + "</tas:OldCertificationPathID><tas:NewCertificationPathID>" + path + "</tas:NewCertificationPathID></tas:ReplaceServerCertificateAssignment>",
		"<tas:DeleteCertificationPath><tas:CertificationPathID>" + k.TLS.Paths[0] + "</tas:CertificationPathID></tas:DeleteCertificationPath>",
		"<tas:SetEnabledTLSVersions><tas:Versions>1.3</tas:Versions></tas:SetEnabledTLSVersions>",
	} {
		if a := c.As(t, "admin", body); a.Fault != "" || a.Status != http.StatusOK {
			t.Fatalf("%.60s: %d %s", body, a.Status, a.Body)
		}
	}
	return c
}

// exactly compares sections as they are stored.
func exactly(t *testing.T, what string, want, got any) {
	t.Helper()
	text := func(v any) string {
		b, err := json.MarshalIndent(v, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if diff := cmp.Diff(text(want), text(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// shows checks that HTTPS is where it was, under a certification path.
func shows(t *testing.T, c *cameratest.Camera, path string) {
	t.Helper()
	chain, _, err := c.State.View().Keystore.Chain(path)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", c.Addresses[device.HTTPS], &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the path is compared
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if leaf := conn.ConnectionState().PeerCertificates[0]; !bytes.Equal(leaf.Raw, chain[0]) {
		t.Errorf("HTTPS shows %s", leaf.Subject)
	}
}

// TestHardFactoryDefaultBringsEverythingBack: all sections are those that left the
// factory, its keys still open in the TPM, what a client made is gone (Core 8.3.8).
func TestHardFactoryDefaultBringsEverythingBack(t *testing.T) {
	t.Parallel()
	var d diary
	c := changed(t, &d)
	before := c.State.View()
	o := before.Origin
	if a := c.As(t, "admin", factoryDefault("Hard")); a.Fault != "" {
		t.Fatalf("%s", a.Body)
	}
	c.Until(0, d.at(camera.Running, 2))
	d.want(t, camera.Starting, camera.Running, camera.Rebooting, camera.Running)
	now := c.State.View()
	exactly(t, "users", o.Users, now.Users)
	exactly(t, "keystore", o.Keystore, now.Keystore)
	exactly(t, "media", o.Media, now.Media)
	exactly(t, "origin", o, now.Origin)
	if len(now.Jobs.Jobs) != 0 {
		t.Errorf("jobs %+v", now.Jobs.Jobs)
	}
	if now.Device.Boot.Boots != before.Device.Boot.Boots+1 || now.Device.MetadataVersion <= before.Device.MetadataVersion {
		t.Errorf("boots %+v, metadata version %d", now.Device.Boot, now.Device.MetadataVersion)
	}
	at := now.Device.Clone()
	at.Boot, at.MetadataVersion = o.Device.Boot, o.Device.MetadataVersion
	exactly(t, "device", o.Device, at)
	for _, k := range now.Keystore.Keys {
		if k.HasPrivateKey() {
			if _, err := c.Signer(k); err != nil {
				t.Errorf("key %s of the factory: %v", k.ID, err)
			}
		}
	}
	shows(t, c, o.Keystore.TLS.Paths[0])
	for user, want := range map[string]int{"admin": http.StatusOK, "viewer": http.StatusOK, "eve": http.StatusUnauthorized} {
		if a := c.Call(t, cameratest.Call{Header: cameratest.UsernameToken(user, cameratest.Password, "n"+user, c.State.View().Device.Time.Local(c.Clock.Now())), Body: "<tds:GetDNS/>"}); a.Status == http.StatusOK != (want == http.StatusOK) {
			t.Errorf("%s: %d", user, a.Status)
		}
	}
}

// TestSoftFactoryDefaultLeavesTheCameraReachable: as before, by the same people,
// under the same certificate (Core 8.3.8); media and scopes are the factory's.
func TestSoftFactoryDefaultLeavesTheCameraReachable(t *testing.T) {
	t.Parallel()
	var d diary
	c := changed(t, &d)
	before := c.State.View()
	if a := c.As(t, "admin", factoryDefault("Soft")); a.Fault != "" {
		t.Fatalf("%s", a.Body)
	}
	c.Until(0, d.at(camera.Running, 2))
	now := c.State.View()
	exactly(t, "users", before.Users, now.Users)
	exactly(t, "media", before.Origin.Media, now.Media)
	exactly(t, "network", before.Device.Network, now.Device.Network)
	exactly(t, "host name", before.Device.Hostname, now.Device.Hostname)
	exactly(t, "clock", before.Device.Time, now.Device.Time)
	exactly(t, "scopes", before.Origin.Device.Scopes, now.Device.Scopes)
	exactly(t, "TLS server", before.Keystore.TLS, now.Keystore.TLS)
	exactly(t, "paths", before.Keystore.Paths, now.Keystore.Paths)
	if now.Device.DiscoveryMode != device.Discoverable || len(now.Keystore.Passphrases) != 1 || len(now.Keystore.Keys) != len(before.Keystore.Keys) {
		t.Errorf("discovery %s, %d passphrases, %d keys", now.Device.DiscoveryMode, len(now.Keystore.Passphrases), len(now.Keystore.Keys))
	}
	shows(t, c, before.Keystore.TLS.Paths[0])
}

// TestFactoryDefaultThatIsNotStoredDidNotHappen: the camera goes on as it was.
func TestFactoryDefaultThatIsNotStoredDidNotHappen(t *testing.T) {
	t.Parallel()
	var d diary
	full := &fullDisk{}
	c := cameratest.New(t, cameratest.Config{Status: d.enter, Saver: full})
	full.from(errors.New("disk full"))
	before := c.State.View()
	for _, how := range []string{"Hard", "Soft"} {
		if a := c.As(t, "admin", factoryDefault(how)); a.Fault != "env:Receiver/ter:Action" || c.State.View() != before {
			t.Errorf("%s: %d %s", how, a.Status, a.Fault)
		}
	}
	full.from(nil)
	if a := c.As(t, "admin", "<tds:GetUsers/>"); a.Status != http.StatusOK {
		t.Errorf("afterwards: %d", a.Status)
	}
	d.want(t, camera.Starting, camera.Running)
}

// fullDisk stores nothing, and says so as long as it is told to.
type fullDisk struct {
	mu  sync.Mutex
	err error
}

func (f *fullDisk) from(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fullDisk) Save(*state.Tree) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// TestFactoryPasswordsAreNeverKeptInClear: not in what a factory default brings
// back either.
func TestFactoryPasswordsAreNeverKeptInClear(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	now := c.State.View()
	if now.Origin.Users != now.Users || now.Origin.Keystore != now.Keystore {
		t.Error("a new camera keeps its factory state twice")
	}
	for _, u := range now.Origin.Users.Users {
		if u.Password != "" || len(u.Secret.Sealed) == 0 {
			t.Errorf("%s: not sealed", u.Name)
		}
	}
	// A password for the factory's accounts alone, as a restart may bring one.
	tree := *now
	o := *now.Origin
	o.Users = o.Users.Clone()
	for i := range o.Users.Users {
		o.Users.Users[i].Password, o.Users.Users[i].Secret = "other", now.Users.Users[0].Secret
		o.Users.Users[i].Secret.Sealed = nil
	}
	tree.Origin = &o
	other := cameratest.New(t, cameratest.Config{First: &tree})
	text, err := json.Marshal(other.State.View())
	if err != nil || strings.Contains(string(text), `"other"`) || !other.State.View().Origin.Users.Has("admin", "other") || !other.State.View().Users.Has("admin", cameratest.Password) {
		t.Errorf("%v: the factory's password is not sealed", err)
	}
}

// TestCameraOfUnknownOriginHasNoFactoryDefault.
func TestCameraOfUnknownOriginHasNoFactoryDefault(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{})
	tree := *c.State.View()
	tree.Origin = nil
	orphan := cameratest.New(t, cameratest.Config{First: &tree})
	if _, err := orphan.FactoryDefault(true); !errors.Is(err, camera.ErrNoOrigin) || orphan.Status() != camera.Running {
		t.Errorf("%v, %s", err, orphan.Status())
	}
}

// TestFactoryDefaultsAtOnceHappenOnce: who comes too late is told so.
func TestFactoryDefaultsAtOnceHappenOnce(t *testing.T) {
	t.Parallel()
	var d diary
	c := cameratest.New(t, cameratest.Config{Status: d.enter})
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = c.FactoryDefault(i%2 == 0) })
	}
	wg.Wait()
	if n := len(slices.DeleteFunc(errs, func(err error) bool { return err != nil })); n != 1 {
		t.Errorf("%d factory defaults", n)
	}
	c.Until(c.Profile.Boot.Time, d.at(camera.Running, 2))
}
