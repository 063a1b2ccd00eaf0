package soap

import "github.com/beevik/etree"

// element12 is the fault as SOAP 1.2 writes it.
func (f *Fault) element12() *etree.Element {
	el := &etree.Element{Space: "env", Tag: "Fault"}
	code := el.CreateElement("env:Code")
	code.CreateElement("env:Value").SetText("env:" + string(f.Code))
	for _, s := range f.Subcodes {
		code = code.CreateElement("env:Subcode")
		value := code.CreateElement("env:Value")
		d := declarer{el: value}
		value.SetText(d.text(s))
	}
	text := el.CreateElement("env:Reason").CreateElement("env:Text")
	text.CreateAttr("xml:lang", "en")
	text.SetText(f.Reason)
	if f.Detail != nil {
		c := Standalone(f.Detail)
		c.Space, c.Tag = "env", "Detail"
		el.AddChild(c)
	}
	return el
}

// element11 is the fault as SOAP 1.1 writes it. Its one code has no subcodes:
// they go into the detail, in one another, as elements of those names.
func (f *Fault) element11() *etree.Element {
	el := &etree.Element{Space: "env", Tag: "Fault"}
	code := string(f.Code)
	switch f.Code {
	case Sender, DataEncodingUnknown:
		code = "Client"
	case Receiver:
		code = "Server"
	}
	el.CreateElement("faultcode").SetText("env:" + code)
	el.CreateElement("faultstring").SetText(f.Reason)
	if len(f.Subcodes) == 0 && f.Detail == nil {
		return el
	}
	detail := el.CreateElement("detail")
	at := detail
	for _, s := range f.Subcodes {
		next := &etree.Element{Tag: s.Local}
		at.AddChild(next)
		(&declarer{el: next}).name(&next.Space, s.Space)
		at = next
	}
	if f.Detail != nil {
		for _, c := range f.Detail.ChildElements() {
			detail.AddChild(Standalone(c))
		}
	}
	return el
}

// NotUnderstoodHeaders are the env:NotUnderstood blocks a MustUnderstand fault
// carries (SOAP 1.2 part 1, 5.4.8).
func (f *Fault) NotUnderstoodHeaders() []*etree.Element {
	out := make([]*etree.Element, 0, len(f.NotUnderstood))
	for _, n := range f.NotUnderstood {
		el := &etree.Element{Space: "env", Tag: "NotUnderstood"}
		d := declarer{el: el}
		el.CreateAttr("qname", d.text(n))
		out = append(out, el)
	}
	return out
}
