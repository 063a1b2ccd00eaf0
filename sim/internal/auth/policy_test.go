package auth_test

import (
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
)

func TestDefaultPolicyIsTheTableOfCore594(t *testing.T) {
	t.Parallel()
	// columns: Administrator, Operator, User, Anonymous
	table := map[string]string{
		"PRE_AUTH":              "yyyy",
		"READ_SYSTEM":           "yyy-",
		"READ_SYSTEM_SENSITIVE": "yy--",
		"READ_SYSTEM_SECRET":    "y---",
		"WRITE_SYSTEM":          "y---",
		"UNRECOVERABLE":         "y---",
		"READ_MEDIA":            "yyy-",
		"ACTUATE":               "yy--",
	}
	policy := auth.DefaultPolicy()
	for word, row := range table {
		class, err := auth.ParseClass(word)
		if err != nil || class.String() != word {
			t.Fatalf("ParseClass(%q) = %v, %v", word, class, err)
		}
		for i, level := range []auth.Level{auth.Administrator, auth.Operator, auth.User, auth.Anonymous} {
			if got, want := policy.Allows(level, class), row[i] == 'y'; got != want {
				t.Errorf("%v may %v: %v, want %v", level, class, got, want)
			}
		}
	}
}

func TestPolicyAllowsNothingThatIsNotInItsTable(t *testing.T) {
	t.Parallel()
	if (auth.Policy{}).Allows(auth.Administrator, auth.PreAuth) {
		t.Error("the zero policy allows something")
	}
	p := auth.DefaultPolicy().With(auth.Actuate, auth.User)
	if !p.Allows(auth.User, auth.Actuate) || p.Allows(auth.Administrator, auth.Actuate) {
		t.Error("With does not replace the row")
	}
	if auth.DefaultPolicy().Allows(auth.User, auth.Actuate) {
		t.Error("With changed another policy")
	}
	for _, c := range []auth.Class{0, auth.Actuate + 1, 255} {
		if p.With(c, auth.User).Allows(auth.User, c) {
			t.Errorf("class %v is allowed", c)
		}
	}
	for _, l := range []auth.Level{auth.Administrator + 1, 9, 255} {
		if p.With(auth.PreAuth, l).Allows(l, auth.PreAuth) {
			t.Errorf("level %v is allowed", l)
		}
	}
}

func TestLevelsAndClassesAreReadAndWrittenAsText(t *testing.T) {
	t.Parallel()
	for l := auth.Anonymous; l <= auth.Administrator; l++ {
		text, err := l.MarshalText()
		var back auth.Level
		if err != nil || back.UnmarshalText(text) != nil || back != l {
			t.Errorf("%v: %q, %v, %v", l, text, err, back)
		}
	}
	for c := auth.PreAuth; c <= auth.Actuate; c++ {
		text, err := c.MarshalText()
		var back auth.Class
		if err != nil || back.UnmarshalText(text) != nil || back != c {
			t.Errorf("%v: %q, %v, %v", c, text, err, back)
		}
	}
	for _, word := range []string{"", "administrator", "Extended", "Level(9)"} {
		if _, err := auth.ParseLevel(word); err == nil {
			t.Errorf("level %q is taken", word)
		}
	}
	for _, word := range []string{"", "PREAUTH", "WRITE_SYSTEM_SECRET", "Class(0)"} {
		if _, err := auth.ParseClass(word); err == nil {
			t.Errorf("class %q is taken", word)
		}
	}
	if _, err := auth.Level(9).MarshalText(); err == nil || auth.Level(9).String() != "Level(9)" {
		t.Error("level 9 is written")
	}
	if _, err := auth.Class(0).MarshalText(); err == nil || auth.Class(0).String() != "Class(0)" {
		t.Error("class 0 is written")
	}
}
