package profiles

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxExcerpt is how many characters of a long line an excerpt shows.
const maxExcerpt = 120

// source is the text of one file.
type source struct {
	file  string
	lines []string
}

// place is a point in a source; the zero place is nowhere.
type place struct {
	src          *source
	line, column int
}

func (p place) position() Position {
	if p.src == nil {
		return Position{}
	}
	return Position{File: p.src.file, Line: p.line, Column: p.column}
}

func (p place) errorf(format string, args ...any) *Error {
	e := &Error{Position: p.position(), Message: fmt.Sprintf(format, args...)}
	if p.src != nil && p.line >= 1 && p.line <= len(p.src.lines) {
		e.Excerpt = excerpt(p.src.lines[p.line-1], p.line, p.column)
	}
	return e
}

// excerpt returns the line with its number, and a caret below the column.
func excerpt(line string, number, column int) string {
	runes := []rune(line)
	at := min(max(column-1, 0), len(runes))
	from := 0
	if at >= maxExcerpt {
		from = at - maxExcerpt/2
	}
	to := min(len(runes), from+maxExcerpt)
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, string(runes[from:at]))
	margin := fmt.Sprintf("%5d | ", number)
	return margin + string(runes[from:to]) + "\n" + strings.Repeat(" ", len(margin)-2) + "| " + indent + "^"
}

// newSource checks that data is text a YAML reader may be given. The second
// result is the text with line feeds only; errors are all there are.
func newSource(file string, data []byte) (*source, []byte, []*Error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	src := &source{file: file, lines: strings.Split(strings.ToValidUTF8(string(data), "\uFFFD"), "\n")}
	var errs []*Error
	for i, line := range bytes.Split(data, []byte("\n")) {
		if column, message := badText(line); message != "" {
			errs = append(errs, place{src, i + 1, column}.errorf("%s", message))
		}
	}
	return src, data, errs
}

// badText returns the column of the first character that does not belong into a
// YAML file, and what to say about it.
func badText(line []byte) (column int, message string) {
	indent := true
	for i := 0; i < len(line); column++ {
		r, n := utf8.DecodeRune(line[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			return column + 1, fmt.Sprintf("byte 0x%02x is not UTF-8", line[i])
		case r == '\t' && indent:
			return column + 1, "a tab cannot indent YAML; use spaces"
		case r < ' ' && r != '\t', r >= 0x7f && r < 0xa0 && r != 0x85:
			return column + 1, fmt.Sprintf("control character U+%04X is not allowed", r)
		}
		indent = indent && r == ' '
		i += n
	}
	return 0, ""
}
