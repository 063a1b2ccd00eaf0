package events_test

import (
	"net/http"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
)

// TestRequestsInAnyPrefixes is EVENT-4-1-6 to EVENT-4-1-10, with pull points:
// names count by namespace, also inside of expressions.
func TestRequestsInAnyPrefixes(t *testing.T) {
	t.Parallel()
	c := newCamera(t, config{}, schematest.Collect(t))
	const (
		set  = ` Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">`
		item = ` Dialect="http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter">`
		env  = `"http://www.w3.org/2003/05/soap-envelope"`
		tev  = `"http://www.onvif.org/ver10/events/wsdl"`
		wsnt = `"http://docs.oasis-open.org/wsn/b-2"`
		tns1 = `"http://www.onvif.org/ver10/topics"`
		tt   = `"http://www.onvif.org/ver10/schema"`
	)
	for name, body := range map[string]string{
		"default namespace for each tag": `<Envelope:Envelope xmlns:Envelope=` + env + `><Body xmlns=` + env + `><CreatePullPointSubscription xmlns=` + tev + `><Filter xmlns=` + tev + `>` +
			`<TopicExpression xmlns=` + wsnt + ` xmlns:tns1=` + tns1 + set + `tns1:Monitoring//.</TopicExpression>` +
			`<MessageContent xmlns=` + wsnt + ` xmlns:tt=` + tt + item + `boolean(//tt:SimpleItem[@Name="Status"])</MessageContent>` +
			`</Filter></CreatePullPointSubscription></Body></Envelope:Envelope>`,
		"default namespace for the parent": `<q:Envelope xmlns:q=` + env + `><q:Body><CreatePullPointSubscription xmlns=` + tev + ` xmlns:a=` + tns1 + `><Filter>` +
			`<TopicExpression xmlns=` + wsnt + set + `a:Monitoring//.</TopicExpression></Filter><SubscriptionPolicy><ChangedOnly/></SubscriptionPolicy></CreatePullPointSubscription></q:Body></q:Envelope>`,
		"uncommon prefixes": `<q1:Envelope xmlns:q1=` + env + ` xmlns:q2=` + tev + ` xmlns:q3=` + wsnt + ` xmlns:q4=` + tns1 + ` xmlns:q5=` + tt + `><q1:Body><q2:CreatePullPointSubscription><q2:Filter>` +
			`<q3:TopicExpression` + set + `q4:Monitoring/q4:OperatingTime//.</q3:TopicExpression>` +
			`<q3:MessageContent` + item + `boolean(//q5:SimpleItem[@Name="Status"])</q3:MessageContent></q2:Filter></q2:CreatePullPointSubscription></q1:Body></q1:Envelope>`,
		"prefixes of the same namespace": `<s:Envelope xmlns:s=` + env + ` xmlns:a=` + tns1 + ` xmlns:b=` + tns1 + ` xmlns:c=` + tev + ` xmlns:d=` + tev + ` xmlns:e=` + wsnt + `><s:Body><c:CreatePullPointSubscription><d:Filter>` +
			`<e:TopicExpression` + set + `a:Monitoring/b:OperatingTime/LastReboot</e:TopicExpression></d:Filter></c:CreatePullPointSubscription></s:Body></s:Envelope>`,
		"one prefix for many": `<p:Envelope xmlns:p=` + env + `><p:Body><p:CreatePullPointSubscription xmlns:p=` + tev + `><p:Filter>` +
			`<e:TopicExpression xmlns:e=` + wsnt + ` xmlns:p=` + tns1 + set + `p:Monitoring//.</e:TopicExpression></p:Filter></p:CreatePullPointSubscription></p:Body></p:Envelope>`,
	} {
		r := c.do(t, "event:CreatePullPointSubscription", request{body: body})
		if r.status != http.StatusOK {
			t.Errorf("%s: %s", name, r.xml)
		}
	}
}
