package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/beevik/etree"
)

// operation is one row of the operation table with what the WSDL adds.
type operation struct {
	Service    string  `json:"service"`
	Namespace  string  `json:"namespace"`
	Prefix     string  `json:"prefix"`
	Name       string  `json:"operation"`
	PortType   string  `json:"port_type"`
	Action     string  `json:"soap_action"`
	Class      *string `json:"access_class"` // null: the device never serves it
	Deprecated bool    `json:"deprecated"`
	Capability []string
	Faults     []fault
	Doc        *struct{ File, Version, Section string }

	replyAction       string
	request, response name // response has no name in one-way operations
}

// readOperations reads the operation table.
func readOperations(path string) ([]*operation, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var table struct{ Operations []*operation }
	if err := json.Unmarshal(b, &table); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for _, o := range table.Operations {
		o.Faults = append(o.Faults, laterFaults()[o.Prefix+":"+o.Name]...)
	}
	return table.Operations, nil
}

// fault is one that an operation may answer.
type fault struct{ Code, Subcode, Subsubcode string }

// laterFaults are those that a release after the table's brought.
func laterFaults() map[string][]fault {
	return map[string][]fault{
		// 26.06: a path that signs a running stream is not replaced.
		"tas:AddMediaSigningCertificateAssignment": {{"env:Sender", "ter:InvalidArgVal", "ter:ReferenceExists"}},
	}
}

// section is where the operation is specified: "Core 25.06 9.1.1".
func (o *operation) section() string {
	if o.Doc == nil {
		return ""
	}
	return strings.TrimSuffix(o.Doc.File, ".xml") + " " + o.Doc.Version + " " + o.Doc.Section
}

// resolve finds the operation in the WSDL files: its messages and actions.
func (all *schemas) resolve(o *operation) error {
	for _, w := range all.wsdl {
		if w.service != o.Service {
			continue
		}
		for _, port := range children(w.root, wsdlSpace, "portType") {
			if port.SelectAttrValue("name", "") != o.PortType {
				continue
			}
			for _, op := range children(port, wsdlSpace, "operation") {
				if op.SelectAttrValue("name", "") == o.Name {
					return all.message(o, w, op)
				}
			}
		}
	}
	return fmt.Errorf("%s:%s stands in no WSDL file", o.Prefix, o.Name)
}

// message sets o's messages and actions from the port type's operation.
func (all *schemas) message(o *operation, w *wsdlFile, op *etree.Element) error {
	in, err := all.part(op, "input")
	if err != nil {
		return err
	}
	o.request = in
	action, err := all.soapAction(name{w.space, o.PortType}, o.Name)
	if err != nil {
		return err
	}
	if action != "" {
		o.Action = action
	}
	outs := children(op, wsdlSpace, "output")
	if len(outs) == 0 {
		return nil
	}
	if o.response, err = all.part(op, "output"); err != nil {
		return err
	}
	o.replyAction = replyAction(o, w, outs[0])
	return nil
}

// replyAction is the one the WSDL names, else the request's with "Response",
// else the default pattern of WS-Addressing Metadata 4.4.4.
func replyAction(o *operation, w *wsdlFile, out *etree.Element) string {
	for _, a := range out.Attr {
		if a.Key == "Action" && a.NamespaceURI() == wsawSpace {
			return a.Value
		}
	}
	if base, ok := strings.CutSuffix(o.Action, "Request"); ok {
		return base + "Response"
	}
	return w.space + "/" + o.PortType + "/" + out.SelectAttrValue("name", o.Name+"Response")
}

// part is the element of the one part of op's input or output message.
func (all *schemas) part(op *etree.Element, direction string) (name, error) {
	for _, io := range children(op, wsdlSpace, direction) {
		n, _, err := refAttr(io, "message")
		if err != nil {
			return name{}, err
		}
		for _, w := range all.wsdl {
			for _, m := range children(w.root, wsdlSpace, "message") {
				if w.space != n.space || m.SelectAttrValue("name", "") != n.local {
					continue
				}
				el, ok, err := refAttr(children(m, wsdlSpace, "part")[0], "element")
				if err == nil && !ok {
					err = fmt.Errorf("message %s has no element", n.local)
				}
				return el, err
			}
		}
	}
	return name{}, fmt.Errorf("%s: no %s message", op.GetPath(), direction)
}

// soapAction is the action a binding of the port type gives the operation, or empty.
func (all *schemas) soapAction(port name, operation string) (string, error) {
	for _, w := range all.wsdl {
		for _, binding := range children(w.root, wsdlSpace, "binding") {
			typ, _, err := refAttr(binding, "type")
			if err != nil {
				return "", err
			}
			if typ != port {
				continue
			}
			for _, op := range children(binding, wsdlSpace, "operation") {
				if op.SelectAttrValue("name", "") != operation {
					continue
				}
				for _, so := range op.ChildElements() {
					if a := so.SelectAttr("soapAction"); a != nil {
						return a.Value, nil
					}
				}
			}
		}
	}
	return "", nil
}
