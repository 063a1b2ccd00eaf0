package soap

import (
	"encoding"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// parse reads text into v; scope resolves the prefixes of QNames.
func (c *codec) parse(v reflect.Value, text string, scope *scope) error {
	if c.list {
		return c.parseList(v, text, scope)
	}
	if c.kind != kindString || c.xsd != "" || c.words != nil {
		text = collapse(text)
	}
	return c.parseOne(v, text, scope)
}

func (c *codec) parseList(v reflect.Value, text string, scope *scope) error {
	items := strings.FieldsFunc(text, func(r rune) bool { return r < 128 && isSpace(byte(r)) })
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := c.parseOne(v.Index(i), item, scope); err != nil {
			return err
		}
	}
	return nil
}

func (c *codec) parseOne(v reflect.Value, text string, scope *scope) error {
	switch c.kind {
	case kindString:
		v.SetString(text)
		return c.checkString(text)
	case kindBool:
		switch text {
		case "true", "1":
			v.SetBool(true)
		case "false", "0":
			v.SetBool(false)
		default:
			return &lexicalError{"boolean", text}
		}
	case kindInt:
		return c.parseInt(v, text)
	case kindUint:
		n, err := strconv.ParseUint(strings.TrimPrefix(text, "+"), 10, 64)
		if err != nil || strings.HasPrefix(text, "++") {
			return &lexicalError{c.xsd, text}
		}
		v.SetUint(n)
	case kindFloat:
		f, ok := parseFloat(text)
		if !ok {
			return &lexicalError{c.xsd, text}
		}
		v.SetFloat(f)
	case kindBase64, kindHex:
		return c.parseBinary(v, text)
	case kindTime:
		t, err := ParseTime(text)
		if err != nil {
			return &lexicalError{c.xsd, text}
		}
		*v.Addr().Interface().(*time.Time) = t
	case kindQName:
		n, ok := scope.qname(text)
		if !ok {
			return &lexicalError{c.xsd, text}
		}
		*v.Addr().Interface().(*QName) = n
	case kindText:
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
			return &lexicalError{c.xsd, text}
		}
	}
	return nil
}

func (c *codec) parseInt(v reflect.Value, text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		if isInteger(text) {
			return fmt.Errorf("%.64s is out of range", text)
		}
		return &lexicalError{c.xsd, text}
	}
	v.SetInt(n)
	return c.checkInt(n)
}

func (c *codec) parseBinary(v reflect.Value, text string) error {
	var data []byte
	var err error
	if c.kind == kindHex {
		data, err = hex.DecodeString(text)
	} else {
		data, err = base64.StdEncoding.Strict().DecodeString(withoutSpace(text))
	}
	if err != nil {
		return &lexicalError{c.xsd, text}
	}
	if data == nil {
		data = []byte{}
	}
	v.SetBytes(data)
	return c.check("", len(data))
}

// format writes v; it fails where v can't be a value of its type.
func (c *codec) format(v reflect.Value, ns *declarer) (string, error) {
	if !c.list {
		return c.formatOne(v, ns)
	}
	var b strings.Builder
	for i := range v.Len() {
		if i > 0 {
			b.WriteByte(' ')
		}
		s, err := c.formatOne(v.Index(i), ns)
		if err != nil {
			return "", err
		}
		if s == "" || strings.ContainsAny(s, " \t\r\n") {
			return "", &lexicalError{"list item", s}
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

func (c *codec) formatOne(v reflect.Value, ns *declarer) (string, error) {
	switch c.kind {
	case kindBool:
		return strconv.FormatBool(v.Bool()), nil
	case kindInt:
		return strconv.FormatInt(v.Int(), 10), c.checkInt(v.Int())
	case kindUint:
		return strconv.FormatUint(v.Uint(), 10), nil
	case kindFloat:
		return formatFloat(v.Float(), c.xsd), nil
	case kindBase64:
		return base64.StdEncoding.EncodeToString(v.Bytes()), c.check("", v.Len())
	case kindHex:
		return strings.ToUpper(hex.EncodeToString(v.Bytes())), c.check("", v.Len())
	case kindTime:
		return FormatTime(v.Interface().(time.Time)), nil
	case kindQName:
		return ns.text(v.Interface().(QName)), nil
	case kindText:
		b, err := v.Interface().(encoding.TextMarshaler).MarshalText()
		return string(b), err
	}
	return v.String(), c.checkString(v.String())
}

// parseFloat reads an xs:float, xs:double or xs:decimal.
func parseFloat(text string) (float64, bool) {
	switch text {
	case "INF":
		return math.Inf(1), true
	case "-INF":
		return math.Inf(-1), true
	case "NaN":
		return math.NaN(), true
	}
	for _, r := range text {
		if (r < '0' || r > '9') && !strings.ContainsRune("+-.eE", r) {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil
}

// formatFloat writes as few digits as tell the value apart from any other
// float64, so that a value comes back as it was set, 0.1 as 0.1.
func formatFloat(f float64, xsd string) string {
	switch {
	case math.IsInf(f, 1):
		return "INF"
	case math.IsInf(f, -1):
		return "-INF"
	case math.IsNaN(f):
		return "NaN"
	}
	if a := math.Abs(f); xsd != "decimal" && a != 0 && (a < 1e-6 || a >= 1e15) {
		return strconv.FormatFloat(f, 'E', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
