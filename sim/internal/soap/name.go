package soap

import "strings"

// QName is an expanded XML name: a namespace and a local name.
type QName struct{ Space, Local string }

// String is the name with the usual prefix of its namespace, "tds:GetServices",
// or in the form {namespace}local where there is none.
func (n QName) String() string {
	if n.Space == "" {
		return n.Local
	}
	if p, ok := PrefixOf(n.Space); ok {
		return p + ":" + n.Local
	}
	return "{" + n.Space + "}" + n.Local
}

// Name is the expanded name of a name with a usual prefix: "ter:InvalidArgVal".
// A name without prefix, or with one that SpaceOf doesn't know, has no namespace.
func Name(prefixed string) QName {
	prefix, local, found := strings.Cut(prefixed, ":")
	if !found {
		return QName{Local: prefixed}
	}
	space, ok := SpaceOf(prefix)
	if !ok {
		return QName{Local: prefixed}
	}
	return QName{Space: space, Local: local}
}

// Attr is an attribute a type doesn't name, kept by an attribute wildcard.
type Attr struct {
	Name  QName
	Value string
}

// Namespaces are prefixes that the text of an element needs, such as a topic
// expression: prefix to namespace.
type Namespaces map[string]string
