package soap

import (
	"strings"
	"unicode"
)

// isSpace reports whether c is XML white space.
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// collapse trims white space and makes one blank of each run inside.
func collapse(s string) string {
	s = trim(s)
	for i := 0; i < len(s); i++ {
		if isSpace(s[i]) && (s[i] != ' ' || isSpace(s[i+1])) {
			return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < 128 && isSpace(byte(r)) }), " ")
		}
	}
	return s
}

// trim cuts white space at both ends.
func trim(s string) string {
	for len(s) > 0 && isSpace(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// withoutSpace drops all white space.
func withoutSpace(s string) string {
	if !strings.ContainsAny(s, " \t\r\n") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r < 128 && isSpace(byte(r)) {
			return -1
		}
		return r
	}, s)
}

// isInteger reports whether s is an integer of any size.
func isInteger(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}

// isNCName reports whether s is a name without a colon.
func isNCName(s string) bool {
	for i, r := range s {
		if i == 0 && !isNameStart(r) || !isNamePart(r) {
			return false
		}
	}
	return s != ""
}

func isNameStart(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r > 127 && unicode.IsLetter(r)
}

func isNamePart(r rune) bool {
	return isNameStart(r) || r >= '0' && r <= '9' || r == '-' || r == '.' || r == 0xB7 ||
		r > 127 && (unicode.IsDigit(r) || unicode.Is(unicode.M, r))
}
