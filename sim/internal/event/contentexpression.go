package event

import (
	"fmt"
)

// DialectItemFilter is the dialect of message content expressions a camera
// understands (Core 9.4.4), a small part of XPath 1.0.
const DialectItemFilter = "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"

// spaceSchema is the namespace of tt:SimpleItem and tt:ElementItem.
const spaceSchema = "http://www.onvif.org/ver10/schema"

// ContentExpression selects messages by their items.
type ContentExpression struct{ holds func(*Notification) bool }

// Matches reports whether the expression holds for n.
func (e ContentExpression) Matches(n *Notification) bool { return e.holds(n) }

// ParseContentExpression reads an ItemFilter expression, such as
//
//	boolean(//tt:SimpleItem[@Name="Token" and @Value="1"]) and not(…)
//
// spaceOf gives the namespace of a prefix at that place. l bounds length and
// depth.
func ParseContentExpression(dialect, text string, spaceOf func(prefix string) (string, bool), l Limits) (ContentExpression, error) {
	l = l.WithDefaults()
	if trim(dialect) != DialectItemFilter {
		return ContentExpression{}, fmt.Errorf("%w: the dialect %.128q is not known", ErrContentExpression, dialect)
	}
	if len(text) > l.Expression {
		return ContentExpression{}, fmt.Errorf("%w: more than %d bytes", ErrContentExpression, l.Expression)
	}
	p := &contentParser{tokens: contentTokens{text: text}, spaceOf: spaceOf, depth: l.ExpressionDepth}
	p.next()
	holds, err := disjunction(p, p.path)
	if err == nil && p.token.kind != endToken {
		err = p.unexpected("the end")
	}
	if err != nil {
		return ContentExpression{}, err
	}
	return ContentExpression{holds}, nil
}

// contentParser reads an expression from left to right, one token ahead.
type contentParser struct {
	tokens  contentTokens
	token   token
	spaceOf func(prefix string) (string, bool)
	depth   int // how many more parentheses may be opened
}

func (p *contentParser) next() { p.token = p.tokens.next() }

func (p *contentParser) unexpected(want string) error {
	got := fmt.Sprintf("%.32q", p.token.text)
	if p.token.kind == endToken {
		got = "the end"
	}
	return fmt.Errorf("%w: %s at byte %d where %s is expected", ErrContentExpression, got, p.token.at, want)
}

// take reads the punctuation mark or the name text.
func (p *contentParser) take(text string) error {
	if p.token.text != text || p.token.kind != markToken && p.token.kind != nameToken {
		return p.unexpected(fmt.Sprintf("%q", text))
	}
	p.next()
	return nil
}

// isName reports whether the next token is the name text.
func (p *contentParser) isName(text string) bool {
	return p.token.kind == nameToken && p.token.text == text
}

// disjunction reads operands joined by "and", which binds closer, and "or".
// Expressions and the tests of attributes are built alike.
func disjunction[T any](p *contentParser, operand func() (func(T) bool, error)) (func(T) bool, error) {
	holds, err := conjunction(p, operand)
	for err == nil && p.isName("or") {
		p.next()
		left := holds
		var right func(T) bool
		right, err = conjunction(p, operand)
		holds = func(v T) bool { return left(v) || right(v) }
	}
	return holds, err
}

func conjunction[T any](p *contentParser, operand func() (func(T) bool, error)) (func(T) bool, error) {
	holds, err := negation(p, operand)
	for err == nil && p.isName("and") {
		p.next()
		left := holds
		var right func(T) bool
		right, err = negation(p, operand)
		holds = func(v T) bool { return left(v) && right(v) }
	}
	return holds, err
}

// negation reads not(…), (…) or an operand.
func negation[T any](p *contentParser, operand func() (func(T) bool, error)) (func(T) bool, error) {
	not := p.isName("not")
	if not {
		p.next()
		if p.token.text != "(" {
			return nil, p.unexpected(`"("`)
		}
	}
	if p.token.kind != markToken || p.token.text != "(" {
		return operand()
	}
	if p.depth--; p.depth < 0 {
		return nil, fmt.Errorf("%w: too many parentheses in one another", ErrContentExpression)
	}
	p.next()
	inner, err := disjunction(p, operand)
	if err != nil {
		return nil, err
	}
	p.depth++
	if err := p.take(")"); err != nil {
		return nil, err
	}
	if not {
		return func(v T) bool { return !inner(v) }, nil
	}
	return inner, nil
}

// path reads boolean(//tt:SimpleItem[…]), which holds if the test does for
// any of the message's items.
func (p *contentParser) path() (func(*Notification) bool, error) {
	for _, text := range [...]string{"boolean", "(", "//"} {
		if err := p.take(text); err != nil {
			return nil, err
		}
	}
	element, err := p.item()
	if err != nil {
		return nil, err
	}
	if err := p.take("["); err != nil {
		return nil, err
	}
	test, err := disjunction(p, p.attribute)
	if err != nil {
		return nil, err
	}
	for _, text := range [...]string{"]", ")"} {
		if err := p.take(text); err != nil {
			return nil, err
		}
	}
	return func(n *Notification) bool {
		return n.items(func(i *Item) bool { return (i.Element != nil) == element && test(i) })
	}, nil
}

// item reads the kind of item: SimpleItem or ElementItem, with a prefix that
// stands for the ONVIF schema or without one.
func (p *contentParser) item() (element bool, _ error) {
	if p.token.kind != nameToken {
		return false, p.unexpected("tt:SimpleItem or tt:ElementItem")
	}
	if p.token.prefix != "" {
		if space, ok := p.spaceOf(p.token.prefix); !ok || space != spaceSchema {
			return false, fmt.Errorf("%w: the prefix %.64q does not stand for %s", ErrContentExpression, p.token.prefix, spaceSchema)
		}
	}
	switch p.token.local {
	case "SimpleItem":
	case "ElementItem":
		element = true
	default:
		return false, p.unexpected("tt:SimpleItem or tt:ElementItem")
	}
	p.next()
	return element, nil
}

// attribute reads @Name="…" or @Value="…".
func (p *contentParser) attribute() (func(*Item) bool, error) {
	if err := p.take("@"); err != nil {
		return nil, err
	}
	attribute := p.token
	if !p.isName("Name") && !p.isName("Value") {
		return nil, p.unexpected("Name or Value")
	}
	p.next()
	if err := p.take("="); err != nil {
		return nil, err
	}
	if p.token.kind != textToken {
		return nil, p.unexpected("a text in quotes")
	}
	text := p.token.text
	p.next()
	if attribute.text == "Name" {
		return func(i *Item) bool { return i.Name == text }, nil
	}
	return func(i *Item) bool { return i.Element == nil && i.Value == text }, nil
}
