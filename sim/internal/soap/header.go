package soap

import "github.com/beevik/etree"

// takeHeader sorts the header blocks.
func (m *Message) takeHeader(header *etree.Element, space string) {
	h := &m.Header
	for _, el := range header.ChildElements() {
		switch n := (QName{el.NamespaceURI(), el.Tag}); n.Space {
		case SpaceAddressing, SpaceAddressing4:
			h.addressing(el, n)
		case SpaceSecurity:
			if n.Local == "Security" {
				h.Security = el
			}
		default:
			h.Reference = append(h.Reference, el)
			if mustUnderstand(el, space) {
				h.MustUnderstand = append(h.MustUnderstand, n)
			}
		}
	}
}

// addressing takes one WS-Addressing block. Unknown ones in its namespaces are ignored.
func (h *Header) addressing(el *etree.Element, n QName) {
	h.Addressing = n.Space
	text := trim(el.Text())
	switch n.Local {
	case "Action":
		h.Action = text
	case "MessageID":
		h.MessageID = text
	case "To":
		h.To = text
	case "RelatesTo":
		h.RelatesTo = text
	case "ReplyTo":
		for _, part := range el.ChildElements() {
			if part.NamespaceURI() != n.Space {
				continue
			}
			switch part.Tag {
			case "Address":
				h.ReplyTo = trim(part.Text())
			case "ReferenceParameters", "ReferenceProperties":
				h.ReplyParameters = append(h.ReplyParameters, part.ChildElements()...)
			}
		}
	}
}

// mustUnderstand reports whether the block must be understood by whoever
// answers, and is no echoed reference parameter.
func mustUnderstand(el *etree.Element, space string) bool {
	must, mine := false, true
	for i := range el.Attr {
		a := &el.Attr[i]
		value := trim(a.Value)
		switch a.NamespaceURI() {
		case space:
			switch a.Key {
			case "mustUnderstand":
				must = value == "1" || value == "true"
			case "role":
				mine = value == "" || value == SpaceEnvelope12+"/role/next" || value == SpaceEnvelope12+"/role/ultimateReceiver"
			case "actor":
				mine = value == "" || value == "http://schemas.xmlsoap.org/soap/actor/next"
			}
		case SpaceAddressing:
			if a.Key == "IsReferenceParameter" && (value == "1" || value == "true") {
				return false
			}
		}
	}
	return must && mine
}

// UsernameToken is the content of a wsse:UsernameToken, as text
// (WS-Security UsernameToken Profile 1.0). Absent parts are empty.
type UsernameToken struct {
	Username     string
	Password     string
	PasswordType string // its Type attribute
	Nonce        string // base64
	Created      string
}

// UsernameToken is the first one in the Security header; ok is false if there is none.
func (m *Message) UsernameToken() (t UsernameToken, ok bool) {
	if m.Header.Security == nil {
		return t, false
	}
	for _, token := range m.Header.Security.ChildElements() {
		if token.Tag != "UsernameToken" || token.NamespaceURI() != SpaceSecurity {
			continue
		}
		for _, el := range token.ChildElements() {
			switch (QName{el.NamespaceURI(), el.Tag}) {
			case QName{SpaceSecurity, "Username"}:
				t.Username = el.Text()
			case QName{SpaceSecurity, "Password"}:
				t.Password, t.PasswordType = el.Text(), el.SelectAttrValue("Type", "")
			case QName{SpaceSecurity, "Nonce"}:
				t.Nonce = trim(el.Text())
			case QName{SpaceUtility, "Created"}:
				t.Created = trim(el.Text())
			}
		}
		return t, true
	}
	return t, false
}

// BinarySecurityToken is a wsse:BinarySecurityToken, as text (WS-Security SOAP
// Message Security 6.3). Absent attributes are empty.
type BinarySecurityToken struct {
	Text, ValueType, EncodingType string
}

// BinarySecurityToken is the first one in the Security header; ok is false if
// there is none.
func (m *Message) BinarySecurityToken() (t BinarySecurityToken, ok bool) {
	if m.Header.Security == nil {
		return t, false
	}
	for _, el := range m.Header.Security.ChildElements() {
		if el.Tag == "BinarySecurityToken" && el.NamespaceURI() == SpaceSecurity {
			return BinarySecurityToken{
				Text: el.Text(), ValueType: trim(el.SelectAttrValue("ValueType", "")), EncodingType: trim(el.SelectAttrValue("EncodingType", "")),
			}, true
		}
	}
	return t, false
}
