package soap

import (
	"time"

	"github.com/beevik/etree"
)

// BaseFault is what a WS-BaseFaults detail says (WS-BaseFaults 1.2, 2).
type BaseFault struct {
	Time        time.Time
	ErrorCode   string // with Dialect; empty: none
	Dialect     string // URI that says how to read ErrorCode
	Description string // English; empty: none
	// Content are the elements the fault's own type adds, such as
	// wsnt:UnknownFilter or wsnt:MinimumTime.
	Content []*etree.Element
}

// NotificationFault is a fault of the event service: env:Receiver with the named
// WS-BaseNotification or WS-Resource fault element as its detail, and the
// description as its reason. Core 9.9.
func NotificationFault(name QName, b BaseFault) *Fault {
	el := &etree.Element{Tag: name.Local}
	(&declarer{el: el}).name(&el.Space, name.Space)
	el.CreateElement("wsrfbf:Timestamp").SetText(FormatTime(b.Time))
	if b.ErrorCode != "" {
		code := el.CreateElement("wsrfbf:ErrorCode")
		code.CreateAttr("dialect", b.Dialect)
		code.SetText(b.ErrorCode)
	}
	reason := name.Local
	if b.Description != "" {
		reason = b.Description
		text := el.CreateElement("wsrfbf:Description")
		text.CreateAttr("xml:lang", "en")
		text.SetText(b.Description)
	}
	for _, c := range b.Content {
		el.AddChild(Standalone(c))
	}
	f := &Fault{Code: Receiver, Reason: reason, Detail: &etree.Element{Space: "env", Tag: "Detail"}}
	f.Detail.AddChild(el)
	return f
}
