package event

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/camfleet/camfleet/sim/internal/soap"
)

// SpaceTopics is the namespace of ONVIF's own topics (Core 9.6.1), usual
// prefix tns1.
const SpaceTopics = "http://www.onvif.org/ver10/topics"

// Path names a topic: its root topic and the steps down to it. Every step has
// its namespace; one that is written without prefix has that of the step above.
type Path []soap.QName

// NewPath returns the path of names in one namespace, the root first.
func NewPath(space string, names ...string) Path {
	p := make(Path, len(names))
	for i, n := range names {
		p[i] = soap.QName{Space: space, Local: n}
	}
	return p
}

// String writes the path with usual prefixes, "tns1:Media/ProfileChanged";
// where a namespace has none, as {namespace}local. It tells paths apart.
func (p Path) String() string {
	var b strings.Builder
	above := ""
	for i, step := range p {
		if i > 0 {
			b.WriteByte('/')
		}
		if step.Space == above {
			b.WriteString(step.Local)
		} else {
			b.WriteString(step.String())
		}
		above = step.Space
	}
	return b.String()
}

// ParsePath reads a concrete topic path (WS-Topics 1.3, 8.2); spaceOf gives
// the namespace a prefix stands for at that place.
func ParsePath(text string, spaceOf func(prefix string) (string, bool)) (Path, error) {
	var p Path
	space := ""
	for step := range strings.SplitSeq(text, "/") {
		prefix, local, prefixed := strings.Cut(step, ":")
		if !prefixed {
			prefix, local = "", step
		}
		if !isNCName(local) || prefixed && !isNCName(prefix) {
			return nil, fmt.Errorf("%w: %.128q is no topic path", ErrTopicExpression, text)
		}
		if prefixed {
			var ok bool
			if space, ok = spaceOf(prefix); !ok || space == "" {
				return nil, fmt.Errorf("%w: the prefix %.64q is not declared", ErrTopicExpression, prefix)
			}
		}
		p = append(p, soap.QName{Space: space, Local: local})
	}
	return p, nil
}

// isNCName reports whether s is an XML name without colon.
func isNCName(s string) bool {
	for i, r := range s {
		if i == 0 && !isNameStart(r) || !isNamePart(r) {
			return false
		}
	}
	return s != ""
}

func isNameStart(r rune) bool {
	return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > unicode.MaxASCII && unicode.IsLetter(r)
}

func isNamePart(r rune) bool {
	return isNameStart(r) || r == '-' || r == '.' || r >= '0' && r <= '9' ||
		r > unicode.MaxASCII && (unicode.IsDigit(r) || unicode.IsMark(r) || r == '·')
}

// isSpace reports whether c is XML white space.
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// trim cuts XML white space at both ends.
func trim(s string) string { return strings.Trim(s, " \t\r\n") }
