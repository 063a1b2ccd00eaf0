package profiles

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// numbered is a setting with bounds.
type numbered struct {
	path  string // dotted
	field reflect.StructField
}

// numberedOf lists every setting with bounds below struct type t.
func numberedOf(t reflect.Type, path string) []numbered {
	var out []numbered
	for i := range t.NumField() {
		f := t.Field(i)
		at := strings.TrimPrefix(path+"."+keyOf(f), ".")
		switch {
		case f.Type.Kind() == reflect.Struct:
			out = append(out, numberedOf(f.Type, at)...)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			continue // lists are tested by TestPictureSizeAndRateHaveBounds
		case f.Tag.Get("min") != "":
			out = append(out, numbered{at, f})
		}
	}
	return out
}

// nested writes a.b.c: v as YAML.
func nested(path, value string) string {
	keys := strings.Split(path, ".")
	var b strings.Builder
	for i, key := range keys {
		fmt.Fprintf(&b, "\n%s%s:", strings.Repeat("  ", i), key)
	}
	return b.String() + " " + value + "\n"
}

// beside returns the number next to a bound, as a profile writes it.
func beside(t *testing.T, f reflect.StructField, bound string, by int64) string {
	t.Helper()
	v := reflect.New(f.Type).Elem()
	if err := setText(v, bound); err != nil {
		t.Fatal(err)
	}
	if v.Kind() == reflect.Float64 {
		v.SetFloat(v.Float() + float64(by))
	} else {
		v.SetInt(v.Int() + by)
	}
	return show(v)
}

func TestEveryNumberTakesItsBoundsAndNothingBeyond(t *testing.T) {
	t.Parallel()
	all := numberedOf(reflect.TypeFor[Profile](), "")
	if len(all) < 40 {
		t.Fatalf("only %d settings with bounds", len(all))
	}
	r, err := NewReader(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range all {
		for _, c := range []struct {
			value string
			ok    bool
		}{
			{n.field.Tag.Get("min"), true}, {n.field.Tag.Get("max"), true},
			{beside(t, n.field, n.field.Tag.Get("min"), -1), false}, {beside(t, n.field, n.field.Tag.Get("max"), +1), false},
		} {
			_, err := r.Parse("x.yaml", []byte("extends: flagship"+nested(n.path, c.value)))
			complaint := err != nil && (strings.Contains(err.Error(), "too small") || strings.Contains(err.Error(), "too large") ||
				strings.Contains(err.Error(), "not fit"))
			if complaint == c.ok {
				t.Errorf("%s: %s: got %v, want allowed %v", n.path, c.value, err, c.ok)
			}
		}
	}
}

func TestEveryDefaultIsWithinItsBounds(t *testing.T) {
	t.Parallel()
	p := reflect.New(reflect.TypeFor[Profile]()).Elem()
	if err := setDefaults(p); err != nil {
		t.Fatal(err)
	}
	for _, n := range numberedOf(reflect.TypeFor[Profile](), "") {
		v := p
		for _, key := range strings.Split(n.path, ".") {
			f, _ := fieldOf(v.Type(), key)
			v = v.FieldByIndex(f.Index)
		}
		if err := checkBounds(n.field, v); err != nil {
			t.Errorf("%s: default %v", n.path, err)
		}
		if n.field.Tag.Get("default") == "" || n.field.Tag.Get("max") == "" {
			t.Errorf("%s: no default or no max", n.path)
		}
	}
}

func TestPictureSizeAndRateHaveBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		width, height, fps int
		want               string
	}{
		{160, 96, 1, ""},
		{158, 96, 1, "158 is too small: want 160 to 3840"},
		{160, 94, 1, "94 is too small: want 96 to 2160"},
		{3840, 2160, 30, ""},
		{3842, 2160, 30, "3842 is too large"},
		{3840, 2162, 30, "2162 is too large"},
		{3840, 2160, 31, "3840x2160 at 31 pictures a second is beyond H.264 level 5.1"},
		{1920, 1080, 60, ""},
		{1920, 1080, 61, "61 is too large: want 1 to 60"},
		{1920, 1080, 0, "0 is too small"},
		{1921, 1080, 25, "1921 is odd"},
		{1920, 1081, 25, "1081 is odd"},
	} {
		text := fmt.Sprintf("extends: flagship\nmedia:\n  sources: [{token: v, width: 3840, height: 2160, fps: 30}, {token: w, width: %[1]d, height: %[2]d, fps: %[3]d}]\n"+
			"  streams: [{name: main, source: w, width: %[1]d, height: %[2]d, fps: %[3]d}]\n", c.width, c.height, c.fps)
		_, err := Parse("x.yaml", []byte(text))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%dx%d@%d: got %v, want %q", c.width, c.height, c.fps, err, c.want)
		}
	}
}

func TestReaderHasLimits(t *testing.T) {
	t.Parallel()
	fill := func(n int) string {
		head := "extends: flagship\n#"
		return head + strings.Repeat("x", n-len(head))
	}
	aliases := func(n int) string { // n nodes: root, extends, scopes, location, and the rest items
		return "extends: flagship\nscopes: {location: [" + strings.Repeat("a,", n-4) + "]}\n"
	}
	wrong := func(n int) string {
		var b strings.Builder
		b.WriteString("extends: flagship\n")
		for i := range n {
			fmt.Fprintf(&b, "wrong%d: 1\n", i)
		}
		return b.String()
	}
	for _, c := range []struct {
		name, text, want string
	}{
		{"file at limit", fill(maxFileBytes), ""},
		{"file beyond", fill(maxFileBytes + 1), "more than 64KiB"},
		{"values at limit", aliases(maxNodes), "at most 16 in this list"},
		{"values beyond", aliases(maxNodes + 1), "more than 10000 values"},
		{"nesting at limit", "a: " + strings.Repeat("[", maxNesting-1) + strings.Repeat("]", maxNesting-1), "no setting"},
		{"nesting beyond", "a: " + strings.Repeat("[", maxNesting+1) + strings.Repeat("]", maxNesting+1), "nested deeper"},
		{"dashes beyond", "a:\n " + strings.Repeat("- ", maxNesting+1) + "x\n", "nested deeper"},
		{"aliases of aliases", "a: &a [[[[[[[[x]]]]]]]]\nb: [[[[[[[[[*a]]]]]]]]]\n", "nested deeper"},
		{"errors at limit", wrong(maxErrors), ""},
		{"errors beyond", wrong(maxErrors + 1), "\nand 1 more"},
	} {
		_, err := Parse("x.yaml", []byte(c.text))
		if c.name == "errors at limit" {
			var errs *Errors
			if !errors.As(err, &errs) || len(errs.List) != maxErrors || errs.Omitted != 0 {
				t.Errorf("%s: got %v", c.name, err)
			}
			continue
		}
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %.300v, want %q", c.name, err, c.want)
		}
	}
}

func TestSizeReadsWhatItWrites(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Size{"0": 0, "1": 1, "512": 512, "4KiB": 4096, "3MiB": 3 << 20, "2GiB": 2 << 30, "1023": 1023} {
		got, err := ParseSize(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%q: got %v %v", text, got, err)
		}
	}
	for _, text := range []string{"", "KiB", "-1", "+1", "1.5MiB", "1 KiB", "1kb", "9223372036854775807KiB", "99999999999999999999"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

func TestDurationIsWrittenShort(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{0: "0s", time.Second: "1s", 90 * time.Second: "1m30s", 5 * time.Minute: "5m",
		24 * time.Hour: "24h", time.Hour + time.Second: "1h0m1s", -time.Hour: "-1h", 10 * time.Hour: "10h", 20 * time.Minute: "20m"} {
		if got := showDuration(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}
