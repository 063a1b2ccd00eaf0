package cameratest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/beevik/etree"
)

// Spoil makes what a good message is not: each element missing, twice, in
// another order, with a stranger in it, with an attribute nobody knows, with a
// text far too long or empty. It returns messages by what was done to them.
func Spoil(t testing.TB, good []byte) map[string]string {
	t.Helper()
	bad := map[string]string{}
	elements := len(bodyOf(t, good).FindElements(".//*")) + 1
	for i := range elements {
		for what, do := range map[string]func(el, parent *etree.Element){
			"missing":   func(el, parent *etree.Element) { parent.RemoveChild(el) },
			"twice":     func(el, parent *etree.Element) { parent.InsertChildAt(el.Index(), el.Copy()) },
			"last":      func(el, parent *etree.Element) { parent.AddChild(el) },
			"stranger":  func(el, _ *etree.Element) { el.CreateElement(el.Space + ":Stranger") },
			"attribute": func(el, _ *etree.Element) { el.CreateAttr("stranger", "1") },
			"long":      func(el, _ *etree.Element) { el.SetText(strings.Repeat("9", 20_000)) },
			"empty":     func(el, _ *etree.Element) { el.Child = nil },
		} {
			root := bodyOf(t, good)
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

// bodyOf is the Body's child of a message.
func bodyOf(t testing.TB, message []byte) *etree.Element {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(message); err != nil {
		t.Fatal(err)
	}
	return doc.Root().FindElement("./Body/*")
}
