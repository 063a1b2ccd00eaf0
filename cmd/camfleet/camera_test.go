package main

import (
	"testing"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/google/go-cmp/cmp"
)

func TestCameraCommandsDriveACamera(t *testing.T) {
	t.Parallel()
	away := func(name string) api.Camera { return api.Camera{Name: name, State: "rebooting"} }
	c := newControlAPI(t, map[string]any{
		"POST /v1/cameras/cam-0001/reboot":                    away("cam-0001"),
		"POST /v1/cameras/cam-0002/factory-default":           away("cam-0002"),
		"POST /v1/cameras/cam-0003/factory-default?soft=true": away("cam-0003"),
		"POST /v1/cameras/cam-0004/reboot":                    refused{503, api.Error{Error: "camera \"cam-0004\" is rebooting: not ready"}},
	})
	for _, tt := range []struct {
		args []string
		want result
	}{
		{[]string{"cam-0001", "reboot"}, result{0, "cam-0001 is rebooting\n", ""}},
		{[]string{"cam-0002", "factory-default"}, result{0, "cam-0002 is rebooting\n", ""}},
		{[]string{"cam-0003", "factory-default", "--soft"}, result{0, "cam-0003 is rebooting\n", ""}},
		{[]string{"cam-0004", "reboot"}, result{1, "", "camfleet: camera \"cam-0004\" is rebooting: not ready\n"}},
	} {
		got := try(t, &fakeLibrary{}, nil, append(append([]string{"camera"}, tt.args...), "--control", c.URL)...)
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.args, diff)
		}
	}
	for _, args := range [][]string{{"camera"}, {"camera", "cam-0001"}, {"camera", "cam-0001", "explode"}} {
		if got := try(t, &fakeLibrary{}, nil, args...); got.code != exitUsage || got.stderr == "" {
			t.Errorf("%q: %+v", args, got)
		}
	}
}
