package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/api"
	"github.com/google/go-cmp/cmp"
)

func TestFaultCommandsDriveTheFleet(t *testing.T) {
	t.Parallel()
	freeze := api.Fault{ID: "freeze-1", At: "frame", Do: "freeze", Chance: 1, Every: 1, Amount: 25, Fired: 2}
	drop := api.Fault{ID: "d", At: "frame", Do: "drop-frame", Stream: "main", Chance: 0.1, Every: 5, After: 3, Times: 7}
	c := newControlAPI(t, map[string]any{
		"GET /v1/cameras":                             []api.Camera{{Name: "cam-0001"}, {Name: "cam-0002"}},
		"GET /v1/cameras/cam-0001/faults":             []api.Fault{freeze, drop},
		"GET /v1/cameras/cam-0002/faults":             []api.Fault{},
		"POST /v1/cameras/cam-0001/faults":            freeze,
		"POST /v1/cameras/cam-0002/faults":            refused{400, api.Error{Error: "no fault", Field: "do"}},
		"DELETE /v1/cameras/cam-0001/faults/freeze-1": freeze,
		"POST /v1/reset":                              api.ResetResult{Faults: 2},
	})
	table := `CAMERA    ID        DO          STREAM  WHEN                                 AMOUNT  FIRED
cam-0001  freeze-1  freeze      all     always                               25      2
cam-0001  d         drop-frame  main    every 5, chance 0.1, after 3, 7 times  0       0
`
	for _, tt := range []struct {
		args []string
		want result
	}{
		{[]string{"ls"}, result{0, table, ""}},
		{[]string{"ls", "cam-0001"}, result{0, table, ""}},
		{[]string{"rm", "cam-0001", "freeze-1"}, result{0, "", ""}},
		{[]string{"reset"}, result{0, "2 faults taken away\n", ""}},
		{[]string{"add", "cam-0001", "freeze"}, result{0, "freeze-1\n", ""}},
		{[]string{"rm", "cam-0001", "x"}, result{1, "", "camfleet: there is nothing at /v1/cameras/cam-0001/faults/x\n"}},
	} {
		got := try(t, &fakeLibrary{}, nil, append([]string{"fault", tt.args[0], "--control", c.URL}, tt.args[1:]...)...)
		fields := func(r result) result { r.stdout = strings.Join(strings.Fields(r.stdout), " "); return r }
		if diff := cmp.Diff(fields(tt.want), fields(got), cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.args, diff)
		}
	}
	got := try(t, &fakeLibrary{}, nil, "fault", "add", "--control", c.URL, "cam-0002", "melt")
	if got.code != 2 || !strings.Contains(got.stderr, "no fault") {
		t.Errorf("%+v", got)
	}
	got = try(t, &fakeLibrary{}, nil, "fault", "ls", "--json", "--control", c.URL)
	var all map[string][]api.Fault
	if err := json.Unmarshal([]byte(got.stdout), &all); err != nil || len(all["cam-0001"]) != 2 || len(all["cam-0002"]) != 0 {
		t.Errorf("%v: %+v", err, got)
	}
}

func TestFaultAddSendsWhatTheFlagsSay(t *testing.T) {
	t.Parallel()
	c := newControlAPI(t, map[string]any{"POST /v1/cameras/cam-0001/faults": api.Fault{ID: "x"}})
	try(t, &fakeLibrary{}, nil, "fault", "add", "--control", c.URL, "--id", "x", "--stream", "main", "--chance", "0.5", "--every", "2",
		"--after", "3", "--times", "4", "--amount=-5", "cam-0001", "clock-jump")
	var sent api.Fault
	if err := json.Unmarshal([]byte(c.body), &sent); err != nil {
		t.Fatal(err)
	}
	want := api.Fault{ID: "x", Do: "clock-jump", Stream: "main", Chance: 0.5, Every: 2, After: 3, Times: 4, Amount: -5}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
