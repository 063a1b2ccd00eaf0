package event

import (
	"strings"
	"unicode/utf8"
)

// tokenKind tells the words of a content expression apart.
type tokenKind uint8

const (
	endToken tokenKind = iota
	nameToken
	textToken // between quotes
	markToken // punctuation
	badToken
)

// token is one word of a content expression.
type token struct {
	kind tokenKind
	text string // a name with its prefix; a text without its quotes
	at   int    // byte in the expression, from 0
	// of a name
	prefix, local string
}

// contentTokens cuts a content expression into words.
type contentTokens struct {
	text string
	at   int
}

// next returns the next word; at the end, endToken for ever.
func (t *contentTokens) next() token {
	for t.at < len(t.text) && isSpace(t.text[t.at]) {
		t.at++
	}
	start, rest := t.at, t.text[t.at:]
	if rest == "" {
		return token{kind: endToken, at: start}
	}
	if strings.HasPrefix(rest, "//") {
		t.at += 2
		return token{kind: markToken, text: "//", at: start}
	}
	switch c := rest[0]; c {
	case '(', ')', '[', ']', '@', '=':
		t.at++
		return token{kind: markToken, text: rest[:1], at: start}
	case '"', '\'':
		end := strings.IndexByte(rest[1:], c)
		if end < 0 {
			t.at = len(t.text)
			return token{kind: badToken, text: rest, at: start}
		}
		t.at += end + 2
		return token{kind: textToken, text: rest[1 : end+1], at: start}
	}
	return t.name(start, rest)
}

// name reads a name, with or without prefix.
func (t *contentTokens) name(start int, rest string) token {
	end := 0
	for end < len(rest) {
		r, n := utf8.DecodeRuneInString(rest[end:])
		if !isNamePart(r) && r != ':' {
			break
		}
		end += n
	}
	prefix, local, prefixed := strings.Cut(rest[:end], ":")
	if !prefixed {
		prefix, local = "", rest[:end]
	}
	if !isNCName(local) || prefixed && !isNCName(prefix) {
		_, n := utf8.DecodeRuneInString(rest)
		end = max(end, n)
		t.at += end
		return token{kind: badToken, text: rest[:end], at: start}
	}
	t.at += end
	return token{kind: nameToken, text: rest[:end], at: start, prefix: prefix, local: local}
}
