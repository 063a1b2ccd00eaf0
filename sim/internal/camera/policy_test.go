package camera_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

// operation is what the operation table of the specification says.
type operation struct {
	Prefix, Operation string
	Class             string `json:"access_class"`
}

// specified is the specification's table of all operations, by ID.
func specified(t *testing.T) map[string]operation {
	t.Helper()
	path := os.Getenv("ONVIF_OPERATIONS")
	if path == "" {
		path = filepath.Join(filepath.Dir(schematest.Dir(t)), "spec", "operations.json")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var table struct{ Operations []operation }
	if err := json.Unmarshal(b, &table); err != nil {
		t.Fatal(err)
	}
	byID := map[string]operation{}
	for _, o := range table.Operations {
		byID[o.Prefix+":"+o.Operation] = o
	}
	return byID
}

// mayCall is the default access policy as Core 5.9.4 prints it; "" is nobody.
var mayCall = map[string][]string{
	"PRE_AUTH":              {"", "viewer", "operator", "admin"},
	"READ_SYSTEM":           {"viewer", "operator", "admin"},
	"READ_SYSTEM_SENSITIVE": {"operator", "admin"},
	"READ_SYSTEM_SECRET":    {"admin"},
	"WRITE_SYSTEM":          {"admin"},
	"UNRECOVERABLE":         {"admin"},
	"READ_MEDIA":            {"viewer", "operator", "admin"},
	"ACTUATE":               {"operator", "admin"},
}

// TestEveryOperationFollowsTheAccessPolicy calls every operation of every
// service that the camera has as everybody, by Digest and by UsernameToken.
func TestEveryOperationFollowsTheAccessPolicy(t *testing.T) {
	t.Parallel()
	p := cameratest.Open(t, "flagship")
	table := specified(t)
	byService := map[string][]camera.Coverage{}
	number := 0
	for _, c := range camera.Operations(p) {
		if c.Row.Class != 0 && (c.Row.Service == "device" || slices.Contains(p.ONVIF.Services, c.Row.Service)) { // events go the other way
			byService[c.Row.Service] = append(byService[c.Row.Service], c)
			number++
		}
	}
	if number < 200 {
		t.Fatalf("only %d operations", number)
	}
	for service, operations := range byService {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			shared := cameratest.New(t, cameratest.Config{Opened: p})
			for _, op := range operations {
				class := table[op.Row.ID()].Class
				if class != op.Row.Class.String() {
					t.Errorf("%s has class %s, want %s", op.Row.ID(), op.Row.Class, class)
				}
				c := shared
				if class == "UNRECOVERABLE" {
					c = cameratest.New(t, cameratest.Config{Opened: p})
				}
				tryAll(t, c, op, class)
			}
		})
	}
}

// tryAll calls an operation as everybody; who may call all of them comes last.
func tryAll(t *testing.T, c *cameratest.Camera, op camera.Coverage, class string) {
	t.Helper()
	for _, account := range []string{"", "viewer", "operator", "admin"} {
		for _, token := range []bool{true, false} {
			if account == "" && token {
				continue
			}
			a := c.Call(t, attempt(op, account, token))
			if want := expect(op, class, account, token); !want(a) {
				t.Errorf("%s, %s, as %q, UsernameToken %v: %d %s", op.Row.ID(), class, account, token, a.Status, a.Fault)
			}
			if op.Row.ID() == "tds:SystemReboot" && a.Fault == "" {
				return // it is going down
			}
		}
	}
}

// attempt calls an operation without arguments; most have some, so that nothing
// happens but to the caller's credentials.
func attempt(op camera.Coverage, account string, token bool) cameratest.Call {
	q := cameratest.Call{As: account, Body: fmt.Sprintf("<x:%s xmlns:x=%q/>", op.Request.Local, op.Request.Space)}
	if token {
		q.As, q.Header = "", cameratest.UsernameToken(account, cameratest.Password, account+op.Row.Name, cameratest.Start())
	}
	return q
}

// expect is what an answer must be like.
func expect(op camera.Coverage, class, account string, token bool) func(cameratest.Answer) bool {
	const notAuthorized, notSupported = "env:Sender/ter:NotAuthorized", "env:Receiver/ter:ActionNotSupported"
	switch {
	case (!op.Simulated || op.Off) && (account != "" || class == "PRE_AUTH"):
		return func(a cameratest.Answer) bool {
			return a.Fault == notSupported && a.Status == http.StatusInternalServerError
		}
	case op.Simulated && slices.Contains(mayCall[class], account):
		return func(a cameratest.Answer) bool {
			return a.Root != nil && a.Fault != notAuthorized && a.Fault != notSupported && a.Status != http.StatusUnauthorized
		}
	case token:
		return func(a cameratest.Answer) bool { return a.Fault == notAuthorized && a.Status == http.StatusBadRequest }
	default:
		return func(a cameratest.Answer) bool {
			return a.Fault == notAuthorized && a.Status == http.StatusUnauthorized && len(a.Header.Values("WWW-Authenticate")) > 0
		}
	}
}

// TestSwitchedOffIsNotSupportedAndInNoCapability: what the profile switches
// off looks like what is not simulated.
func TestSwitchedOffIsNotSupportedAndInNoCapability(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Change: func(p *profiles.Profile) {
		p.ONVIF.OperationsOff = []string{"tds:GetUsers", "tds:SetNTP", "tds:SetHostnameFromDHCP", "trt:GetSnapshotUri", "tr2:GetSnapshotUri"}
	}})
	if a := c.As(t, "admin", "<tds:GetUsers/>"); a.Fault != "env:Receiver/ter:ActionNotSupported" {
		t.Errorf("GetUsers: %d %s", a.Status, a.Fault)
	}
	caps := c.As(t, "", "<tds:GetServiceCapabilities/>").Root
	for path, want := range map[string]string{
		"./Capabilities/System/@UserConfigNotSupported": "true", "./Capabilities/Network/@NTP": "0",
		"./Capabilities/Network/@HostnameFromDHCP": "false",
	} {
		if got := attribute(caps, path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	for _, prefix := range []string{"trt", "tr2"} {
		caps := c.As(t, "", "<"+prefix+":GetServiceCapabilities/>").Root
		if got := attribute(caps, "./Capabilities/@SnapshotUri"); got != "false" {
			t.Errorf("%s: SnapshotUri is %q", prefix, got)
		}
	}
}

// TestServiceThatIsNotOfferedIsUnknown: neither listed nor answered.
func TestServiceThatIsNotOfferedIsUnknown(t *testing.T) {
	t.Parallel()
	c := cameratest.New(t, cameratest.Config{Change: func(p *profiles.Profile) { p.ONVIF.Services = []string{"media2"} }})
	if a := c.As(t, "admin", "<trt:GetProfiles/>"); a.Fault != "env:Sender/ter:UnknownAction" {
		t.Errorf("media: %d %s", a.Status, a.Fault)
	}
	if a := c.As(t, "admin", "<tr2:GetProfiles/>"); a.Fault != "" {
		t.Errorf("media2: %d %s", a.Status, a.Fault)
	}
	if got := offeredBy(t, c); !slices.Equal(got, []string{"http://www.onvif.org/ver10/device/wsdl", "http://www.onvif.org/ver20/media/wsdl"}) {
		t.Errorf("GetServices lists %q", got)
	}
	if a := c.As(t, "", "<tds:GetCapabilities><tds:Category>Media</tds:Category></tds:GetCapabilities>"); a.Fault != "env:Receiver/ter:ActionNotSupported/ter:NoSuchService" {
		t.Errorf("GetCapabilities: %d %s", a.Status, a.Fault)
	}
	if a := c.As(t, "", "<tds:GetCapabilities/>"); a.Fault != "" || a.Root.FindElement("./Capabilities/Media") != nil {
		t.Errorf("GetCapabilities lists a service that is not offered:\n%s", a.Body)
	}
}
