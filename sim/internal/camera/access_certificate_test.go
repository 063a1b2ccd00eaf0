package camera_test

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/pki"
)

// TestClientCertificatesAtEveryDoor: where certificates name the users, nothing
// else counts over TLS (Security 5.3.2), and the doors without TLS go on as before.
func TestClientCertificatesAtEveryDoor(t *testing.T) {
	t.Parallel()
	g := &guarded{clients: newClients(t)}
	g.policy(t)
	g.must(t, "<tas:SetCnMapsToUser><tas:cnMapsToUser>true</tas:cnMapsToUser></tas:SetCnMapsToUser>")
	stranger := g.authority(t, nil, "root")
	row := func(way string, own *tls.Certificate, secure outcome) accessRow {
		return accessRow{
			kind: "certificate", way: way, want: challenged, except: map[string]outcome{"secure": secure},
			carry: func(*testing.T, *guarded, door) credentials { return credentials{certificate: own} },
		}
	}
	expired := func(p *pki.Template) { p.NotAfter = cameratest.Start().Add(-time.Second) }
	under := row("under-privileged", g.certificate(t, g.root, "viewer", nil), served)
	under.body = readSecret
	under.except["SOAP over HTTPS"] = forbidden
	password := row("invalid, with a right password", nil, ended)
	password.want = served
	password.carry = func(t *testing.T, g *guarded, d door) credentials {
		switch d.protocol { // nobody is challenged behind TLS
		case device.HTTPS:
			d.protocol = device.HTTP
		case device.RTSPS:
			d.protocol = device.RTSP
		}
		c := g.challenge(t, d, "MD5").header("")
		c.certificate = g.certificate(t, stranger, "viewer", nil)
		return c
	}
	tryDoors(t, g, []accessRow{
		row("good", g.certificate(t, g.root, "viewer", nil), served),
		row("unknown common name", g.certificate(t, g.root, "nobody", nil), forbidden),
		row("missing", nil, ended),
		row("expired", g.certificate(t, g.root, "viewer", expired), ended),
		row("of another authority", g.certificate(t, stranger, "viewer", nil), ended),
		under, password,
	})
}

// TestCertificateAloneIsNobody where it names no user: it lets clients connect,
// and then they log in as everywhere.
func TestCertificateAloneIsNobody(t *testing.T) {
	t.Parallel()
	g := &guarded{clients: newClients(t)}
	g.policy(t)
	own := g.certificate(t, g.root, "admin", nil)
	with := func(password string) func(*testing.T, *guarded, door) credentials {
		return func(t *testing.T, g *guarded, d door) credentials {
			c := credentials{certificate: own}
			if password != "" {
				plain := d
				switch d.protocol {
				case device.HTTPS:
					plain.protocol = device.HTTP
				case device.RTSPS:
					plain.protocol = device.RTSP
				}
				r := g.challenge(t, plain, "SHA-256")
				r.password = password
				c.authorization = r.header("").authorization
			}
			return c
		}
	}
	tryDoors(t, g, []accessRow{
		{kind: "certificate", way: "alone", carry: with(""), want: challenged},
		{kind: "certificate", way: "with a right password", carry: with(cameratest.Password), want: served},
		{kind: "certificate", way: "with a wrong password", carry: with("x"), want: challenged},
	})
}
