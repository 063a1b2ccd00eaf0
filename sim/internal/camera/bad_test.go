package camera_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

// spoil makes what a good message is not: each element missing, twice, in
// another order, with a stranger in it, with an attribute nobody knows, with a
// text far too long or empty. It returns messages by what was done to them.
func spoil(t *testing.T, good []byte) map[string]string {
	t.Helper()
	bad := map[string]string{}
	elements := len(body(t, good).FindElements(".//*")) + 1
	for i := range elements {
		for what, do := range map[string]func(el, parent *etree.Element){
			"missing":   func(el, parent *etree.Element) { parent.RemoveChild(el) },
			"twice":     func(el, parent *etree.Element) { parent.InsertChildAt(el.Index(), el.Copy()) },
			"last":      func(el, parent *etree.Element) { parent.AddChild(el) },
			"stranger":  func(el, _ *etree.Element) { el.CreateElement(el.Space + ":Stranger") },
			"attribute": func(el, _ *etree.Element) { el.CreateAttr("stranger", "1") },
			"long":      func(el, _ *etree.Element) { el.SetText(strings.Repeat("9", 200_000)) },
			"empty":     func(el, _ *etree.Element) { el.Child = nil },
		} {
			root := body(t, good)
			el := root
			if i > 0 {
				el = root.FindElements(".//*")[i-1]
			} else if what == "missing" || what == "twice" || what == "last" {
				continue // of the Body, which package soap tests
			}
			do(el, el.Parent())
			doc := etree.NewDocument()
			doc.SetRoot(top(root))
			text, err := doc.WriteToString()
			if err != nil {
				t.Fatal(err)
			}
			bad[fmt.Sprintf("element %d %s", i, what)] = text
		}
	}
	return bad
}

func top(el *etree.Element) *etree.Element {
	for el.Parent() != nil && el.Parent().Tag != "" {
		el = el.Parent()
	}
	return el
}

// body is the Body's child of a message.
func body(t *testing.T, message []byte) *etree.Element {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(message); err != nil {
		t.Fatal(err)
	}
	return doc.Root().FindElement("./Body/*")
}

// TestSpoiltRequestsChangeNothing: whatever is wrong with a request, the answer
// is a fault of the sender's that the operation may give, and the state stays
// as it was; what is not wrong is served.
func TestSpoiltRequestsChangeNothing(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(golden, "*", "*.request.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden requests: %v", err)
	}
	flagship := cameratest.Open(t, "flagship")
	check := schematest.Collect(t)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".request.xml")
		if name == "SystemReboot" {
			continue // served, it ends the camera
		}
		t.Run(filepath.Base(filepath.Dir(file))+"/"+name, func(t *testing.T) {
			t.Parallel()
			good, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := cameratest.New(t, cameratest.Config{Opened: flagship})
			bad := spoil(t, good)
			for _, what := range sorted(bad) {
				before := c.State.View()
				a := c.Call(t, cameratest.Call{As: "admin", Envelope: bad[what]})
				if a.Fault != "" && c.State.View() != before {
					t.Errorf("%s: %s, and the state changed", what, a.Fault)
				}
				if a.Fault == "" && (what == "element 0 stranger" || what == "element 0 attribute") {
					t.Errorf("%s: served", what)
				}
				if a.Fault != "" && (!strings.HasPrefix(a.Fault, "env:Sender/") || a.Status != 400) && !strings.Contains(name, "NoSuchService") {
					t.Errorf("%s: %d %s", what, a.Status, a.Fault)
				}
				if a.Fault != "" {
					check.Add("", a.Body)
				}
			}
		})
	}
}

func sorted(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
