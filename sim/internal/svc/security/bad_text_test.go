package security_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"regexp"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

var aliasElement = regexp.MustCompile(`<tas:(\w*Alias)>[^<]*</tas:\w*Alias>`)

// aliases are texts of all sorts, none of which is anything but a text.
func aliases(most int) map[string]string {
	return map[string]string{
		"other alphabets": "Ключ 鍵 키 مفتاح מפתח Ελληνικά", "emoji": "👩‍👩‍👧‍👦🔑", "beyond the BMP": "\U00010000\U0010FFFD",
		"combining": "e\u0301\u0323\u200d\u202e", "mark-up": `<a>&amp;"']]></a><!-- -->`, "white space": " \t\u00a0 x \n",
		"separators": "a/b\\c;--'", "template": "{own} %s ${x} {{.}}", "replacement": "\ufffd", "none": "",
		"longest": strings.Repeat("a", most), "longest in bytes": strings.Repeat("é", most/2),
	}
}

// TestAliasesMayBeAnyText: wherever an operation takes one, it is kept as it
// is, up to its limit, and what no XML can say is refused.
func TestAliasesMayBeAnyText(t *testing.T) {
	t.Parallel()
	f, check := newFixture(t), schematest.Collect(t)
	rows, places := table(f.material), 0
	most := keystore.Limits{}.WithDefaults().Alias
	for _, o := range specified(t) {
		good := rows[o.Operation].served.body
		found := aliasElement.FindAllStringSubmatchIndex(good, -1)
		places += len(found)
		if len(found) == 0 {
			continue
		}
		t.Run(o.Operation, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, f, check)
			for _, at := range found {
				name := good[at[2]:at[3]]
				b.alias(t, name, most, func(text string) string {
					return f.fill(good[:at[0]]) + element(name, text) + f.fill(good[at[1]:])
				})
			}
		})
	}
	if places < 12 {
		t.Errorf("only %d aliases", places)
	}
}

func (b *bench) alias(t *testing.T, name string, most int, request func(string) string) {
	t.Helper()
	before := b.State.View()
	for what, text := range aliases(most) {
		var escaped bytes.Buffer
		if err := xml.EscapeText(&escaped, []byte(text)); err != nil {
			t.Fatal(err)
		}
		a := b.ask(t, request(escaped.String()), "admin", false)
		stored := must(json.Marshal(text))
		if now := sections(t, b.Camera); a.Fault != "" || text != "" && !bytes.Contains(now, stored) {
			t.Errorf("%s, %s: %q, and it is not kept as %s", name, what, a.Fault, stored)
		}
		b.back(t, before)
	}
	for what, c := range map[string]struct{ text, fault string }{
		"too long":          {strings.Repeat("a", most+1), arg},
		"too long in bytes": {strings.Repeat("é", most/2+1), arg},
		"a control":         {"&#1;", ""}, "NUL": {"&#0;", ""}, "a surrogate": {"&#xD800;", ""}, "no character": {"&#xFFFE;", ""},
		"no UTF-8": {"\xff", ""}, "an entity": {"&x;", ""},
	} {
		a := b.unchanged(t, func() cameratest.Answer { return b.Call(t, cameratest.Call{As: "admin", Body: request(c.text)}) })
		if a.Status != 400 || c.fault != "" && a.Fault != c.fault {
			t.Errorf("%s, %s: %d %q", name, what, a.Status, a.Fault)
		}
	}
}
