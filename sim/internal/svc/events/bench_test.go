package events_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/op"
)

// BenchmarkPullMessages takes one message through the whole pipeline: parse,
// bind, pull, encode, render.
func BenchmarkPullMessages(b *testing.B) {
	c := newCamera(b, config{off: []string{"tds:SetSystemDateAndTime"}}, nil)
	path := c.subscribe(b, "")
	values := [...]string{"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"}
	body := []byte(`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><PullMessages xmlns="http://www.onvif.org/ver10/events/wsdl"><Timeout>PT1M</Timeout><MessageLimit>10</MessageLimit></PullMessages></s:Body></s:Envelope>`)
	h := http.Header{"Authorization": {"Test admin Administrator"}}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m := event.Message{Topic: lastReboot, Data: []event.Item{{Name: "Status", Value: values[i%2]}}}
		if err := c.broker.Publish(m); err != nil {
			b.Fatal(err)
		}
		r := c.pipeline.Handle(b.Context(), &op.Request{Method: http.MethodPost, URI: path, Path: path, Host: "camera", Header: h, Body: body})
		if r.Status != http.StatusOK {
			b.Fatalf("%s", r.Body)
		}
	}
}

// BenchmarkPullHundredMessages answers a full batch.
func BenchmarkPullHundredMessages(b *testing.B) {
	c := newCamera(b, config{}, nil)
	path := c.subscribe(b, "")
	values := [...]string{"2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"}
	batch := make([]event.Message, 100)
	for i := range batch {
		batch[i] = event.Message{Topic: lastReboot, Data: []event.Item{{Name: "Status", Value: values[i%2]}}}
	}
	c.pull(b, path, "PT0S", 100)
	body := []byte(fmt.Sprintf(envelope, "", pullBody("PT1M", 100)))
	h := http.Header{"Authorization": {"Test admin Administrator"}}
	b.ReportAllocs()
	for b.Loop() {
		if err := c.broker.Publish(batch...); err != nil {
			b.Fatal(err)
		}
		r := c.pipeline.Handle(b.Context(), &op.Request{Method: http.MethodPost, URI: path, Path: path, Host: "camera", Header: h, Body: body})
		if r.Status != http.StatusOK || len(r.Body) < 100*100 {
			b.Fatalf("%s", r.Body)
		}
	}
}
