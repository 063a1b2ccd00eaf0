package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/simtest"
)

// request is the key of a request's body in its context.
type request struct{}

// tape stands before a camera's web server as an address translator does, and
// has every SOAP answer that passes checked against the schemas when the test
// ends. It returns the address of the device service as seen through it.
func tape(t testing.TB, cam *simtest.Cam) *url.URL {
	t.Helper()
	seen := schematest.Collect(t)
	target, err := url.Parse(cam.DeviceURL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			asked, err := io.ReadAll(r.In.Body)
			if err != nil {
				t.Errorf("a request to %s: %v", cam.Name, err)
			}
			r.Out.Body = io.NopCloser(bytes.NewReader(asked))
			r.Out = r.Out.WithContext(context.WithValue(r.Out.Context(), request{}, string(asked)))
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
			r.Out.Host = r.In.Host // the camera answers with the host it was reached by
		},
		ModifyResponse: func(r *http.Response) error {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			asked, _ := r.Request.Context().Value(request{}).(string)
			check(seen, asked, r.StatusCode, r.Header.Get("Content-Type"), body)
			return nil
		},
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(func() {
		server.Close()
		transport.CloseIdleConnections()
	})
	u, err := url.Parse(server.URL + target.Path)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// speak gives a client program its orders as JSON and reads its report.
func speak(t testing.TB, orders map[string]any, report any, name string, args ...string) {
	t.Helper()
	in, err := json.Marshal(orders)
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, string(in), name, args...).want(t, name+" "+strings.Join(args, " "))
	if err := json.Unmarshal([]byte(r.stdout), report); err != nil {
		t.Fatalf("%s: %v\n%s%s", name, err, r.stderr, tail(r.stdout))
	}
}

// simulated lists the operations of a profile that a client is to call.
func simulated(t testing.TB, profile string, which func(api.Operation) bool) []string {
	t.Helper()
	all, err := sim.Operations(profile)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, o := range all {
		if o.State == "simulated" && which(o) {
			names = append(names, o.Operation)
		}
	}
	return names
}

// everyOperation are those of device, media, media2 and events, and what only
// reads of security. Of the two that end with a reboot it has one; the other is in
// TestFactoryDefaultsSurviveAKill.
func everyOperation(o api.Operation) bool {
	if o.Operation == "tds:SetSystemFactoryDefault" {
		return false
	}
	prefix, _, _ := strings.Cut(o.Operation, ":")
	switch prefix {
	case "tds", "trt", "tr2", "tev", "wsnt":
		return true
	case "tas":
		return strings.HasPrefix(o.AccessClass, "READ") || o.AccessClass == "PRE_AUTH"
	}
	return false
}

func TestZeepCallsEveryOperationWithUsernameToken(t *testing.T) {
	t.Parallel()
	forEach(t, startShowcase(t), func(t *testing.T, _ int, cam *simtest.Cam) {
		operations := simulated(t, cam.Profile, everyOperation)
		var report struct {
			Results  map[string]any
			Failures map[string]string
		}
		through := tape(t, cam)
		speak(t, map[string]any{
			"wsdl": schematest.Dir(t), "url": through.String(), "user": "admin", "password": cam.Password("admin"), "operations": operations,
		}, &report, "/usr/bin/python3", "testdata/zeep_client.py")
		for name, why := range report.Failures {
			t.Errorf("%s: %s", name, why)
		}
		for _, name := range operations {
			if _, called := report.Results[name]; !called && report.Failures[name] == "" {
				t.Errorf("%s was not called", name)
			}
		}
		info, _ := report.Results["tds:GetDeviceInformation"].(map[string]any)
		if info["SerialNumber"] != cam.Serial || info["Model"] != cam.Model {
			t.Errorf("GetDeviceInformation: %v, want serial number %s", info, cam.Serial)
		}
		if uri := report.Results["tr2:GetSnapshotUri"]; uri != "http://"+through.Host+"/snapshot/main.jpg" {
			t.Errorf("GetSnapshotUri: %v, want one at the address the client used, %s", uri, through.Host)
		}
	})
}

func TestTheNodePackageConnectsAndFindsStreams(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(filepath.Join("testdata", "node", "node_modules", "onvif")); err != nil {
		t.Fatalf("the npm package onvif is missing: %v; `make npm` installs it", err)
	}
	forEach(t, startShowcase(t), func(t *testing.T, _ int, cam *simtest.Cam) {
		through := tape(t, cam)
		port, err := strconv.Atoi(through.Port())
		if err != nil {
			t.Fatal(err)
		}
		events := slices.Contains(simulated(t, cam.Profile, everyOperation), "tev:PullMessages")
		var report nodeReport
		speak(t, map[string]any{
			"hostname": through.Hostname(), "port": port, "username": "operator", "password": cam.Password("operator"), "events": events,
		}, &report, "node", filepath.Join("testdata", "node", "client.js"))
		report.check(t, cam, through, events)
	})
}

// nodeReport is what the npm package found out.
type nodeReport struct {
	Date        string
	Information struct{ SerialNumber, FirmwareVersion string }
	Profiles    []struct{ Name string }
	Streams     []struct{ URI string }
	Snapshots   []struct{ URI string }
	Topics      map[string]any
	Pulled      struct{ NotificationMessage any }
}

func (r nodeReport) check(t *testing.T, cam *simtest.Cam, through *url.URL, events bool) {
	t.Helper()
	if r.Information.SerialNumber != cam.Serial || r.Information.FirmwareVersion != cam.Firmware || r.Date == "" {
		t.Errorf("it is %+v at %s, want %s", r.Information, r.Date, cam.Serial)
	}
	if len(r.Profiles) != 2 || len(r.Streams) != 2 || len(r.Snapshots) != 2 {
		t.Fatalf("%+v", r)
	}
	for i, s := range cam.Streams {
		if r.Profiles[i].Name != s.Profile || r.Streams[i].URI != s.RTSP {
			t.Errorf("profile %d is %s at %s, want %s at %s", i, r.Profiles[i].Name, r.Streams[i].URI, s.Profile, s.RTSP)
		}
		if want := "http://" + through.Host + "/snapshot/" + s.Profile + ".jpg"; r.Snapshots[i].URI != want {
			t.Errorf("snapshot %s, want %s", r.Snapshots[i].URI, want)
		}
	}
	if events && (len(r.Topics) == 0 || r.Pulled.NotificationMessage == nil) {
		t.Errorf("topics %v, pulled %v", r.Topics, r.Pulled)
	}
}

func TestCurlLogsInWithDigest(t *testing.T) {
	t.Parallel()
	forEach(t, startShowcase(t), func(t *testing.T, _ int, cam *simtest.Cam) {
		through := tape(t, cam)
		r := curl(t, cam, through.String(), "-d", envelope("", getDeviceInformation)).want(t, "curl")
		if !strings.Contains(r.stdout, cam.Serial) || !strings.Contains(r.stderr, chosen(cam)) {
			t.Errorf("curl chose another algorithm than %s, or got no answer:\n%s%s", chosen(cam), r.stderr, r.stdout)
		}
		for _, address := range []string{cam.Snapshot, strings.Replace(through.String(), "/onvif/device_service", "/snapshot/sub.jpg", 1)} {
			r = curl(t, cam, address).want(t, "curl")
			if !strings.HasPrefix(r.stdout, "\xff\xd8\xff") {
				t.Errorf("%s is no JPEG file: %.80q", address, r.stdout)
			}
		}
	})
}

// chosen is the Digest algorithm that a client takes which knows them all.
func chosen(cam *simtest.Cam) string {
	if cam.Profile == "security-baseline" {
		return "algorithm=SHA-256"
	}
	return "algorithm=MD5"
}

func curl(t testing.TB, cam *simtest.Cam, address string, args ...string) result {
	t.Helper()
	args = append([]string{"-sS", "-v", "--digest", "--user", "viewer:" + cam.Password("viewer"), "--header", "Content-Type: application/soap+xml", "--fail"}, args...)
	return run(t, "", "curl", append(args, address)...)
}
