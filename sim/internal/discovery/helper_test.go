package discovery

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/beevik/etree"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// datagram is a message on the wire of a test.
type datagram struct {
	data []byte
	path Path
	at   time.Time
}

// wire is a Conn without sockets: what the server reads is put into in, what it
// writes is kept in sent.
type wire struct {
	in    chan datagram
	gone  chan struct{}
	close sync.Once
	links []Path

	mu   sync.Mutex
	sent []datagram
	fail error
}

func newWire() *wire {
	return &wire{in: make(chan datagram), gone: make(chan struct{}), links: []Path{link()}}
}

func link() Path {
	return Path{Peer: netip.AddrPortFrom(Group4(), Port), Local: netip.MustParseAddr("192.0.2.1"), Interface: 2, Multicast: true}
}

// asker is the path of somebody who asks by multicast.
func asker(n int) Path {
	return Path{Peer: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}), 40000), Local: netip.MustParseAddr("192.0.2.1"), Interface: 2, Multicast: true}
}

func (w *wire) Read(p []byte) (int, Path, error) {
	select {
	case d := <-w.in:
		return copy(p, d.data), d.path, nil
	case <-w.gone:
		return 0, Path{}, net.ErrClosed
	}
}

func (w *wire) Write(p []byte, to Path) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return w.fail
	}
	w.sent = append(w.sent, datagram{slices.Clone(p), to, time.Now()})
	return nil
}

func (w *wire) Links() []Path { return w.links }

func (w *wire) Close() error {
	w.close.Do(func() { close(w.gone) })
	return nil
}

// ask hands a datagram to the server and waits until it was read.
func (w *wire) ask(path Path, data string) {
	w.in <- datagram{data: []byte(data), path: path}
	synctest.Wait()
}

// take returns what was sent up to now and forgets it.
func (w *wire) take() []datagram {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.sent
	w.sent = nil
	return out
}

// kinds lists the names of the bodies, repeats left out.
func kinds(t *testing.T, list []datagram) []string {
	t.Helper()
	var out []string
	seen := map[string]bool{}
	for _, d := range list {
		if id := field(t, d, "MessageID"); !seen[id] {
			seen[id] = true
			out = append(out, body(t, d).Tag)
		}
	}
	return out
}

func body(t *testing.T, d datagram) *etree.Element {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(d.data); err != nil {
		t.Fatalf("%v: %s", err, d.data)
	}
	return doc.Root().SelectElement("Body").ChildElements()[0]
}

// field returns the text of the first element of that name.
func field(t *testing.T, d datagram, name string) string {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(d.data); err != nil {
		t.Fatalf("%v: %s", err, d.data)
	}
	if el := doc.FindElement("//" + name); el != nil {
		return el.Text()
	}
	return ""
}

// target makes the n-th camera.
func target(n int) Target {
	return Target{
		Camera:  fmt.Sprintf("cam-%04d", n),
		Address: fmt.Sprintf("urn:uuid:00000000-0000-4000-8000-%012d", n),
		Types:   []QName{DeviceType(), NetworkVideoTransmitterType()},
		Scopes:  []string{"onvif://www.onvif.org/Profile/T", "onvif://www.onvif.org/hardware/D1-566", fmt.Sprintf("onvif://www.onvif.org/name/cam%d", n)},
		XAddrs: func(p Path) []string {
			return []string{fmt.Sprintf("http://%s:%d/onvif/device_service", p.Local, 20000+10*n), fmt.Sprintf("https://%s:%d/onvif/device_service", p.Local, 20001+10*n)}
		},
	}
}

// start runs f with a server on one wire, inside a bubble of its own time.
func start(t *testing.T, limits Limits, f func(t *testing.T, s *Server, w *wire)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWire()
		s, err := Start(Config{Conns: []Conn{w}, Clock: clock.Real(), Random: seed.New(1).Stream("discovery"), Limits: limits})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
		f(t, s, w)
	})
}

// settle lets time pass until nothing is left to be sent.
func settle() {
	synctest.Wait()
	time.Sleep(10 * time.Second) // of the bubble's time
	synctest.Wait()
}

// envelopeOf wraps a body as a client would send it.
func envelopeOf(id, action, body string) string {
	return `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing">` +
		`<s:Header><a:Action s:mustUnderstand="1">http://schemas.xmlsoap.org/ws/2005/04/discovery/` + action + `</a:Action><a:MessageID>` + id + `</a:MessageID>` +
		`<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>` +
		`<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
}

// probeOf makes a Probe with the given types (prefixes tds, dn, x) and scopes.
func probeOf(id, types, matchBy, scopes string) string {
	var b strings.Builder
	b.WriteString(`<Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery">`)
	if types != "" {
		b.WriteString(`<d:Types xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl" ` +
			`xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:x="urn:x">` + types + `</d:Types>`)
	}
	if scopes != "" {
		b.WriteString(`<Scopes`)
		if matchBy != "" {
			b.WriteString(` MatchBy="` + matchBy + `"`)
		}
		b.WriteString(`>` + scopes + `</Scopes>`)
	}
	b.WriteString(`</Probe>`)
	return envelopeOf(id, "Probe", b.String())
}
