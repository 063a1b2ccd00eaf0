package events_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/onvif/tr2"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
	"github.com/camfleet/camfleet/sim/internal/svc/device"
	"github.com/camfleet/camfleet/sim/internal/svc/events"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// wall is the camera's clock as the state sets it.
type wall struct {
	clock.Clock
	state *state.Camera
}

func (w wall) Now() time.Time { return w.Clock.Now().Add(w.state.View().Device.Time.Offset) }

// door takes "Authorization: Test user Level" for what it says.
type door struct{}

func (door) Identify(r auth.Request) (auth.Identity, error) {
	if len(r.Authorization) == 0 {
		return auth.Identity{}, nil
	}
	words := strings.Fields(r.Authorization[0])
	level, err := auth.ParseLevel(words[2])
	return auth.Identity{User: words[1], Level: level, How: auth.ByDigestMD5}, err
}

func (door) Deny(auth.Request, auth.Identity) *auth.Refusal {
	return &auth.Refusal{Status: http.StatusUnauthorized, SOAPFault: true}
}

func (door) Challenges(auth.Request, *auth.Refusal) []string { return []string{"Test"} }

// camera is a camera with a pipeline and no network.
type camera struct {
	*svc.Camera
	broker   *event.Broker
	pipeline *op.Pipeline[*svc.Call]
	stop     func()
	off      map[string]bool
	sent     *schematest.Collector
	strict   bool
}

// config is what tests change of the camera they ask for.
type config struct {
	limits   profiles.EventLimits
	off      []string
	services []svc.Service
	// strict checks that answers belong to their operation, which takes a run
	// of the validator for each.
	strict bool
}

// bubble runs f with a camera whose time passes as f makes it pass. All
// answers are validated when t ends.
func bubble(t *testing.T, c config, f func(t *testing.T, c *camera)) {
	t.Helper()
	sent := schematest.Collect(t)
	synctest.Test(t, func(t *testing.T) { f(t, newCamera(t, c, sent)) })
}

// newCamera makes a camera; where sent is nil nothing is validated.
func newCamera(t testing.TB, conf config, sent *schematest.Collector) *camera {
	t.Helper()
	base := clock.Real()
	st := state.New(state.Tree{Media: media()}, state.Config{})
	if err := st.Update(func(tx *state.Tx) error { tx.Device().Booted(base.Now()); return nil }); err != nil {
		t.Fatal(err)
	}
	w := wall{base, st}
	profile := &profiles.Profile{}
	profile.ONVIF.Release = "25.06"
	if conf.limits != (profiles.EventLimits{}) {
		profile.Limits.Events = conf.limits
	}
	c := &camera{off: map[string]bool{}, sent: sent, strict: conf.strict}
	for _, id := range conf.off {
		c.off[id] = true
	}
	c.broker = event.New(event.Config{
		Clock: w, Base: base, Random: seed.New(1).Stream("event"), Limits: events.Limits(profile.Limits.Events),
	})
	services := append([]svc.Service{device.Service(), events.Service(c.broker)}, conf.services...)
	var entries [][]op.Entry[*svc.Call]
	for _, s := range services {
		entries = append(entries, s.Entries)
	}
	c.Camera = &svc.Camera{
		Name: "cam-0001", Profile: profile, State: st, Clock: w, Base: base, Log: slog.New(slog.DiscardHandler),
		Binder: soap.NewBinder(), Services: services, Table: op.NewTable(entries...),
		Off: func(r *op.Row) bool { return c.off[r.ID()] },
	}
	c.pipeline = op.New(op.Config[*svc.Call]{
		Table: c.Table, Binder: c.Binder, Limits: soap.DefaultLimits(), Clock: base, Log: c.Log,
		Auth: door{}, Off: c.Off,
		Allow: func(who auth.Identity, row *op.Row) bool { return auth.DefaultPolicy().Allows(who.Level, row.Class) },
		Call: func(ctx context.Context, x *op.Exchange) *svc.Call {
			return &svc.Call{Context: ctx, Camera: c.Camera, Exchange: x}
		},
		Fault: func(row *op.Row, err error) *soap.Fault {
			for _, s := range services {
				if s.Name == row.Service && s.Fault != nil {
					return s.Fault(row, err)
				}
			}
			return nil
		},
		Bug: func(_ *op.Row, err error) { t.Error(err) },
	})
	var err error
	if c.stop, err = events.Follow(c.Camera, c.broker); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.stop()
		c.broker.Close()
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// future has the operations of other services that make topics occur.
func future() []svc.Service {
	return []svc.Service{
		{Name: "security", Entries: tas.Handlers[*svc.Call]{
			CreateRSAKeyPair: func(*svc.Call, *tas.CreateRSAKeyPair) (*tas.CreateRSAKeyPairResponse, error) {
				return &tas.CreateRSAKeyPairResponse{}, nil
			},
		}.Entries()},
		{Name: "media2", Entries: tr2.Handlers[*svc.Call]{
			CreateProfile: func(*svc.Call, *tr2.CreateProfile) (*tr2.CreateProfileResponse, error) {
				return &tr2.CreateProfileResponse{}, nil
			},
			SetVideoEncoderConfiguration: func(*svc.Call, *tr2.SetVideoEncoderConfiguration) (*tr2.SetVideoEncoderConfigurationResponse, error) {
				return &tr2.SetVideoEncoderConfigurationResponse{}, nil
			},
		}.Entries()},
	}
}

func media() *mediacfg.Section {
	return &mediacfg.Section{
		VideoSources:         []mediacfg.VideoSource{{Token: "src"}},
		SourceConfigurations: []mediacfg.VideoSourceConfiguration{{Token: "vsc", SourceToken: "src"}},
		Encoders:             []mediacfg.VideoEncoder{{Token: "vec", Encoding: "H264"}},
		Profiles:             []mediacfg.Profile{{Token: "main"}, {Token: "sub"}},
	}
}

// request is one SOAP request; the zero fields are those of an ordinary one.
type request struct {
	path   string // "": of the event service
	header string // further header blocks
	body   string
	user   string // "name Level"; "-": nobody
	secure bool
	bare   bool // without WS-Addressing
	ctx    context.Context
}

const envelope = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tns1="http://www.onvif.org/ver10/topics"><s:Header>%s</s:Header><s:Body>%s</s:Body></s:Envelope>`

// reply is what came back.
type reply struct {
	status int
	xml    string
	root   *etree.Element
}

// do sends the request; the answer is validated later. If the camera is strict
// it must belong to the operation ("event:Renew").
func (c *camera) do(t testing.TB, operation string, r request) reply {
	t.Helper()
	header := r.header
	if !r.bare {
		header += `<wsa:MessageID>urn:uuid:1</wsa:MessageID><wsa:Action s:mustUnderstand="1">urn:any</wsa:Action>`
	}
	h := http.Header{}
	switch r.user {
	case "":
		h.Set("Authorization", "Test admin Administrator")
	case "-":
	default:
		h.Set("Authorization", "Test "+r.user)
	}
	if r.path == "" {
		r.path = events.Path
	}
	if r.ctx == nil {
		r.ctx = context.Background()
	}
	body := r.body
	if !strings.Contains(body, ":Envelope") {
		body = fmt.Sprintf(envelope, header, body)
	}
	answer := c.pipeline.Handle(r.ctx, &op.Request{
		Method: http.MethodPost, URI: r.path, Path: r.path, Host: "camera.example:8080", Secure: r.secure, Header: h,
		Body: []byte(body),
	})
	if !c.strict {
		operation = ""
	}
	if c.sent != nil {
		c.sent.Add(operation, answer.Body)
	}
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(answer.Body); err != nil {
		t.Fatalf("%v: %s", err, answer.Body)
	}
	return reply{answer.Status, string(answer.Body), doc.Root()}
}

// text is the text of the element at the path, of local names.
func (r reply) text(path ...string) string {
	el := r.root
	for _, name := range path {
		var next *etree.Element
		for _, child := range el.ChildElements() {
			if child.Tag == name {
				next = child
				break
			}
		}
		if next == nil {
			return ""
		}
		el = next
	}
	return el.Text()
}

func (r reply) action() string { return r.text("Header", "Action") }

// instant reads a time of the answer.
func (r reply) instant(t testing.TB, path ...string) time.Time {
	t.Helper()
	text := r.text(path...)
	at, err := time.Parse("2006-01-02T15:04:05.999999999Z", text)
	if err != nil {
		t.Errorf("%v: %q is no UTC time", path, text)
	}
	return at
}

// fault is the name of the fault's detail element, with its own prefix.
func (r reply) fault() string {
	for _, el := range r.root.FindElements("//env:Fault/env:Detail/*") {
		return el.FullTag()
	}
	return ""
}

// messages returns the answer's messages in short:
// "topic operation | source | data".
func (r reply) messages() []string {
	var out []string
	for _, m := range r.root.FindElements("//NotificationMessage") {
		words := []string{m.FindElement("Topic").Text()}
		content := m.FindElement("Message/Message")
		if operation := content.SelectAttrValue("PropertyOperation", ""); operation != "" {
			words = append(words, operation)
		}
		for _, item := range content.FindElements("*/SimpleItem") {
			words = append(words, item.SelectAttrValue("Name", "")+"="+item.SelectAttrValue("Value", ""))
		}
		out = append(out, strings.Join(words, " "))
	}
	return out
}

// subscribe makes a pull point with the filter's elements and returns its path.
func (c *camera) subscribe(t testing.TB, filter string) (path string) {
	t.Helper()
	r := c.do(t, "event:CreatePullPointSubscription", request{
		body: `<tev:CreatePullPointSubscription><tev:Filter>` + filter + `</tev:Filter></tev:CreatePullPointSubscription>`,
	})
	return r.path(t)
}

// path is where the pull point is that was just made.
func (r reply) path(t testing.TB) string {
	t.Helper()
	address := r.text("Body", "CreatePullPointSubscriptionResponse", "SubscriptionReference", "Address")
	_, rest, ok := strings.Cut(address, "://camera.example:8080")
	if r.status != http.StatusOK || !ok {
		t.Fatalf("%d: %s", r.status, r.xml)
	}
	return rest
}

func pullBody(timeout string, limit int) string {
	return fmt.Sprintf(`<tev:PullMessages><tev:Timeout>%s</tev:Timeout><tev:MessageLimit>%d</tev:MessageLimit></tev:PullMessages>`, timeout, limit)
}

func (c *camera) pull(t testing.TB, path, timeout string, limit int) reply {
	t.Helper()
	r := c.do(t, "event:PullMessages", request{path: path, body: pullBody(timeout, limit)})
	if r.status != http.StatusOK {
		t.Errorf("pull: %d %s", r.status, r.xml)
	}
	return r
}

func (c *camera) pass(d time.Duration) { <-c.Base.NewTimer(d).C() }

func topic(expression string) string {
	return `<wsnt:TopicExpression Dialect="` + event.DialectConcreteSet + `">` + expression + `</wsnt:TopicExpression>`
}

func content(expression string) string {
	return `<wsnt:MessageContent Dialect="` + event.DialectItemFilter + `">` + expression + `</wsnt:MessageContent>`
}
