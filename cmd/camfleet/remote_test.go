package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/google/go-cmp/cmp"
)

func TestLsListsTheCameras(t *testing.T) {
	t.Parallel()
	cameras := aFleet(1).Cameras
	cameras = append(cameras, api.Camera{Name: "cam-0002", Profile: "legacy", State: "starting"})
	c := newControlAPI(t, map[string]any{"GET /v1/cameras": cameras})
	got := try(t, &fakeLibrary{}, map[string]string{"CAMFLEET_CONTROL": c.URL}, "ls")
	want := `NAME      PROFILE   STATE     DEVICE                                       RTSP                         RTSPS
cam-0001  flagship  running   http://127.0.0.1:20010/onvif/device_service  rtsp://127.0.0.1:20012/main  rtsps://127.0.0.1:20013/main
cam-0002  legacy    starting  -                                            -                            -
`
	if diff := cmp.Diff(result{0, want, ""}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got = try(t, &fakeLibrary{}, nil, "ls", "--json", "--control", strings.TrimPrefix(c.URL, "http://"))
	var list []api.Camera
	if err := json.Unmarshal([]byte(got.stdout), &list); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	if diff := cmp.Diff(cameras, list); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTokenIsWithdrawnByItselfOrItsIdentifier(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]struct{ body, out string }{
		"--revoke 17":        {`{"jti":"17"}`, "withdrawn: 17\n"},
		"--revoke a.b.c":     {`{"token":"a.b.c"}`, "withdrawn: 17\n"},
		"--revoke 17 --json": {`{"jti":"17"}`, `{"jti":"17"}` + "\n"},
	} {
		c := newControlAPI(t, map[string]any{"POST /v1/tokens/revoke": api.Revocation{JTI: "17"}})
		got := try(t, &fakeLibrary{}, nil, append([]string{"token", "--control", c.URL}, strings.Fields(args)...)...)
		if diff := cmp.Diff(result{0, want.out, ""}, got, cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", args, diff)
		}
		if strings.TrimSpace(c.body) != want.body {
			t.Errorf("%s: %s was sent", args, c.body)
		}
	}
}

func TestTokenSendsWhatTheFlagsSay(t *testing.T) {
	t.Parallel()
	token := api.Token{Token: "a.b.c", Type: "Bearer", Expires: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	tests := []struct {
		args []string
		want api.TokenRequest
		out  string
	}{
		{nil, api.TokenRequest{Role: "onvif:User", TTL: "10m"}, "a.b.c\n"},
		{[]string{"--role", "Operator", "--ttl", "1h", "--aud", "a,b", "--bad", "expired", "--sub", "me"},
			api.TokenRequest{Role: "Operator", TTL: "1h", Audience: []string{"a", "b"}, Bad: "expired", Subject: "me"}, "a.b.c\n"},
		{[]string{"--claim", "site=north, hall 2", "--claim", "n=3", "--claim", `list=["x"]`},
			api.TokenRequest{Role: "onvif:User", TTL: "10m", Claims: map[string]any{"site": "north, hall 2", "n": 3.0, "list": []any{"x"}}}, "a.b.c\n"},
		{[]string{"--json"}, api.TokenRequest{Role: "onvif:User", TTL: "10m"},
			`{"token":"a.b.c","token_type":"Bearer","expires":"2026-11-21T12:00:00Z"}` + "\n"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			t.Parallel()
			c := newControlAPI(t, map[string]any{"POST /v1/tokens": token})
			got := try(t, &fakeLibrary{}, nil, append([]string{"token", "--control", c.URL, "--control-token", "s3cret"}, tt.args...)...)
			if diff := cmp.Diff(result{0, tt.out, ""}, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var sent api.TokenRequest
			if err := json.Unmarshal([]byte(c.body), &sent); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, sent); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
			if c.auth != "Bearer s3cret" {
				t.Errorf("Authorization %q", c.auth)
			}
		})
	}
}

func TestWhatTheControlAPIRefusesIsOneLine(t *testing.T) {
	t.Parallel()
	c := newControlAPI(t, map[string]any{
		"POST /v1/tokens":              refused{400, api.Error{Error: `"King" is no role`, Field: "role", Hint: "give User"}},
		"GET /v1/ca":                   refused{401, api.Error{Error: "a token is asked for", Field: "Authorization", Hint: "send it"}},
		"GET /v1/cameras":              "<html>some other server</html>",
		"GET /v1/cameras/nobody/chain": refused{404, api.Error{Error: `there is no camera "nobody"`}},
	})
	tests := []struct {
		args []string
		code int
		want string
	}{
		{[]string{"token", "--role", "King"}, 2, "--role: \"King\" is no role; give User"},
		{[]string{"ca"}, 1, "Authorization: a token is asked for; send it"},
		{[]string{"ca", "--chain", "nobody"}, 1, `there is no camera "nobody"`},
		{[]string{"ls"}, 1, c.URL + "/v1/cameras answered something else than a fleet does: invalid character '<' looking for beginning of value"},
		{[]string{"healthcheck"}, 1, "there is nothing at /readyz"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			t.Parallel()
			got := try(t, &fakeLibrary{}, nil, append(tt.args, "--control", c.URL)...)
			if diff := cmp.Diff(result{tt.code, "", "camfleet: " + tt.want + "\n"}, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCAPrintsRootsAndChains(t *testing.T) {
	t.Parallel()
	c := newControlAPI(t, map[string]any{
		"GET /v1/ca":                                  "root\n",
		"GET /v1/ca?signing=true":                     "signing root\n",
		"GET /v1/cameras/cam%2F1/chain":               "chain\n",
		"GET /v1/cameras/cam-0001/chain?signing=true": "signing chain\n",
	})
	for want, args := range map[string][]string{
		"root\n":          nil,
		"signing root\n":  {"--signing"},
		"chain\n":         {"--chain", "cam/1"},
		"signing chain\n": {"--chain", "cam-0001", "--signing"},
	} {
		got := try(t, &fakeLibrary{}, nil, append([]string{"ca", "--control", c.URL}, args...)...)
		if diff := cmp.Diff(result{0, want, ""}, got, cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%v (-want +got):\n%s", args, diff)
		}
	}
}

func TestHealthcheckFailsUntilTheFleetIsReady(t *testing.T) {
	t.Parallel()
	for code, ready := range []api.Ready{{Ready: true, Started: 4, Total: 4}, {Started: 1, Total: 4}} {
		var answer any = ready
		c := newControlAPI(t, map[string]any{"GET /readyz": answer})
		// A container binds 0.0.0.0; the check inside it calls this machine.
		address := strings.Replace(strings.TrimPrefix(c.URL, "http://"), "127.0.0.1", "0.0.0.0", 1)
		got := try(t, &fakeLibrary{}, map[string]string{"CAMFLEET_CONTROL": address}, "healthcheck")
		if got.code != code {
			t.Errorf("%+v: %+v", ready, got)
		}
	}
}
