package op_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/google/go-cmp/cmp"
)

// stationed is an authenticator that writes down that it was asked.
type stationed struct {
	op.Authenticator
	pass func(string)
}

func (s stationed) Identify(r auth.Request) (auth.Identity, error) {
	s.pass("identity")
	return s.Authenticator.Identify(r)
}

// watched makes the stations that can be watched write themselves down.
func watched(b *bench, c *auth.Config) {
	b.Auth = stationed{auth.New(*c), b.pass}
	b.Allow = func(id auth.Identity, row *op.Row) bool { b.pass("access"); return byDefault(id, row) }
	b.Off = func(r *op.Row) bool { b.pass("off"); return r.Name == "Off" }
	b.Hooks = op.Hooks{
		Before: func(context.Context, *op.Exchange) *soap.Fault { b.pass("before"); return nil },
		After:  func(context.Context, *op.Exchange) { b.pass("after") },
	}
	b.Fault = func(*op.Row, error) *soap.Fault {
		b.pass("fault")
		return soap.FaultOf("env:Sender", "ter:InvalidArgVal", "ter:NoSuch", "there is none")
	}
}

var errDomain = errors.New("a rule says no")

func TestStationsArePassedInOrder(t *testing.T) {
	t.Parallel()
	broken := func(caller, *echo) (*echoed, error) { return nil, errDomain }
	admin := token("Administrator", "Administrator", "n", begin())
	for name, tc := range map[string]struct {
		body string
		want string
	}{
		"served":         {message(envelope12, admin, call("Read")), "off identity access before handler after record"},
		"PRE_AUTH":       {message(envelope12, admin, call("Pre")), "off access before handler after record"},
		"rule says no":   {message(envelope12, admin, call("Broken")), "off identity access before fault after record"},
		"bad argument":   {message(envelope12, admin, "<tds:Read/>"), "off identity access before after record"},
		"may not":        {message(envelope12, token("User", "User", "n", begin()), call("Write")), "off identity access record"},
		"nobody":         {message(envelope12, "", call("Read")), "off identity access record"},
		"wrong password": {message(envelope12, token("User", "x", "n", begin()), call("Read")), "off identity record"},
		"switched off":   {message(envelope12, admin, call("Off")), "off identity record"},
		"not simulated":  {message(envelope12, admin, call("None")), "identity record"},
		"unknown":        {message(envelope12, admin, call("Unknown")), "record"},
		"header":         {message(envelope12, admin+`<x:H xmlns:x="urn:x" e:mustUnderstand="1"/>`, call("Read")), "record"},
		"no SOAP":        {"GET / HTTP/1.1", "record"},
		"ill-formed":     {message(envelope12, admin, "<tds:Read>"), "record"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, watched, entry("Broken", auth.ReadSystem, broken))
			b.pipeline.Handle(t.Context(), post(tc.body))
			if got := strings.Join(b.log, " "); got != tc.want {
				t.Errorf("stations %q\n    want %q", got, tc.want)
			}
			b.noBugs(t)
		})
	}
}

// TestFirstThingWrongIsAnswered gives requests with several things wrong at
// once: each station answers before the next one looks.
func TestFirstThingWrongIsAnswered(t *testing.T) {
	t.Parallel()
	const unknownHeader = `<x:H xmlns:x="urn:x" e:mustUnderstand="1"/>`
	user, admin, stranger := token("User", "User", "n", begin()), token("Administrator", "Administrator", "n", begin()), token("User", "x", "n", begin())
	refuse := func(b *bench, _ *auth.Config) {
		b.Hooks.Before = func(context.Context, *op.Exchange) *soap.Fault { return soap.OutOfMemory() }
	}
	for _, tc := range []struct {
		name, header, body string
		change             func(*bench, *auth.Config)
		status             int
		want               string
	}{
		{"parse before mustUnderstand", unknownHeader, "<tds:Unknown>", nil, 400, "env:Sender/ter:WellFormed"},
		{"mustUnderstand before row", unknownHeader, call("Unknown"), nil, 500, "env:MustUnderstand"},
		{"row before identity", stranger, call("Unknown"), nil, 500, "env:Receiver/ter:ActionNotSupported"},
		{"identity before off", stranger, call("Off"), nil, 400, "env:Sender/ter:NotAuthorized"},
		{"identity before not simulated", stranger, call("None"), nil, 400, "env:Sender/ter:NotAuthorized"},
		{"off before access class", user, call("Off"), nil, 500, "env:Receiver/ter:ActionNotSupported"},
		{"not simulated before access class", user, call("None"), nil, 500, "env:Receiver/ter:ActionNotSupported"},
		{"not simulated, PRE_AUTH", stranger, call("PreNone"), nil, 500, "env:Receiver/ter:ActionNotSupported"},
		{"access class before hooks", user, "<tds:Write/>", refuse, 400, "env:Sender/ter:NotAuthorized"},
		{"hooks before bind", admin, "<tds:Write/>", refuse, 500, "env:Receiver/ter:OutofMemory"},
		{"bind before handler", admin, "<tds:Write/>", nil, 400, "env:Sender/ter:InvalidArgs"},
		{"unknown namespace", admin, `<x:Read xmlns:x="urn:x"/>`, nil, 400, "env:Sender/ter:UnknownAction"},
		{"no namespace", admin, `<Read/>`, nil, 400, "env:Sender/ter:UnknownAction"},
		{"too many elements", admin, "<tds:Read>" + strings.Repeat("<tds:Text/>", 20001) + "</tds:Read>", nil, 500, "env:Receiver/ter:OutofMemory"},
		{"too deep", admin, strings.Repeat("<tds:Read>", 63) + strings.Repeat("</tds:Read>", 63), nil, 500, "env:Receiver/ter:OutofMemory"},
		{"deep enough for a fault of its own", admin, strings.Repeat("<tds:Read>", 62) + strings.Repeat("</tds:Read>", 62), nil, 400, "env:Sender/ter:TagMismatch"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, tc.change)
			got := see(t, b.pipeline.Handle(t.Context(), post(message(envelope12, tc.header, tc.body))))
			if got.Status != tc.status || got.Fault != tc.want {
				t.Errorf("%d %s, want %d %s", got.Status, got.Fault, tc.status, tc.want)
			}
			if len(b.records) != 1 || b.records[0].Fault != tc.want || b.records[0].Status != tc.status {
				t.Errorf("records %+v", b.records)
			}
			b.noBugs(t)
		})
	}
}

func TestWhatIsNoSOAPIsAnsweredWithoutAFault(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"text": "hello", "JSON": "{}", "HTML": "<html><body/></html>", "a cut tag": "<", "zeroes": "\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, nil)
			r := b.pipeline.Handle(t.Context(), post(body))
			if r.Status != http.StatusBadRequest || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/plain") {
				t.Errorf("%d %s %q", r.Status, r.Header.Get("Content-Type"), r.Body)
			}
			if len(b.records) != 1 || b.records[0].Fault != "" {
				t.Errorf("records %+v", b.records)
			}
		})
	}
}

// TestEmptyBodyGetsAChallenge: curl --digest sends none until it has one.
func TestEmptyBodyGetsAChallenge(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	for _, body := range []string{"", " \r\n"} {
		got := see(t, b.pipeline.Handle(t.Context(), post(body)))
		want := outcome{401, "env:Sender/ter:NotAuthorized", []string{"Digest"}, "application/soap+xml; charset=utf-8"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("without Authorization (-want +got):\n%s", diff)
		}
	}
	got := see(t, b.pipeline.Handle(t.Context(), post("", b.digest("User", "User"))))
	if want := (outcome{Status: 400, Type: "text/plain; charset=utf-8"}); !cmp.Equal(want, got) {
		t.Errorf("with Authorization: %+v, want %+v", got, want)
	}
}

func TestStatusFollowsTheFaultCode(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		switched         int
		sender, receiver int
	}{{0, 400, 500}, {400, 400, 500}, {500, 500, 500}} {
		b := newBench(t, func(b *bench, _ *auth.Config) { b.SenderStatus = tc.switched })
		for body, want := range map[string]int{
			message(envelope12, "", "<tds:Pre/>"):                               tc.sender,
			message(envelope12, "", call("Unknown")):                            tc.receiver,
			message(envelope12, "", call("Pre")):                                200,
			message("urn:other", "", call("Pre")):                               500, // VersionMismatch
			message(envelope12, token("User", "x", "n", begin()), call("Read")): 400, // whatever the switch says (Core 5.9.1)
		} {
			if got := b.pipeline.Handle(t.Context(), post(body)).Status; got != want {
				t.Errorf("switch %d: status %d, want %d: %s", tc.switched, got, want, body)
			}
		}
	}
}

func TestSOAP11IsAnsweredInKind(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	served := b.pipeline.Handle(t.Context(), post(message(envelope11, "", call("Pre"))))
	if m, err := soap.Parse(served.Body, soap.Limits{}); err != nil || m.Version != soap.V11 || served.Status != 200 {
		t.Errorf("%d %v\n%s", served.Status, err, served.Body)
	}
	if got := served.Header.Get("Content-Type"); got != "text/xml; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
	fault := b.pipeline.Handle(t.Context(), post(message(envelope11, "", "<tds:Pre/>")))
	got := see(t, fault)
	// SOAP 1.1 section 6.2 has one status for all faults.
	if want := (outcome{Status: 500, Fault: "env:Client", Type: "text/xml; charset=utf-8"}); !cmp.Equal(want, got) {
		t.Errorf("%+v, want %+v\n%s", got, want, fault.Body)
	}
	if m, _ := soap.Parse(fault.Body, soap.Limits{}); m.Body.FindElement("./detail/InvalidArgs") == nil {
		t.Errorf("the subcode is not in the detail:\n%s", fault.Body)
	}
}

func TestReplyHasAddressingHeadersIfTheRequestHad(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	header := `<a:Action xmlns:a="http://www.w3.org/2005/08/addressing" e:mustUnderstand="1">urn:whatever</a:Action>` +
		`<a:MessageID xmlns:a="http://www.w3.org/2005/08/addressing">urn:uuid:1</a:MessageID>`
	for body, action := range map[string]string{
		call("Pre"):    "urn:PreResponse",
		"<tds:Pre/>":   "http://www.w3.org/2005/08/addressing/soap/fault",
		call("Absent"): "http://www.w3.org/2005/08/addressing/soap/fault",
	} {
		r := b.pipeline.Handle(t.Context(), post(message(envelope12, header, body)))
		m, err := soap.Parse(r.Body, soap.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if h := m.Header; h.Action != action || h.RelatesTo != "urn:uuid:1" {
			t.Errorf("%s: action %q, relates to %q", body, h.Action, h.RelatesTo)
		}
	}
	plain := b.pipeline.Handle(t.Context(), post(message(envelope12, "", call("Pre"))))
	if strings.Contains(string(plain.Body), "addressing") {
		t.Errorf("headers nobody asked for:\n%s", plain.Body)
	}
}

func TestOperationIsThatOfTheBodyNotOfTheHeaders(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	r := post(message(envelope12, `<a:Action xmlns:a="http://www.w3.org/2005/08/addressing">urn:Write</a:Action>`, call("Pre")))
	r.Header.Set("SOAPAction", `"urn:Write"`)
	r.Header.Set("Content-Type", `application/soap+xml; action="urn:Write"`)
	if got := b.pipeline.Handle(t.Context(), r); got.Status != 200 || b.records[0].Op != "tds:Pre" {
		t.Errorf("%d %+v", got.Status, b.records)
	}
}

func TestHandlerSeesContextRequestAndIdentity(t *testing.T) {
	t.Parallel()
	type key struct{}
	var seen caller
	b := newBench(t, nil, entry("Look", auth.ReadSystem, func(c caller, q *echo) (*echoed, error) { seen = c; return reply(c, q) }))
	ctx := context.WithValue(t.Context(), key{}, "value")
	q := post(message(envelope12, "", call("Look")), b.digest("Operator", "Operator"))
	b.pipeline.Handle(ctx, q)
	want := auth.Identity{User: "Operator", Level: auth.Operator, How: auth.ByDigestMD5}
	if seen.x == nil || seen.ctx.Value(key{}) != "value" || seen.x.Request != q || !cmp.Equal(seen.x.Identity, want) || seen.x.Row.Name != "Look" {
		t.Errorf("the handler saw %+v", seen.x)
	}
}

func TestHooksMayChangeTheAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(b *bench, _ *auth.Config) {
		b.Hooks.After = func(_ context.Context, x *op.Exchange) {
			if x.Answer != nil {
				x.Answer.ChildElements()[0].SetText("changed")
			}
			x.Reply.Header.Set("X-Quirk", "yes")
			x.Reply.Status = http.StatusAccepted
		}
	})
	r := b.pipeline.Handle(t.Context(), post(message(envelope12, "", call("Pre"))))
	if r.Status != http.StatusAccepted || r.Header.Get("X-Quirk") != "yes" || !strings.Contains(string(r.Body), ">changed<") {
		t.Errorf("%d %v\n%s", r.Status, r.Header, r.Body)
	}
}

func TestFaultOutsideTheRowIsABug(t *testing.T) {
	t.Parallel()
	listed := soap.FaultOf("env:Sender", "ter:InvalidArgVal", "ter:NoSuch", "")
	for name, tc := range map[string]struct {
		err   error
		fault func(*op.Row, error) *soap.Fault
		want  string
		bug   string
	}{
		"listed":           {listed, nil, "env:Sender/ter:InvalidArgVal/ter:NoSuch", ""},
		"listed, wrapped":  {fmt.Errorf("key %q: %w", "k", listed), nil, "env:Sender/ter:InvalidArgVal/ter:NoSuch", ""},
		"generic":          {soap.InvalidArgVal(), nil, "env:Sender/ter:InvalidArgVal", ""},
		"unlisted":         {soap.FaultOf("env:Sender", "ter:InvalidArgVal", "ter:Other", "x"), nil, "env:Sender/ter:InvalidArgVal/ter:Other", "does not list the fault env:Sender/ter:InvalidArgVal/ter:Other"},
		"wrong code":       {soap.Generic(soap.Receiver, "ter:InvalidArgVal"), nil, "env:Receiver/ter:InvalidArgVal", "does not list"},
		"unknown error":    {errDomain, nil, "env:Receiver/ter:Action", "no fault for: a rule says no"},
		"error of no rule": {errDomain, func(*op.Row, error) *soap.Fault { return nil }, "env:Receiver/ter:Action", "no fault for: a rule says no"},
		"known error":      {errDomain, func(*op.Row, error) *soap.Fault { return listed }, "env:Sender/ter:InvalidArgVal/ter:NoSuch", ""},
		"unlisted mapping": {errDomain, func(*op.Row, error) *soap.Fault { return soap.Generic(soap.Sender, "") }, "env:Sender", "does not list"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, func(b *bench, _ *auth.Config) { b.Fault = tc.fault },
				entry("Fail", auth.PreAuth, func(caller, *echo) (*echoed, error) { return nil, tc.err }))
			got := see(t, b.pipeline.Handle(t.Context(), post(message(envelope12, "", call("Fail")))))
			if got.Fault != tc.want {
				t.Errorf("fault %s, want %s", got.Fault, tc.want)
			}
			if bug := strings.Join(b.bugs, "\n"); (bug == "") != (tc.bug == "") || !strings.Contains(bug, tc.bug) {
				t.Errorf("bugs %q, want %q", bug, tc.bug)
			}
			if !errors.Is(b.records[0].Err, tc.err) {
				t.Errorf("record has error %v", b.records[0].Err)
			}
		})
	}
}

func TestPanicIsACriticalError(t *testing.T) {
	t.Parallel()
	boom := func(caller, *echo) (*echoed, error) { panic("secret of the house") }
	for name, change := range map[string]func(*bench, *auth.Config){
		"handler": nil,
		"before": func(b *bench, _ *auth.Config) {
			b.Hooks.Before = func(context.Context, *op.Exchange) *soap.Fault { panic("secret of the house") }
		},
		"after": func(b *bench, _ *auth.Config) {
			b.Hooks.After = func(context.Context, *op.Exchange) { panic("secret of the house") }
		},
		"access": func(b *bench, _ *auth.Config) { b.Off = func(*op.Row) bool { panic("secret of the house") } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, change, entry("Boom", auth.PreAuth, boom))
			r := b.pipeline.Handle(t.Context(), post(message(envelope12, "", call("Boom"))))
			want := outcome{Status: 500, Fault: "env:Receiver/ter:CriticalError", Type: "application/soap+xml; charset=utf-8"}
			if got := see(t, r); !cmp.Equal(got, want) {
				t.Errorf("%+v, want %+v", got, want)
			}
			if strings.Contains(string(r.Body), "secret") {
				t.Errorf("the panic is told to the client:\n%s", r.Body)
			}
			if len(b.bugs) != 1 || !strings.Contains(b.bugs[0], "pipeline_test.go") || len(b.records) != 1 || b.records[0].Err == nil {
				t.Errorf("bugs %q, records %+v", b.bugs, b.records)
			}
		})
	}
}

func TestAnswerThatDoesNotFitItsTypeIsABug(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil, entry("Long", auth.PreAuth, func(caller, *echo) (*echoed, error) { return &echoed{"longer than ten"}, nil }))
	got := see(t, b.pipeline.Handle(t.Context(), post(message(envelope12, "", call("Long")))))
	if got.Fault != "env:Receiver/ter:CriticalError" || len(b.bugs) != 1 || !strings.Contains(b.bugs[0], "tds:Long: the answer cannot be written") {
		t.Errorf("%+v, bugs %q", got, b.bugs)
	}
}

func TestBrokenAuthenticationIsNoRefusal(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(b *bench, c *auth.Config) { b.Auth = outOfOrder{auth.New(*c)} })
	got := see(t, b.pipeline.Handle(t.Context(), post(message(envelope12, "", call("Read")))))
	if got.Status != 500 || got.Fault != "env:Receiver/ter:CriticalError" || len(got.Challenges) != 0 || len(b.bugs) != 1 {
		t.Errorf("%+v, bugs %q", got, b.bugs)
	}
}

type outOfOrder struct{ *auth.Authenticator }

func (outOfOrder) Identify(auth.Request) (auth.Identity, error) { return auth.Identity{}, errDomain }

func TestRecordTellsTheWholeRequest(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.Table = op.NewTable([]op.Entry[caller]{entry("Slow", auth.ReadSystem, func(c caller, q *echo) (*echoed, error) {
		b.clock.Advance(3 * time.Second)
		return reply(c, q)
	})})
	b.pipeline = op.New(b.Config)
	q := post(message(envelope12, "", call("Slow")), b.digest("User", "User"))
	q.Secure = true
	r := b.pipeline.Handle(t.Context(), q)
	want := op.Record{
		Time: begin(), Duration: 3 * time.Second, Op: "tds:Slow", Peer: q.Peer, Secure: true, Status: 200,
		Identity: auth.Identity{User: "User", Level: auth.User, How: auth.ByDigestMD5}, Request: q.Body, Reply: r.Body,
	}
	if len(b.records) != 1 || !cmp.Equal(b.records[0], want, cmp.Comparer(func(a, b interface{ String() string }) bool { return a.String() == b.String() })) {
		t.Errorf("records %+v\nwant %+v", b.records, want)
	}
}
