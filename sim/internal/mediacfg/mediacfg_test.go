package mediacfg_test

import (
	"encoding/json"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func section() *mediacfg.Section {
	return &mediacfg.Section{
		VideoSources:         []mediacfg.VideoSource{{Token: "vs", Width: 1920, Height: 1080, Framerate: 25}},
		SourceConfigurations: []mediacfg.VideoSourceConfiguration{{Token: "vsc", Name: "source", SourceToken: "vs", Bounds: mediacfg.Bounds{Width: 1920, Height: 1080}}},
		Encoders: []mediacfg.VideoEncoder{
			{Token: "main", Name: "main", Encoding: "H264", Width: 1920, Height: 1080, FrameRate: 25, BitRate: 4096, GovLength: 50, Signed: true},
			{Token: "sub", Name: "sub", Encoding: "H264", Width: 640, Height: 360, FrameRate: 25},
		},
		Profiles: []mediacfg.Profile{
			{Token: "p1", Name: "main", Fixed: true, VideoSource: "vsc", VideoEncoder: "main", Stream: "main"},
			{Token: "p2", Name: "sub", Fixed: true, VideoSource: "vsc", VideoEncoder: "sub", Stream: "sub"},
			{Token: "p3", Name: "half made", VideoSource: "vsc", Stream: "p3"},
			{Token: "p4", Name: "empty"},
		},
	}
}

func TestStreamsAreProfilesWithSourceAndEncoder(t *testing.T) {
	t.Parallel()
	s := section()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, st := range s.Streams() {
		names = append(names, st.Profile.Stream)
	}
	if diff := cmp.Diff([]string{"main", "sub"}, names); diff != "" {
		t.Error(diff)
	}
	st, ok := s.Stream("sub")
	if !ok || st.Encoder.Width != 640 || st.Source.Token != "vs" || st.View.Token != "vsc" || st.Profile.Token != "p2" {
		t.Errorf("%+v, %v", st, ok)
	}
	for _, name := range []string{"", "p3", "none"} {
		if _, ok := s.Stream(name); ok {
			t.Errorf("%q streams", name)
		}
	}
}

func TestUseCountsAreCounted(t *testing.T) {
	t.Parallel()
	s := section()
	for token, want := range map[string]int{"vsc": 3, "main": 1, "sub": 1, "none": 0, "": 0} {
		if got := s.UseCount(token); got != want {
			t.Errorf("%q: %d, want %d", token, got, want)
		}
	}
}

func TestThingsAreFoundByToken(t *testing.T) {
	t.Parallel()
	s := section()
	_, ok1 := s.VideoSource("vs")
	_, ok2 := s.SourceConfiguration("vsc")
	_, ok3 := s.Encoder("main")
	_, ok4 := s.Profile("p4")
	if !ok1 || !ok2 || !ok3 || !ok4 {
		t.Error("something is missing")
	}
	if _, ok := s.Profile("main"); ok {
		t.Error("a profile by the token of an encoder")
	}
}

func TestSectionSurvivesJSONAndFindsDamage(t *testing.T) {
	t.Parallel()
	s := section()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back mediacfg.Section
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, &back); diff != "" {
		t.Error(diff)
	}
	for name, damage := range map[string]func(*mediacfg.Section){
		"empty token":   func(s *mediacfg.Section) { s.VideoSources[0].Token = "" },
		"token twice":   func(s *mediacfg.Section) { s.Encoders[1].Token = "main" },
		"source":        func(s *mediacfg.Section) { s.SourceConfigurations[0].SourceToken = "none" },
		"configuration": func(s *mediacfg.Section) { s.Profiles[0].VideoSource = "none" },
		"encoder":       func(s *mediacfg.Section) { s.Profiles[0].VideoEncoder = "none" },
		"stream twice":  func(s *mediacfg.Section) { s.Profiles[1].Stream = "main" },
	} {
		c := s.Clone()
		damage(c)
		if c.Validate() == nil {
			t.Errorf("%s: nobody minds", name)
		}
		if err := s.Validate(); err != nil {
			t.Fatalf("%s: the original has changed: %v", name, err)
		}
	}
}
