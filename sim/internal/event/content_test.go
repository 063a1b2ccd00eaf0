package event_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/event"
	"pgregory.net/rapid"
)

// contentCase is an expression, and whether it holds for sample; err instead,
// if it is none.
type contentCase struct {
	text  string
	holds bool
	err   error
}

// sample has Token=1 as source, Object=7 as key, State=true and the element
// Shape as data.
func sample() *event.Notification {
	return &event.Notification{
		Source: items("Token", "1"), Key: items("Object", "7"),
		Data: append(items("State", "true"), event.Item{Name: "Shape", Element: etree.NewElement("tt:Polygon")}),
	}
}

func contentCases() []contentCase {
	bad := event.ErrContentExpression
	simple := func(name, value string) string {
		return fmt.Sprintf(`boolean(//tt:SimpleItem[@Name="%s" and @Value="%s"])`, name, value)
	}
	yes, no := simple("Token", "1"), simple("Token", "2")
	return []contentCase{
		{yes, true, nil},
		{no, false, nil},
		{simple("Object", "7"), true, nil},
		{simple("State", "true"), true, nil},
		{simple("State", "1"), false, nil},
		{`boolean(//tt:SimpleItem[@Name="Token"and @Value="1"])`, true, nil},   // as the device tests write it (EVENT A.6)
		{`boolean(//tt:SimpleItem[@Name="Token" and @Value="7"])`, false, nil}, // of two items
		{`boolean(//tt:SimpleItem[@Name="Token"]) and boolean(//tt:SimpleItem[@Value="7"])`, true, nil},
		{`boolean(//tt:ElementItem[@Name="Shape"])`, true, nil},
		{`boolean(//tt:SimpleItem[@Name="Shape"])`, false, nil},
		{`boolean(//tt:ElementItem[@Name="Token"])`, false, nil},
		{`boolean(//tt:ElementItem[@Value=""])`, false, nil},
		{`boolean(//schema:SimpleItem[@Name='Token'])`, true, nil},
		{`boolean(//SimpleItem[@Name="Token"])`, true, nil},
		{"\n boolean ( // tt:SimpleItem [ @ Name = \"Token\" ] )\t", true, nil},
		{`boolean(//tt:SimpleItem[not(@Name="Token")])`, true, nil},
		{`not(boolean(//tt:SimpleItem[@Name="Token"]))`, false, nil},
		{`not(not(` + yes + `))`, true, nil},
		{`((` + yes + `))`, true, nil},
		{yes + " or " + no + " and " + no, true, nil},
		{"(" + yes + " or " + no + ") and " + no, false, nil},
		{no + " and " + no + " or " + yes, true, nil},
		{`boolean(//tt:SimpleItem[@Name="Token" or @Name="x" and @Value="x"])`, true, nil},
		{`boolean(//tt:SimpleItem[(@Name="Token" or @Name="x") and @Value="x"])`, false, nil},
		{`boolean(//tt:SimpleItem[@Name="a 'quoted' text" or @Value='"'])`, false, nil},
		{`boolean(//tt:SimpleItem[@Name="not" or @Name="(" or @Value="1"])`, true, nil},

		{"", false, bad},
		{" ", false, bad},
		{`boolean((//tt:SimpleItem[@Name="xyz" and @Value="xyz"])`, false, bad}, // EVENT-3-1-17
		{`boolean(//tt:SimpleItem[@Name="xyz"]`, false, bad},
		{`boolean(//tt:SimpleItem)`, false, bad},
		{`boolean(//tt:SimpleItem[])`, false, bad},
		{`boolean(//tt:SimpleItem[@Name])`, false, bad},
		{`boolean(//tt:SimpleItem[@Name=Token])`, false, bad},
		{`boolean(//tt:SimpleItem[@Name="Token])`, false, bad},
		{`boolean(//tt:SimpleItem[@Name="Token'])`, false, bad},
		{`boolean(//tt:SimpleItem[@Name!="Token"])`, false, bad},
		{`boolean(//tt:SimpleItem[@Name="Token", @Value="1"])`, false, bad},
		{`boolean(//tt:SimpleItem[@Type="Token"])`, false, bad},
		{`boolean(//tt:SimpleItem["Token"=@Name])`, false, bad},
		{`boolean(//tt:SimpleItem[Name="Token"])`, false, bad},
		{`boolean(//tt:SimpleItem[not @Name="Token"])`, false, bad},
		{`boolean(//tt:SimpleItem[@Name="a" and])`, false, bad},
		{`boolean(//tt:Data/tt:SimpleItem[@Name="Token"])`, false, bad},
		{`boolean(/tt:SimpleItem[@Name="Token"])`, false, bad},
		{`boolean(//tt:Item[@Name="Token"])`, false, bad},
		{`boolean(//tns1:SimpleItem[@Name="Token"])`, false, bad},
		{`boolean(//nowhere:SimpleItem[@Name="Token"])`, false, bad},
		{`boolean(//tt:tt:SimpleItem[@Name="Token"])`, false, bad},
		{`boolean(//:SimpleItem[@Name="Token"])`, false, bad},
		{`//tt:SimpleItem[@Name="Token"]`, false, bad},
		{`count(//tt:SimpleItem[@Name="Token"])`, false, bad},
		{`Boolean(//tt:SimpleItem[@Name="Token"])`, false, bad},
		{`true()`, false, bad},
		{`not`, false, bad},
		{`not "("`, false, bad},
		{`not(`, false, bad},
		{`(`, false, bad},
		{`)`, false, bad},
		{`()`, false, bad},
		{yes + ")", false, bad},
		{yes + " " + yes, false, bad},
		{yes + " and", false, bad},
		{"and " + yes, false, bad},
		{yes + " AND " + no, false, bad},
		{yes + " xor " + no, false, bad},
		{yes + "\x00", false, bad},
		{yes + "é", false, bad},
		{strings.Repeat("(", 33) + yes + strings.Repeat(")", 33), false, bad},
		{strings.Repeat("(", 32) + yes + strings.Repeat(")", 32), true, nil},
		{strings.Repeat("("+yes+") and ", 40) + yes, true, nil}, // side by side is not in one another
		{strings.Repeat("not(", 33) + yes + strings.Repeat(")", 33), false, bad},
	}
}

func TestContentExpressionsSelectTheirMessages(t *testing.T) {
	t.Parallel()
	for _, c := range contentCases() {
		e, err := event.ParseContentExpression(event.DialectItemFilter, c.text, spaces, event.Limits{})
		if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
			t.Errorf("%s: %v, want %v", c.text, err, c.err)
			continue
		}
		if err == nil && e.Matches(sample()) != c.holds {
			t.Errorf("%s: %v, want %v", c.text, !c.holds, c.holds)
		}
	}
}

func TestOtherContentDialectsAreRefused(t *testing.T) {
	t.Parallel()
	for _, dialect := range []string{"", "http://www.w3.org/TR/1999/REC-xpath-19991116", event.DialectConcrete} {
		_, err := event.ParseContentExpression(dialect, contentCases()[0].text, spaces, event.Limits{})
		if !errors.Is(err, event.ErrContentExpression) {
			t.Errorf("%q: %v", dialect, err)
		}
	}
}

func TestContentErrorsSayWhere(t *testing.T) {
	t.Parallel()
	_, err := event.ParseContentExpression(event.DialectItemFilter, `boolean(//tt:SimpleItem[@Name=Token])`, spaces, event.Limits{})
	if err == nil || !strings.HasSuffix(err.Error(), `"Token" at byte 30 where a text in quotes is expected`) {
		t.Error(err)
	}
}

// formula is a random expression: its text and what it is for sample.
type formula struct {
	text  string
	holds bool
	level int // 0: or, 1: and, 2: what needs no parentheses
}

func drawFormula(t *rapid.T, depth int) formula {
	kinds := 1
	if depth > 0 {
		kinds = 4
	}
	space := rapid.SampledFrom([]string{" ", "\n", "  \t"}).Draw(t, "space")
	switch rapid.IntRange(1, kinds).Draw(t, "kind") {
	case 2:
		f := drawFormula(t, depth-1)
		return formula{"not(" + f.text + ")", !f.holds, 2}
	case 3:
		a, b := drawFormula(t, depth-1), drawFormula(t, depth-1)
		return formula{a.at(1) + space + "and" + space + b.at(2), a.holds && b.holds, 1}
	case 4:
		a, b := drawFormula(t, depth-1), drawFormula(t, depth-1)
		return formula{a.at(0) + space + "or" + space + b.at(1), a.holds || b.holds, 0}
	}
	value := rapid.SampledFrom([]string{"1", "7", "8"}).Draw(t, "value")
	return formula{`boolean(//tt:SimpleItem[@Value="` + value + `"])`, value != "8", 2}
}

// at is the text in a place that takes what binds at least as close as level.
func (f formula) at(level int) string {
	if f.level < level {
		return "(" + f.text + ")"
	}
	return f.text
}

func TestContentExpressionsAreReadAsTheyAreMeant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawFormula(t, 5)
		e, err := event.ParseContentExpression(event.DialectItemFilter, f.text, spaces, event.Limits{Expression: 1 << 20})
		if err != nil {
			t.Fatalf("%s: %v", f.text, err)
		}
		if e.Matches(sample()) != f.holds {
			t.Fatalf("%s: want %v", f.text, f.holds)
		}
	})
}

// FuzzContentExpression looks for texts that crash the parser, and for ones
// whose negation is not their opposite.
func FuzzContentExpression(f *testing.F) {
	for _, c := range contentCases() {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := event.ParseContentExpression(event.DialectItemFilter, text, spaces, event.Limits{})
		if err != nil {
			if !errors.Is(err, event.ErrContentExpression) {
				t.Fatal(err)
			}
			return
		}
		not, err := event.ParseContentExpression(event.DialectItemFilter, "not("+text+")", spaces, event.Limits{Expression: 1 << 20, ExpressionDepth: 33})
		if err != nil {
			t.Fatal(err)
		}
		if e.Matches(sample()) == not.Matches(sample()) {
			t.Fatalf("%q and its negation agree", text)
		}
	})
}
