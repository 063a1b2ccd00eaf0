package op_test

import (
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// FuzzHandle: whatever is posted gets an answer with a status of its kind, a
// fault is one the row allows, and nobody gets in.
func FuzzHandle(f *testing.F) {
	for _, header := range []string{"", token("User", "x", "n", begin()), `<a:To xmlns:a="http://www.w3.org/2005/08/addressing"/>`, `<x:H xmlns:x="urn:x" e:mustUnderstand="1"/>`} {
		for _, body := range []string{call("Pre"), call("Read"), call("None"), call("Absent"), "<tds:Pre/>", "<tds:Pre>", "<Read/>", ""} {
			for _, space := range []string{envelope12, envelope11, "urn:x"} {
				f.Add(message(space, header, body), "")
			}
		}
	}
	for _, authorization := range []string{"Digest", `Digest username="User"`, "Basic YTpi", "Bearer e30.e30.", "Bearer a b", " "} {
		f.Add(message(envelope12, "", call("Write")), authorization)
		f.Add("", authorization)
	}
	b := newBench(f, func(b *bench, _ *auth.Config) { b.Observe = nil })
	f.Fuzz(func(t *testing.T, body, authorization string) {
		b.log, b.bugs = nil, nil
		q := post(body)
		if authorization != "" {
			q.Header.Set("Authorization", authorization)
		}
		r := b.pipeline.Handle(t.Context(), q)
		for _, bug := range b.bugs {
			t.Errorf("bug: %s", bug)
		}
		switch r.Status {
		case 200, 400, 401, 403, 500:
		default:
			t.Errorf("status %d", r.Status)
		}
		if strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
			return
		}
		m, err := soap.Parse(r.Body, soap.Limits{Bytes: 64 << 20})
		if err != nil {
			t.Fatalf("the reply is no SOAP message: %v\n%s", err, r.Body)
		}
		if served := m.Name.Local != "Fault"; served != (r.Status == 200) {
			t.Errorf("status %d with %s", r.Status, m.Name)
		} else if served && m.Name != soap.Name("tds:PreResponse") {
			t.Errorf("somebody got in: %s", m.Name)
		}
	})
}
