package auth

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func TestAuthorizationHeaderIsTakenApart(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]credentials{
		`Digest username="a", nc=1`:      {scheme: "digest", params: map[string]string{"username": "a", "nc": "1"}},
		"DIGEST\tx=1":                    {},
		`digest  a = "b" ,c= d`:          {scheme: "digest", params: map[string]string{"a": "b", "c": "d"}},
		`Digest a="x\"y\\z", b=""`:       {scheme: "digest", params: map[string]string{"a": `x"y\z`, "b": ""}},
		`Digest ,, a=1,,b=2, ,`:          {scheme: "digest", params: map[string]string{"a": "1", "b": "2"}},
		`Digest uri=/a/b?c=d&e, x="1,2"`: {scheme: "digest", params: map[string]string{"uri": "/a/b?c=d&e", "x": "1,2"}},
		"Digest a=\"\tü\"":               {scheme: "digest", params: map[string]string{"a": "\tü"}},
		`Digest username*=UTF-8''%c3%bc`: {scheme: "digest", params: map[string]string{"username*": "UTF-8''%c3%bc"}},
		"Bearer abc.DEF-_~+/.x==":        {scheme: "bearer", token: "abc.DEF-_~+/.x=="},
		"  Basic YTpi  ":                 {scheme: "basic", token: "YTpi"},
		"Negotiate":                      {scheme: "negotiate", params: map[string]string{}},
		`Digest a="\` + "\x00" + `"`:     {},
		`Digest a`:                       {scheme: "digest", token: "a"},
		`Digest a, b`:                    {},
		`Digest a=1 b=2`:                 {},
		`Digest a="1" b=2`:               {},
		`Digest a="1`:                    {},
		`Digest a="1\`:                   {},
		`Digest a="1\"`:                  {},
		`Digest a=`:                      {scheme: "digest", token: "a="},
		`Digest a=,b=1`:                  {},
		`Digest =1`:                      {},
		`Digest "a"=1`:                   {},
		"Digest a=\"\n\"":                {},
		"Digest a=\x01":                  {},
		`Digest a=1, A=2`:                {},
		`"Digest" a=1`:                   {},
		`Di,gest a=1`:                    {},
		"":                               {},
		"  ":                             {},
		`Bearer a b`:                     {},
	} {
		got, err := parseCredentials(header, DefaultLimits())
		if want.scheme == "" {
			if err == nil {
				t.Errorf("%q is taken as %+v", header, got)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", header, err)
		}
		if d := cmp.Diff(want, got, cmp.AllowUnexported(credentials{})); d != "" {
			t.Errorf("%q (-want +got):\n%s", header, d)
		}
	}
}

func TestAuthorizationHeaderHasLimits(t *testing.T) {
	t.Parallel()
	l := Limits{HeaderBytes: 24, HeaderParams: 3}
	for header, good := range map[string]bool{
		"Digest a=1, b=2, c=3":              true,
		"Digest a=1, b=2, c=3,   ":          true,
		"Digest a=1, b=2, c=3,    ":         false,
		"Digest a=1,b=2,c=3,d=4":            false,
		"Bearer " + strings.Repeat("x", 17): true,
		"Bearer " + strings.Repeat("x", 18): false,
	} {
		if _, err := parseCredentials(header, l); (err == nil) != good {
			t.Errorf("%q: %v, want good: %v", header, err, good)
		}
	}
}

// FuzzParseCredentials checks that whatever is read is within its limits and
// reads the same once it is written again.
func FuzzParseCredentials(f *testing.F) {
	for _, seed := range []string{
		`Digest username="a\"b", realm="r", nonce="n", uri="/", response="x", qop=auth, nc=00000001, cnonce="c"`,
		"Bearer a.b.c", "Basic YTpi", "Digest", `Digest a="`, "Digest ,,a=1,,", "Digest username*=UTF-8''%c3%bc",
	} {
		f.Add(seed)
	}
	l := DefaultLimits()
	f.Fuzz(func(t *testing.T, header string) {
		c, err := parseCredentials(header, l)
		if err != nil {
			if len(err.Error()) > 200 {
				t.Errorf("long error: %v", err)
			}
			return
		}
		if c.scheme == "" || c.scheme != strings.ToLower(c.scheme) || (c.token == "") == (c.params == nil) || len(c.params) > l.HeaderParams {
			t.Fatalf("%q: %+v", header, c)
		}
		again := c.scheme + " " + c.token
		var list []string
		for name, value := range c.params {
			if strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r < 0x80 }) {
				t.Fatalf("%q: control character in %q", header, value)
			}
			list = append(list, name+"="+quote(value))
		}
		back, err := parseCredentials(again+strings.Join(list, ", "), Limits{HeaderBytes: 1 << 20, HeaderParams: l.HeaderParams})
		if err != nil || !cmp.Equal(back, c, cmp.AllowUnexported(credentials{})) {
			t.Fatalf("%q read again: %+v, %v, want %+v", header, back, err, c)
		}
	})
}
