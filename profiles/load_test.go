package profiles_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestEveryBuiltinProfileIsValidAndPlayable(t *testing.T) {
	t.Parallel()
	if got, want := profiles.Builtin(), []string{"flagship", "legacy-18-12", "security-baseline", "tls-addon"}; !cmp.Equal(got, want) {
		t.Errorf("built in: %v, want %v", got, want)
	}
	for _, name := range profiles.Builtin() {
		p, err := profiles.Open(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if p.Name != name || p.Description == "" {
			t.Errorf("%s: name %q, description %q", name, p.Name, p.Description)
		}
		if len(p.Media.Streams) != 2 || p.Media.Streams[0].Name != "main" || p.Media.Streams[1].Name != "sub" {
			t.Errorf("%s: streams %v, want main and sub", name, p.Media.Streams)
		}
		want := []profiles.User{{Name: "admin", Password: "camfleet", Level: "Administrator"},
			{Name: "operator", Password: "camfleet", Level: "Operator"}, {Name: "viewer", Password: "camfleet", Level: "User"}}
		if diff := cmp.Diff(want, p.Users); diff != "" {
			t.Errorf("%s: users (-want +got):\n%s", name, diff)
		}
		if err := p.Validate(nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEffectiveProfileReadsBackEqual(t *testing.T) {
	t.Parallel()
	odd := "extends: flagship\nname: odd\nidentity: {model: \"on\", firmware_version: 1.10, hardware_id: 0x1F}\n" +
		"users:\n - {name: 'yes', password: 0123, level: Administrator}\n - {name: nul, password: '  # \"x\" ', level: User}\n" +
		"clock: {offset: -1h30m, drift_ppm: 0.1}\nscopes: {location: ['1/2'], name: '~'}\nlimits: {soap: {bytes: 5000}}\n"
	p, err := profiles.Parse("odd.yaml", []byte(odd))
	if err != nil {
		t.Fatal(err)
	}
	if p.Identity.FirmwareVersion != "1.10" || p.Users[0].Password != "0123" || p.Identity.HardwareID != "0x1F" {
		t.Errorf("numbers lost their text: %+v %+v", p.Identity, p.Users)
	}
	all := []*profiles.Profile{p}
	for _, name := range profiles.Builtin() {
		b, err := profiles.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	for _, p := range all {
		text, err := p.YAML()
		if err != nil {
			t.Fatal(err)
		}
		back, err := profiles.Parse("other.yaml", text)
		if err != nil {
			t.Errorf("%s: %v\n%s", p.Name, err, text)
			continue
		}
		p.Extends = ""
		if diff := cmp.Diff(p, back, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-before +after):\n%s", p.Name, diff)
		}
		again, err := back.YAML()
		if err != nil || !bytes.Equal(text, again) {
			t.Errorf("%s: second text differs (%v)", p.Name, err)
		}
	}
}

func TestChildMergesMappingsAndReplacesLists(t *testing.T) {
	t.Parallel()
	p, err := profiles.Parse("dir/My Camera.yaml", []byte("extends: flagship\nnetwork: {protocols: {rtsp: false}}\nonvif: {profiles: [T]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	parent, err := profiles.Open("flagship")
	if err != nil {
		t.Fatal(err)
	}
	want := *parent
	want.Name, want.Description, want.Extends = "my-camera", "", "flagship"
	want.Network.Protocols.RTSP = false
	want.ONVIF.Profiles = []string{"T"}
	if diff := cmp.Diff(&want, p); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// files is a directory in memory.
type files map[string]string

func (f files) read(path string) ([]byte, error) {
	if text, ok := f[path]; ok {
		return []byte(text), nil
	}
	return nil, fmt.Errorf("open %s: %w", path, fs.ErrNotExist)
}

func TestParentsAreFoundBesideTheirChild(t *testing.T) {
	t.Parallel()
	f := files{
		"a/child.yaml":      "extends: ../b/mid.yaml\nboot: {time: 3s}\n",
		"b/mid.yaml":        "extends: ./base.yaml\nboot: {time: 2s}\nclock: {offset: 2s}\n",
		"b/base.yaml":       "extends: legacy-18-12\nclock: {offset: 1s, timezone: EST5}\n",
		"flagship.yaml":     "extends: flagship\n",
		"self.yaml":         "extends: ./self.yaml\n",
		"ring1.yaml":        "extends: ring2.yaml\n",
		"ring2.yaml":        "extends: ring1.yaml\n",
		"gone.yaml":         "extends: none.yaml\n",
		"bad-parent.yaml":   "extends: bad.yaml\nboot: {time: 99h}\n",
		"bad.yaml":          "extends: flagship\nboot: {time: never}\nclock: {zone: UTC0}\n",
		"broken-below.yaml": "extends: broken.yaml\n",
		"broken.yaml":       "a: [\n",
	}
	o := profiles.Options{ReadFile: f.read}
	p, err := reader(t, o).LoadFile("a/child.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if p.Boot.Time.Seconds() != 3 || p.Clock.Offset.Seconds() != 2 || p.Clock.Timezone != "EST5" || p.ONVIF.Release != "18.12" {
		t.Errorf("got %v %v %v", p.Boot, p.Clock, p.ONVIF)
	}
	if _, err := reader(t, o).LoadFile("flagship.yaml"); err != nil {
		t.Errorf("a file may have its parent's name: %v", err)
	}
	for file, want := range map[string][]string{
		"self.yaml":         {"self.yaml:1:10: extends itself: self.yaml → self.yaml"},
		"ring1.yaml":        {"ring2.yaml:1:10: extends itself: ring1.yaml → ring2.yaml → ring1.yaml"},
		"gone.yaml":         {"gone.yaml:1:10: open none.yaml: file does not exist"},
		"bad-parent.yaml":   {"bad-parent.yaml:2:14: 99h is too large", "bad.yaml:2:14: \"never\" does not fit", "bad.yaml:3:9: clock has no setting"},
		"broken-below.yaml": {"broken.yaml:1:4: not YAML"},
	} {
		_, err := reader(t, o).LoadFile(file)
		var errs *profiles.Errors
		if !errors.As(err, &errs) || len(errs.List) != len(want) {
			t.Errorf("%s: got %v, want %q", file, err, want)
			continue
		}
		for i, e := range errs.List {
			if !strings.HasPrefix(e.Error(), want[i]) {
				t.Errorf("%s: got %v, want %s…", file, e, want[i])
			}
		}
	}
}

func TestNinthParentIsRefused(t *testing.T) {
	t.Parallel()
	f := files{"p0.yaml": "extends: flagship\n"}
	for i := 1; i <= 8; i++ {
		f[fmt.Sprintf("p%d.yaml", i)] = fmt.Sprintf("extends: p%d.yaml\n", i-1)
	}
	o := profiles.Options{ReadFile: f.read}
	if _, err := reader(t, o).LoadFile("p7.yaml"); err != nil {
		t.Errorf("8 parents: %v", err)
	}
	if _, err := reader(t, o).LoadFile("p8.yaml"); err == nil || !strings.Contains(err.Error(), "more than 8 profiles") {
		t.Errorf("9 parents: %v", err)
	}
}

func TestParseExtendsNoFiles(t *testing.T) {
	t.Parallel()
	_, err := profiles.Parse("x.yaml", []byte("extends: /etc/passwd.yaml\n"))
	if err == nil || !strings.Contains(err.Error(), "only a built-in profile can be extended here") {
		t.Errorf("got %v", err)
	}
}

func TestUnknownProfileNamesTheNearest(t *testing.T) {
	t.Parallel()
	_, err := profiles.Open("flagshp")
	var unknown *profiles.UnknownError
	if !errors.As(err, &unknown) {
		t.Fatalf("got %v", err)
	}
	want := `no profile "flagshp": built in are flagship, legacy-18-12, security-baseline or tls-addon; did you mean "flagship"?`
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	if _, err := profiles.LoadFile("testdata/none.yaml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}
