package onvif_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// TestPublishedSamplesComeBackAsTheyWere reads every valid sample message, binds
// it, and writes it again.
func TestPublishedSamplesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(schematest.Dir(t), "testdata", "good", "*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	types := map[soap.QName]reflect.Type{}
	for _, m := range messages(t) {
		types[m.name] = m.typ
	}
	b := soap.NewBinder()
	written := schematest.Collect(t)
	for _, file := range files {
		base := filepath.Base(file)
		if strings.HasPrefix(base, "fault-") || strings.HasPrefix(base, "discovery-") {
			continue // no operation's message
		}
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := soap.Parse(body, soap.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", base, err)
			continue
		}
		typ, ok := types[m.Name]
		if !ok {
			t.Errorf("%s: no type for %v", base, m.Name)
			continue
		}
		first := reflect.New(typ).Interface()
		if err := b.Decode(m.Body, first); err != nil {
			t.Errorf("%s: %v", base, err)
			continue
		}
		rendered, second, err := trip(b, m.Name, first)
		if err != nil {
			t.Errorf("%s: %v", base, err)
			continue
		}
		if diff := compare(first, second); diff != "" {
			t.Errorf("%s (-read +reread):\n%s", base, diff)
		}
		if a, b := names(soap.Standalone(m.Body).ChildElements()...), names(parse(t, rendered).Body.ChildElements()...); a != b {
			t.Errorf("%s: elements\n%s\nbecame\n%s", base, a, b)
		}
		written.Add("", rendered)
	}
}

// TestBadSamplesAreRefused binds the invalid samples that are well-formed SOAP
// requests or answers.
func TestBadSamplesAreRefused(t *testing.T) {
	t.Parallel()
	types := map[soap.QName]reflect.Type{}
	for _, m := range messages(t) {
		types[m.name] = m.typ
	}
	b := soap.NewBinder()
	for file, want := range map[string]soap.BindKind{
		"bad-duration.xml":             soap.WrongType,
		"enum.xml":                     soap.InvalidValue,
		"id-not-an-ncname.xml":         soap.WrongType,
		"missing-required-element.xml": soap.MissingElement,
		"wrong-order.xml":              soap.WrongOrder,
	} {
		body, err := os.ReadFile(filepath.Join(schematest.Dir(t), "testdata", "bad", file))
		if err != nil {
			t.Fatal(err)
		}
		m := parse(t, body)
		err = b.Decode(m.Body, reflect.New(types[m.Name]).Interface())
		if e, ok := err.(*soap.BindError); !ok || e.Kind != want {
			t.Errorf("%s: %v, want %v", file, err, want)
		}
	}
}

func parse(t *testing.T, body []byte) *soap.Message {
	t.Helper()
	m, err := soap.Parse(body, soap.DefaultLimits())
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return m
}

// names lists elements and what is in them by expanded name, with their text
// where they hold nothing else.
func names(elements ...*etree.Element) string {
	var b strings.Builder
	for _, el := range elements {
		b.WriteString("<{" + el.NamespaceURI() + "}" + el.Tag)
		if len(el.ChildElements()) == 0 {
			b.WriteString(" " + strings.TrimSpace(el.Text()))
		}
		b.WriteString(names(el.ChildElements()...) + ">")
	}
	return b.String()
}
