package soap_test

import (
	"errors"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/onvif/metadatastream"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/onvif/tds"
	"github.com/camfleet/camfleet/sim/internal/onvif/tev"
	"github.com/camfleet/camfleet/sim/internal/onvif/tmd"
	"github.com/camfleet/camfleet/sim/internal/onvif/tptz"
	"github.com/camfleet/camfleet/sim/internal/onvif/trt"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/onvif/wsnt"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/google/go-cmp/cmp"
)

// body wraps an element in an envelope that declares the usual prefixes.
func body(t testing.TB, text string) *etree.Element {
	t.Helper()
	var decls strings.Builder
	for _, p := range []string{"tds", "tas", "tev", "tmd", "tptz", "trt", "tt", "wsnt", "wsa", "tns1", "xsi", "xs"} {
		space, _ := soap.SpaceOf(p)
		decls.WriteString(` xmlns:` + p + `="` + space + `"`)
	}
	m, err := soap.Parse([]byte(`<s:Envelope xmlns:s="`+env12+`"`+decls.String()+`><s:Body>`+text+`</s:Body></s:Envelope>`), soap.DefaultLimits())
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return m.Body
}

var misfits = []struct {
	name, text string
	into       func() any
	path       string
	kind       soap.BindKind
	fault      string
}{
	{"missing", `<tas:CreateRSAKeyPair/>`, key, "tas:CreateRSAKeyPair/tas:KeyLength", soap.MissingElement, "ter:InvalidArgs"},
	{"missing before another", `<tas:CreateRSAKeyPair><tas:Alias>a</tas:Alias></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/tas:KeyLength", soap.MissingElement, "ter:InvalidArgs"},
	{"twice", `<tas:CreateRSAKeyPair><tas:KeyLength>1</tas:KeyLength><tas:KeyLength>1</tas:KeyLength></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/tas:KeyLength", soap.SurplusElement, "ter:InvalidArgs"},
	{"order", `<tas:CreateRSAKeyPair><tas:Alias>a</tas:Alias><tas:KeyLength>1</tas:KeyLength></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/tas:KeyLength", soap.WrongOrder, "ter:TagMismatch"},
	{"unknown", `<tas:CreateRSAKeyPair><tas:KeyLength>1</tas:KeyLength><tas:Allias>a</tas:Allias></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/tas:Allias", soap.UnknownElement, "ter:TagMismatch"},
	{"other namespace", `<tas:CreateRSAKeyPair><tt:KeyLength>1</tt:KeyLength></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/tt:KeyLength", soap.UnknownElement, "ter:TagMismatch"},
	{"no namespace", `<tas:CreateRSAKeyPair><KeyLength>1</KeyLength></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/KeyLength", soap.UnknownElement, "ter:TagMismatch"},
	{"no number", `<tas:CreateRSAKeyPair><tas:KeyLength>big</tas:KeyLength></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/tas:KeyLength", soap.WrongType, "ter:InvalidArgs"},
	{"empty number", `<tas:CreateRSAKeyPair><tas:KeyLength/></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/tas:KeyLength", soap.WrongType, "ter:InvalidArgs"},
	{"negative", `<tas:CreateRSAKeyPair><tas:KeyLength>-1</tas:KeyLength></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/tas:KeyLength", soap.InvalidValue, "ter:InvalidArgVal"},
	{"huge", `<tas:CreateRSAKeyPair><tas:KeyLength>99999999999999999999</tas:KeyLength></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/tas:KeyLength", soap.InvalidValue, "ter:InvalidArgVal"},
	{"element for text", `<tas:CreateRSAKeyPair><tas:KeyLength><tas:A/></tas:KeyLength></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/tas:KeyLength/tas:A", soap.WrongType, "ter:InvalidArgs"},
	{"text for elements", `<tas:CreateRSAKeyPair>1<tas:KeyLength>1</tas:KeyLength></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair", soap.WrongType, "ter:InvalidArgs"},
	{"attribute", `<tas:CreateRSAKeyPair a="1"><tas:KeyLength>1</tas:KeyLength></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/@a", soap.UnknownAttribute, "ter:ProhibAttr"},
	{"attribute of a value", `<tas:CreateRSAKeyPair><tas:KeyLength unit="bit">1</tas:KeyLength></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/tas:KeyLength/@unit", soap.UnknownAttribute, "ter:ProhibAttr"},
	{"nil", `<tas:CreateRSAKeyPair><tas:KeyLength xsi:nil="true"/></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/tas:KeyLength", soap.InvalidValue, "ter:InvalidArgVal"},
	{"nil is no boolean", `<tas:CreateRSAKeyPair><tas:KeyLength xsi:nil="yes">1</tas:KeyLength></tas:CreateRSAKeyPair>`, key, "tas:CreateRSAKeyPair/tas:KeyLength/@xsi:nil", soap.WrongType, "ter:InvalidArgs"},
	{"too long", `<tas:GetKeyStatus><tas:KeyID>` + strings.Repeat("k", 65) + `</tas:KeyID></tas:GetKeyStatus>`, func() any { return new(tas.GetKeyStatus) }, "tas:GetKeyStatus/tas:KeyID", soap.InvalidValue, "ter:InvalidArgVal"},
	{"no NCName", `<tas:GetKeyStatus><tas:KeyID>1 k</tas:KeyID></tas:GetKeyStatus>`, func() any { return new(tas.GetKeyStatus) }, "tas:GetKeyStatus/tas:KeyID", soap.WrongType, "ter:InvalidArgs"},
	{"enumeration", `<tds:GetCapabilities><tds:Category>Some</tds:Category></tds:GetCapabilities>`, func() any { return new(tds.GetCapabilities) }, "tds:GetCapabilities/tds:Category", soap.InvalidValue, "ter:InvalidArgVal"},
	{"boolean", `<tds:GetServices><tds:IncludeCapability>yes</tds:IncludeCapability></tds:GetServices>`, func() any { return new(tds.GetServices) }, "tds:GetServices/tds:IncludeCapability", soap.WrongType, "ter:InvalidArgs"},
	{"missing attribute", `<tptz:AbsoluteMove><tptz:ProfileToken>p</tptz:ProfileToken><tptz:Position><tt:PanTilt x="0"/></tptz:Position></tptz:AbsoluteMove>`, func() any { return new(tptz.AbsoluteMove) }, "tptz:AbsoluteMove/tptz:Position/tt:PanTilt/@y", soap.MissingAttribute, "ter:MissingAttr"},
	{"attribute value", `<tptz:AbsoluteMove><tptz:ProfileToken>p</tptz:ProfileToken><tptz:Position><tt:PanTilt x="left" y="0"/></tptz:Position></tptz:AbsoluteMove>`, func() any { return new(tptz.AbsoluteMove) }, "tptz:AbsoluteMove/tptz:Position/tt:PanTilt/@x", soap.WrongType, "ter:InvalidArgs"},
	{"float with a name", `<tptz:AbsoluteMove><tptz:ProfileToken>p</tptz:ProfileToken><tptz:Position><tt:PanTilt x="Infinity" y="0"/></tptz:Position></tptz:AbsoluteMove>`, func() any { return new(tptz.AbsoluteMove) }, "tptz:AbsoluteMove/tptz:Position/tt:PanTilt/@x", soap.WrongType, "ter:InvalidArgs"},
	{"no alternative", `<tmd:SerialData/>`, func() any { return new(tmd.SerialData) }, "tmd:SerialData/tmd:Binary|tmd:String", soap.MissingElement, "ter:InvalidArgs"},
	{"two alternatives", `<tmd:SerialData><tmd:Binary>AA==</tmd:Binary><tmd:String>a</tmd:String></tmd:SerialData>`, func() any { return new(tmd.SerialData) }, "tmd:SerialData/tmd:String", soap.SurplusElement, "ter:InvalidArgs"},
	{"base64", `<tmd:SerialData><tmd:Binary>?</tmd:Binary></tmd:SerialData>`, func() any { return new(tmd.SerialData) }, "tmd:SerialData/tmd:Binary", soap.WrongType, "ter:InvalidArgs"},
	{"duration", `<tev:PullMessages><tev:Timeout>5s</tev:Timeout><tev:MessageLimit>1</tev:MessageLimit></tev:PullMessages>`, func() any { return new(tev.PullMessages) }, "tev:PullMessages/tev:Timeout", soap.WrongType, "ter:InvalidArgs"},
	{"more than 32 bits", `<tev:PullMessages><tev:Timeout>PT5S</tev:Timeout><tev:MessageLimit>2147483648</tev:MessageLimit></tev:PullMessages>`, func() any { return new(tev.PullMessages) }, "tev:PullMessages/tev:MessageLimit", soap.InvalidValue, "ter:InvalidArgVal"},
	{"time", `<tev:Seek><tev:UtcTime>now</tev:UtcTime></tev:Seek>`, func() any { return new(tev.Seek) }, "tev:Seek/tev:UtcTime", soap.WrongType, "ter:InvalidArgs"},
	{"own namespace in a wildcard of others", `<tev:Seek><tev:UtcTime>2026-01-01T00:00:00Z</tev:UtcTime><tev:Fast/></tev:Seek>`, func() any { return new(tev.Seek) }, "tev:Seek/tev:Fast", soap.UnknownElement, "ter:TagMismatch"},
	{"unresolved name", `<tt:Config Name="n" Type="zz:T"><tt:Parameters/></tt:Config>`, func() any { return new(tt.Config) }, "tt:Config/@Type", soap.WrongType, "ter:InvalidArgs"},
	{"other type", `<tt:Config Name="n" Type="tt:T"><tt:Parameters xsi:type="tt:Other"/></tt:Config>`, func() any { return new(tt.Config) }, "tt:Config/tt:Parameters/@xsi:type", soap.InvalidValue, "ter:InvalidArgVal"},
	{"pattern", `<tas:AlgorithmIdentifier><tas:algorithm>rsa</tas:algorithm></tas:AlgorithmIdentifier>`, func() any { return new(tas.AlgorithmIdentifier) }, "tas:AlgorithmIdentifier/tas:algorithm", soap.InvalidValue, "ter:InvalidArgVal"},
	{"second element", `<tds:SetNetworkProtocols><tds:NetworkProtocols><tt:Name>HTTP</tt:Name><tt:Enabled>1</tt:Enabled><tt:Port>80</tt:Port></tds:NetworkProtocols><tds:NetworkProtocols><tt:Name>HTTP</tt:Name></tds:NetworkProtocols></tds:SetNetworkProtocols>`, func() any { return new(tds.SetNetworkProtocols) }, "tds:SetNetworkProtocols/tds:NetworkProtocols/tt:Enabled", soap.MissingElement, "ter:InvalidArgs"},
	{"list item", `<tt:JPEGOptions><tt:IntList>1 b</tt:IntList></tt:JPEGOptions>`, func() any {
		return new(struct {
			L []int `soap:"tt:IntList,t=int,list"`
		})
	}, "tt:JPEGOptions/tt:IntList", soap.WrongType, "ter:InvalidArgs"},
}

func key() any { return new(tas.CreateRSAKeyPair) }

func TestWhatDoesNotFitIsRefusedWithPathAndKind(t *testing.T) {
	t.Parallel()
	b := soap.NewBinder()
	for _, c := range misfits {
		err := b.Decode(body(t, c.text), c.into())
		var e *soap.BindError
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if e.Path != c.path || e.Kind != c.kind {
			t.Errorf("%s: %v, want %s: %v", c.name, e, c.path, c.kind)
		}
		if f := e.Fault(); f.Path() != "env:Sender/"+c.fault || f.Detail == nil {
			t.Errorf("%s: fault %v, want %s", c.name, f, c.fault)
		}
	}
}

func TestWhatFitsIsReadWhateverItLooksLike(t *testing.T) {
	t.Parallel()
	b := soap.NewBinder()
	alias := " a\nb "
	for _, c := range []struct {
		text string
		into func() any
		want any
	}{
		{"<tas:CreateRSAKeyPair><!-- c --> <tas:KeyLength> +2<!-- -->048\n</tas:KeyLength><tas:Alias> a\nb </tas:Alias></tas:CreateRSAKeyPair>", key, &tas.CreateRSAKeyPair{KeyLength: 2048, Alias: &alias}},
		{`<tas:CreateRSAKeyPair xsi:type="tas:CreateRSAKeyPair"><tas:KeyLength xsi:type="xs:int" xsi:nil="0">1</tas:KeyLength></tas:CreateRSAKeyPair>`, key, &tas.CreateRSAKeyPair{KeyLength: 1}},
		{`<x:CreateRSAKeyPair xmlns:x="` + tas.Namespace + `"><KeyLength xmlns="` + tas.Namespace + `"><![CDATA[1]]></KeyLength></x:CreateRSAKeyPair>`, key, &tas.CreateRSAKeyPair{KeyLength: 1}},
		{`<tmd:SerialData><tmd:Binary> AAE C
</tmd:Binary></tmd:SerialData>`, func() any { return new(tmd.SerialData) }, &tmd.SerialData{Binary: []byte{0, 1, 2}}},
		{`<tmd:SerialData><tmd:Binary/></tmd:SerialData>`, func() any { return new(tmd.SerialData) }, &tmd.SerialData{Binary: []byte{}}},
		{`<tds:GetCapabilities><tds:Category> All </tds:Category></tds:GetCapabilities>`, func() any { return new(tds.GetCapabilities) }, &tds.GetCapabilities{Category: []tt.CapabilityCategory{"All"}}},
		{`<tev:CreatePullPointSubscription><tev:InitialTerminationTime xsi:nil="true"/></tev:CreatePullPointSubscription>`, func() any { return new(tev.CreatePullPointSubscription) }, &tev.CreatePullPointSubscription{}},
		{`<tev:CreatePullPointSubscription><tev:InitialTerminationTime>PT1M</tev:InitialTerminationTime></tev:CreatePullPointSubscription>`, func() any { return new(tev.CreatePullPointSubscription) },
			&tev.CreatePullPointSubscription{InitialTerminationTime: &soap.AbsoluteOrRelativeTime{Duration: soap.DurationOf(time.Minute)}}},
		{`<tptz:GetStatus><tptz:ProfileToken>p</tptz:ProfileToken></tptz:GetStatus>`, func() any { return new(tptz.GetStatus) }, &tptz.GetStatus{ProfileToken: "p"}},
		{`<tt:Config Name="n" Type="tns1:RuleEngine"><tt:Parameters/></tt:Config>`, func() any { return new(tt.Config) }, &tt.Config{Name: "n", Type: soap.Name("tns1:RuleEngine")}},
	} {
		got := c.into()
		if err := b.Decode(body(t, c.text), got); err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestTopicExpressionsKeepTheirPrefixes(t *testing.T) {
	t.Parallel()
	b := soap.NewBinder()
	el := body(t, `<wsnt:TopicExpression xmlns:t="http://www.onvif.org/ver10/topics" Dialect="d">t:Device/t:Trigger//.|t:Video</wsnt:TopicExpression>`)
	var v wsnt.TopicExpressionType
	if err := b.Decode(el, &v); err != nil {
		t.Fatal(err)
	}
	if v.Text != "t:Device/t:Trigger//.|t:Video" || v.Namespaces["t"] != "http://www.onvif.org/ver10/topics" || len(v.Namespaces) != 1 {
		t.Fatalf("%+v", v)
	}
	back, err := b.Encode(soap.Name("wsnt:TopicExpression"), v)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(soap.Render(soap.Response{Body: back})); !strings.Contains(got, `<wsnt:TopicExpression xmlns:t="http://www.onvif.org/ver10/topics" Dialect="d">`) {
		t.Error(got)
	}
}

func TestExtensionContentSurvives(t *testing.T) {
	t.Parallel()
	b := soap.NewBinder()
	el := body(t, `<wsnt:Filter xmlns:v="urn:v" xmlns:q="urn:q"><wsnt:TopicExpression Dialect="v:d">q:A</wsnt:TopicExpression><v:Own><Sub xmlns="urn:s"/></v:Own></wsnt:Filter>`)
	var v wsnt.FilterType
	if err := b.Decode(el, &v); err != nil {
		t.Fatal(err)
	}
	back, err := b.Encode(soap.Name("wsnt:Filter"), &v)
	if err != nil {
		t.Fatal(err)
	}
	got := string(soap.Render(soap.Response{Body: back}))
	want := `<wsnt:Filter><wsnt:TopicExpression xmlns:v="urn:v" xmlns:q="urn:q" Dialect="v:d">q:A</wsnt:TopicExpression><v:Own xmlns:v="urn:v"><Sub xmlns="urn:s"/></v:Own></wsnt:Filter>`
	if !strings.Contains(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestMetadataOfAnyOrderIsRead(t *testing.T) {
	t.Parallel()
	el := body(t, `<tt:MetadataStream><tt:Event/><tt:PTZ/><tt:VideoAnalytics/><tt:Event/></tt:MetadataStream>`)
	var v metadatastream.MetadataStream
	if err := soap.NewBinder().Decode(el, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Event) != 2 || len(v.PTZ) != 1 || len(v.VideoAnalytics) != 1 {
		t.Errorf("%+v", v)
	}
}

func TestValuesTheTypeDoesNotAllowAreNotWritten(t *testing.T) {
	t.Parallel()
	b := soap.NewBinder()
	for path, v := range map[string]any{
		"x/tas:KeyLength":         &tas.CreateRSAKeyPair{KeyLength: -1},
		"x/tas:KeyID":             &tas.GetKeyStatus{KeyID: strings.Repeat("k", 65)},
		"x/tds:Category":          &tds.GetCapabilities{Category: []tt.CapabilityCategory{"Some"}},
		"x/tds:Service":           &tds.GetServicesResponse{},
		"x/tmd:Binary|tmd:String": &tmd.SerialData{},
		"x/tmd:String":            &tmd.SerialData{Binary: []byte{}, String: new(string)},
		"x/tev:Timeout":           &tev.PullMessages{Timeout: soap.Duration{Months: 1, Span: -1}},
		"x/wsnt:Message/*":        &wsnt.NotificationMessageHolderType{},
	} {
		_, err := b.Encode(soap.QName{Local: "x"}, v)
		var e *soap.BindError
		if !errors.As(err, &e) || e.Path != path {
			t.Errorf("%T: %v, want an error at %s", v, err, path)
		}
	}
}

func TestAbsentTerminationTimeIsNil(t *testing.T) {
	t.Parallel()
	b := soap.NewBinder()
	el, err := b.Encode(soap.Name("wsnt:RenewResponse"), &wsnt.RenewResponse{})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(soap.Render(soap.Response{Body: el})); !strings.Contains(got, `<wsnt:TerminationTime xsi:nil="true"/>`) {
		t.Error(got)
	}
	var back wsnt.RenewResponse
	if err := b.Decode(el, &back); err != nil || back.TerminationTime != nil {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestEncodeLeavesTreesOfOthersAlone(t *testing.T) {
	t.Parallel()
	shared := etree.NewElement("tds:Capabilities")
	holder := etree.NewElement("tds:Holder")
	holder.AddChild(shared)
	b := soap.NewBinder()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, err := b.Encode(soap.Name("wsnt:Filter"), &wsnt.FilterType{Any: []*etree.Element{shared, shared}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if shared.Parent() != holder {
		t.Error("the shared element was moved")
	}
}

func TestOnlyStructsAreBound(t *testing.T) {
	t.Parallel()
	b := soap.NewBinder()
	var untagged struct{ A string }
	var unknown struct {
		A string `soap:"zz:A"`
	}
	var strange struct {
		A chan int `soap:"tt:A"`
	}
	for _, into := range []any{nil, 1, tas.CreateRSAKeyPair{}, (*tas.CreateRSAKeyPair)(nil), new(int), &untagged, &unknown, &strange} {
		if err := b.Decode(body(t, "<tt:A/>"), into); err == nil {
			t.Errorf("%T was bound", into)
		}
	}
	for _, v := range []any{nil, 1, (*tas.CreateRSAKeyPair)(nil), untagged, unknown, strange} {
		if _, err := b.Encode(soap.Name("tt:A"), v); err == nil {
			t.Errorf("%T was written", v)
		}
	}
}

func TestFloatsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	b := soap.NewBinder()
	for f, want := range map[float64]string{
		0: "0", 0.1: "0.1", -1: "-1", 1e6: "1000000", 1e15: "1E+15", 1e-7: "1E-07",
		math.Inf(1): "INF", math.Inf(-1): "-INF", math.MaxFloat64: "1.7976931348623157E+308",
	} {
		el, err := b.Encode(soap.Name("tt:Vector"), tt.Vector1D{X: f})
		if err != nil || el.SelectAttrValue("x", "") != want {
			t.Errorf("%v: %v %v, want %s", f, el, err, want)
			continue
		}
		var back tt.Vector1D
		if err := b.Decode(el, &back); err != nil || back.X != f {
			t.Errorf("%v became %v, %v", f, back.X, err)
		}
	}
	var nan tt.Vector1D
	if err := b.Decode(body(t, `<tt:V x="NaN"/>`), &nan); err != nil || !math.IsNaN(nan.X) {
		t.Errorf("%v, %v", nan.X, err)
	}
}

// FuzzDecode feeds bodies to the binder; what it takes it must write again.
func FuzzDecode(f *testing.F) {
	for _, c := range misfits {
		f.Add(c.text)
	}
	f.Add(`<wsnt:Filter><v:Own xmlns:v="urn:v" v:a="tt:x">tns1:A</v:Own></wsnt:Filter>`)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := soap.Parse([]byte(`<s:Envelope xmlns:s="`+env12+`" xmlns:tas="`+tas.Namespace+`" xmlns:tt="`+tt.Namespace+`" xmlns:tev="`+tev.Namespace+
			`" xmlns:tds="`+tds.Namespace+`" xmlns:trt="`+trt.Namespace+`" xmlns:wsnt="`+wsnt.Namespace+`" xmlns:xsi="`+soap.SpaceInstance+`"><s:Body>`+text+`</s:Body></s:Envelope>`), soap.Limits{Depth: 20})
		if err != nil {
			return
		}
		b := soap.NewBinder()
		for _, into := range []any{new(tas.CreateRSAKeyPair), new(tev.PullMessages), new(tds.SetNetworkProtocols), new(trt.SetVideoEncoderConfiguration), new(wsnt.FilterType), new(wsnt.TopicExpressionType), new(tt.Config)} {
			if err := b.Decode(m.Body, into); err != nil {
				var e *soap.BindError
				if !errors.As(err, &e) || e.Path == "" {
					t.Fatalf("%T: %v", into, err)
				}
				continue
			}
			if _, err := b.Encode(m.Name, into); err != nil {
				t.Fatalf("%T was read but can't be written: %v", into, err)
			}
		}
	})
}
