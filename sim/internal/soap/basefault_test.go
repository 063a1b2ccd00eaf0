package soap_test

import (
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

func TestNotificationFaultsAreValid(t *testing.T) {
	t.Parallel()
	sent := schematest.Collect(t)
	at := time.Date(2026, 11, 21, 18, 41, 32, 0, time.UTC)
	minimum := etree.NewElement("wsnt:MinimumTime")
	minimum.SetText("2026-11-21T18:42:32Z")
	for name, b := range map[string]soap.BaseFault{
		"wsrfr:ResourceUnknownFault":                   {Time: at},
		"wsnt:TopicNotSupportedFault":                  {Time: at, Description: "no such topic", ErrorCode: "7", Dialect: "urn:codes"},
		"wsnt:UnacceptableInitialTerminationTimeFault": {Time: at, Description: "too short", Content: []*etree.Element{minimum}},
	} {
		f := soap.NotificationFault(soap.Name(name), b)
		rendered := soap.Render(soap.Response{Fault: f, Addressing: soap.SpaceAddressing})
		sent.Add("", rendered)
		for _, want := range []string{"<env:Value>env:Receiver</env:Value>", "<env:Detail><" + name + ">", "<wsrfbf:Timestamp>2026-11-21T18:41:32Z</wsrfbf:Timestamp>", b.Description} {
			if !strings.Contains(string(rendered), want) {
				t.Errorf("no %s in %s", want, rendered)
			}
		}
	}
}
