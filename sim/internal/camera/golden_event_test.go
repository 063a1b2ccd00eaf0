package camera_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

// goldenSubscription are the requests of a subscription's life, in their order. Who
// sends to a pull point addresses it as WS-Addressing says.
func goldenSubscription() []struct{ name, body, fault string } {
	const topic = `<tev:Filter><wsnt:TopicExpression Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">tns1:%s</wsnt:TopicExpression></tev:Filter>`
	keys, nowhere := strings.Replace(topic, "%s", "Advancedsecurity/Keystore/KeyStatus", 1), strings.Replace(topic, "%s", "Nowhere", 1)
	return []struct{ name, body, fault string }{
		{"GetServiceCapabilities", "<tev:GetServiceCapabilities/>", ""},
		{"GetEventProperties", "<tev:GetEventProperties/>", ""},
		{"CreatePullPointSubscription", "<tev:CreatePullPointSubscription><tev:InitialTerminationTime>PT60S</tev:InitialTerminationTime></tev:CreatePullPointSubscription>", ""},
		{"CreatePullPointSubscription-Filter", "<tev:CreatePullPointSubscription>" + keys + "</tev:CreatePullPointSubscription>", ""},
		{"CreatePullPointSubscription-TopicNotSupportedFault", "<tev:CreatePullPointSubscription>" + nowhere + "</tev:CreatePullPointSubscription>", "env:Receiver"},
		{"PullMessages", "<tev:PullMessages><tev:Timeout>PT0S</tev:Timeout><tev:MessageLimit>10</tev:MessageLimit></tev:PullMessages>", ""},
		{"SetSynchronizationPoint", "<tev:SetSynchronizationPoint/>", ""},
		{"Renew", "<wsnt:Renew><wsnt:TerminationTime>PT90S</wsnt:TerminationTime></wsnt:Renew>", ""},
		{"Unsubscribe", "<wsnt:Unsubscribe/>", ""},
	}
}

// TestGoldenSubscriptionHasItsGoldenAnswers plays them on one new camera, whose
// seed is fixed and whose clock stands: nothing in the answers moves.
func TestGoldenSubscriptionHasItsGoldenAnswers(t *testing.T) {
	t.Parallel()
	c, check := cameratest.New(t, cameratest.Config{}), schematest.Collect(t)
	point := ""
	for _, m := range goldenSubscription() {
		file := filepath.Join(golden, "event", m.name)
		if *update {
			cameratest.Golden(t, file+".request.xml", []byte(cameratest.Envelope("", m.body)), true)
		}
		request, err := os.ReadFile(file + ".request.xml")
		if err != nil {
			t.Fatalf("%v (go test -update writes it)", err)
		}
		operation, _, _ := strings.Cut(m.name, "-")
		path := point
		if slices.Contains([]string{"GetServiceCapabilities", "GetEventProperties", "CreatePullPointSubscription"}, operation) {
			path = "/onvif/event_service"
		}
		a := c.Call(t, cameratest.Call{As: "admin", Path: path, Envelope: string(request)})
		if _, found, ok := strings.Cut(a.Text("./SubscriptionReference/Address"), "20004"); ok && point == "" {
			point = found
		}
		check.Add("", request)
		check.Add("", a.Body)
		if a.Fault != m.fault {
			t.Errorf("%s: fault %q, want %q\n%s", m.name, a.Fault, m.fault, a.Body)
		}
		cameratest.Golden(t, file+".response.xml", a.Body, *update)
	}
}
