package security_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// uploads are the operations that take in DER, each with what it could be.
func uploads() []func(der []byte) string {
	return []func([]byte) string{
		func(der []byte) string { return upload(encode(der), element("Alias", "x")) },
		revocations,
		func(der []byte) string { return pkcs8(encode(der), "") },
		func(der []byte) string { return pkcs8(encode(der), byValue("secret")) },
		func(der []byte) string { return pkcs12(encode(der), "") },
		func(der []byte) string { return pkcs12(encode(der), element("Passphrase", "secret")) },
	}
}

// mostChecked is how many answers of a run the schemas are asked about.
const mostChecked = 1000

// settle checks an answer of the fuzzed camera: a fault changes nothing, and
// what is served is a state without damage, which is undone.
func (b *bench) settle(t *testing.T, ask func() cameratest.Answer) {
	t.Helper()
	before, was := b.State.View(), sections(t, b.Camera)
	a := ask()
	if b.checked < mostChecked && a.Root != nil {
		b.checked++
		b.check.Add("", a.Body)
	}
	if a.Status != 200 {
		if b.State.View() != before || !bytes.Equal(sections(t, b.Camera), was) {
			t.Errorf("%d %s, and the state changed", a.Status, a.Fault)
		}
		if a.Status != 400 && a.Status != 500 && a.Status != 401 {
			t.Errorf("status %d", a.Status)
		}
		return
	}
	if err := b.State.View().Validate(); err != nil {
		t.Errorf("the state is damaged: %v", err)
	}
	b.back(t, before)
}

// FuzzUploads gives DER to the operations that take it in. Faults that an
// operation does not document, and panics, fail the test by themselves.
func FuzzUploads(f *testing.F) {
	fixture := newFixture(f)
	for _, s := range structures(f, fixture.material) {
		for kind := range uploads() {
			f.Add(byte(kind), s.der)
		}
	}
	f.Add(byte(0), []byte{})
	b := newBench(f, fixture, schematest.Collect(f))
	f.Fuzz(func(t *testing.T, kind byte, der []byte) {
		all := uploads()
		body := all[int(kind)%len(all)](der)
		b.settle(t, func() cameratest.Answer { return b.Call(t, cameratest.Call{As: "admin", Body: body}) })
	})
}

// FuzzMessages sends whatever it likes to the service, as the administrator
// and as nobody. The answer is a SOAP message or says that there was none.
func FuzzMessages(f *testing.F) {
	fixture := newFixture(f)
	rows := table(fixture.material)
	var seeds [][]byte
	for _, o := range specified(f) {
		for _, a := range append([]attempt{rows[o.Operation].served}, values(rows[o.Operation].faults)...) {
			if len(a.body) < 4<<10 {
				seeds = append(seeds, []byte(cameratest.Envelope("", fixture.fill(a.body))))
			}
		}
	}
	for _, s := range seeds {
		f.Add(s)
	}
	b := newBench(f, fixture, schematest.Collect(f))
	f.Fuzz(func(t *testing.T, message []byte) {
		if len(message) == 0 || bytes.Contains(message, []byte("SystemReboot")) {
			return // the first has an answer of its own, the second ends the camera
		}
		for _, account := range []string{"", "admin"} {
			b.settle(t, func() cameratest.Answer {
				a := b.Call(t, cameratest.Call{As: account, Envelope: string(message)})
				if a.Root == nil && !strings.HasPrefix(a.Header.Get("Content-Type"), "text/plain") {
					t.Errorf("neither a message nor a text: %s", a.Body)
				}
				if _, err := soap.Parse(a.Body, soap.Limits{Bytes: 64 << 20}); a.Root != nil && err != nil {
					t.Errorf("%v in %s", err, a.Body)
				}
				return a
			})
		}
	})
}

// values are those of the faults, in no order.
func values(m map[string]attempt) []attempt {
	var out []attempt
	for _, a := range m {
		out = append(out, a)
	}
	return out
}
