package camera_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net/http"
	"strconv"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/state"
)

// BenchmarkLogin is one and the same request by each kind of credential, in
// process, with what the client does for it; beside it the same without any.
func BenchmarkLogin(b *testing.B) {
	viewer := &x509.Certificate{Subject: pkix.Name{Names: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: "viewer"}}}}
	for name, make := range map[string]func(n int) cameratest.Call{
		"nobody": func(int) cameratest.Call { return cameratest.Call{Body: getHostname} },
		"digest": func(int) cameratest.Call { return cameratest.Call{As: "viewer", Body: readSystem} },
		"username-token": func(n int) cameratest.Call {
			return cameratest.Call{Header: cameratest.UsernameToken("viewer", cameratest.Password, strconv.Itoa(n), cameratest.Start()), Body: readSystem}
		},
	} {
		b.Run(name, func(b *testing.B) {
			c, n := cameratest.New(b, cameratest.Config{}), 0
			b.ReportAllocs()
			for b.Loop() {
				n++
				if a := c.Call(b, make(n)); a.Fault != "" {
					b.Fatal(a.Fault)
				}
			}
		})
	}
	b.Run("certificate", func(b *testing.B) {
		c := cameratest.New(b, cameratest.Config{})
		err := c.State.Update(func(tx *state.Tx) error {
			t := &tx.Keystore().TLS
			t.ClientAuthRequired, t.CnMapsToUser = true, true
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		body := []byte(cameratest.Envelope("", readSystem))
		b.ReportAllocs()
		for b.Loop() {
			reply, err := c.Handle(b.Context(), &op.Request{Method: http.MethodPost, URI: "/onvif/device_service", Path: "/onvif/device_service", Secure: true, Client: viewer, Header: http.Header{}, Body: body})
			if err != nil || reply.Status != http.StatusOK {
				b.Fatal(reply, err)
			}
		}
	})
}
