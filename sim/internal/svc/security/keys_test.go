package security_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/camera/cameratest"
	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/schematest"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/state"
)

func createRSA(bits int) string {
	return fmt.Sprintf("<tas:CreateRSAKeyPair><tas:KeyLength>%d</tas:KeyLength><tas:Alias>ünï</tas:Alias></tas:CreateRSAKeyPair>", bits)
}

func createECC(curve string) string {
	return "<tas:CreateECCKeyPair><tas:EllipticCurve>" + curve + "</tas:EllipticCurve></tas:CreateECCKeyPair>"
}

func byKey(operation, id string) string {
	return "<tas:" + operation + "><tas:KeyID>" + id + "</tas:KeyID></tas:" + operation + ">"
}

// bubble runs f with a camera whose time passes by itself while nothing else
// happens. All answers are validated.
func bubble(t *testing.T, change func(*profiles.Profile), f func(t *testing.T, c *cameratest.Camera)) {
	t.Helper()
	t.Parallel()
	opened, check := cameratest.Open(t, "flagship"), schematest.Collect(t)
	synctest.Test(t, func(t *testing.T) {
		f(t, cameratest.New(t, cameratest.Config{
			Opened: opened, Change: change, Clock: clock.Real(),
			Answered: func(a cameratest.Answer) { check.Add("", a.Body) },
		}))
	})
}

// start creates a key and returns its ID and the estimate.
func start(t *testing.T, c *cameratest.Camera, body string) (string, time.Duration) {
	t.Helper()
	a := c.As(t, "admin", body)
	estimate, err := soap.ParseDuration(a.Text("./EstimatedCreationTime"))
	if a.Fault != "" || err != nil || estimate.Span <= 0 {
		t.Fatalf("%s: %v", a.Body, err)
	}
	return a.Text("./KeyID"), estimate.Span
}

func status(t *testing.T, c *cameratest.Camera, id string) string {
	t.Helper()
	a := c.As(t, "admin", byKey("GetKeyStatus", id))
	return a.Text("./KeyStatus") + a.Fault
}

func TestKeysAreGeneratedWithinTheEstimate(t *testing.T) { // ADVANCED_SECURITY-1-1-1, 1-1-3, 1-1-4 and SECX-01
	slow := func(p *profiles.Profile) {
		p.Keys.Generation = profiles.Generation{ECDSA: 2 * time.Second, RSA2048: 5 * time.Second, RSA3072: 20 * time.Second, RSA4096: time.Minute}
	}
	bubble(t, slow, func(t *testing.T, c *cameratest.Camera) {
		before := len(c.As(t, "admin", "<tas:GetAllKeys/>").Texts("./KeyAttribute/KeyID"))
		for i, body := range []string{createRSA(2048), createECC("secp256r1"), createECC("secp384r1"), createECC("secp521r1")} {
			id, estimate := start(t, c, body)
			if got := status(t, c, id); got != "generating" {
				t.Errorf("%s: %s", body, got)
			}
			time.Sleep(estimate)
			synctest.Wait()
			if got := status(t, c, id); got != "ok" {
				t.Errorf("%s after %v: %s", body, estimate, got)
			}
			a := c.As(t, "admin", "<tas:GetAllKeys/>")
			if n := len(a.Texts("./KeyAttribute/KeyID")); n != before+i+1 {
				t.Errorf("%d keys, there were %d", n, before)
			}
			own := "./KeyAttribute[KeyID='" + id + "']/"
			if got := []string{a.Text(own + "hasPrivateKey"), a.Text(own + "externallyGenerated"), a.Text(own + "securelyStored")}; !slices.Equal(got, []string{"true", "false", "false"}) {
				t.Errorf("%s: %v", body, got)
			}
		}
		if err := c.State.View().Validate(); err != nil || len(c.State.View().Jobs.Jobs) > 0 {
			t.Errorf("%v; jobs %v", err, c.State.View().Jobs.Jobs)
		}
	})
}

func TestKeyStatusIsToldByEvents(t *testing.T) { // ADVANCED_SECURITY-1-1-2 and SECX-14
	bubble(t, func(p *profiles.Profile) {
		p.Keys.Generation = profiles.Generation{ECDSA: 2 * time.Second, CorruptEvery: 2}
	}, func(t *testing.T, c *cameratest.Camera) {
		a := c.As(t, "admin", `<tev:CreatePullPointSubscription><tev:Filter><wsnt:TopicExpression Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">`+
			`tns1:Advancedsecurity/Keystore/KeyStatus</wsnt:TopicExpression></tev:Filter></tev:CreatePullPointSubscription>`)
		_, path, ok := strings.Cut(a.Text("./SubscriptionReference/Address"), "20004")
		if !ok {
			t.Fatalf("%s", a.Body)
		}
		var want []string
		for _, last := range []string{"ok", "corrupt"} {
			id, estimate := start(t, c, createECC("secp256r1"))
			time.Sleep(estimate + time.Second)
			want = append(want, id+" generating", id+" generating "+last)
			if got := status(t, c, id); got != last {
				t.Errorf("%s, want %s", got, last)
			}
		}
		a = c.Call(t, cameratest.Call{As: "admin", Path: path, Body: "<tev:PullMessages><tev:Timeout>PT1S</tev:Timeout><tev:MessageLimit>10</tev:MessageLimit></tev:PullMessages>"})
		var got []string
		for _, m := range a.Root.FindElements("./NotificationMessage/Message/Message") {
			var words []string
			for _, item := range m.FindElements(".//SimpleItem") {
				words = append(words, item.SelectAttrValue("Value", ""))
			}
			got = append(got, strings.Join(words, " "))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestDeletingAKeyAbortsItsGeneration(t *testing.T) { // ADVANCED_SECURITY-1-1-5
	bubble(t, func(p *profiles.Profile) { p.Keys.Generation.ECDSA = time.Minute }, func(t *testing.T, c *cameratest.Camera) {
		before := c.State.View()
		id, estimate := start(t, c, createECC("secp256r1"))
		if len(c.State.View().Jobs.Jobs) != 1 {
			t.Fatal("there is no job")
		}
		if a := c.As(t, "admin", byKey("DeleteKey", id)); a.Fault != "" {
			t.Fatal(a.Fault)
		}
		time.Sleep(estimate + time.Second)
		after := c.State.View()
		if len(after.Jobs.Jobs) != 0 || len(after.Keystore.Keys) != len(before.Keystore.Keys) || status(t, c, id) != arg+"/ter:KeyID" {
			t.Errorf("%d keys, jobs %v", len(after.Keystore.Keys), after.Jobs.Jobs)
		}
	})
}

func TestKeysOfARestartedCameraAreFinished(t *testing.T) { // SECX-15
	bubble(t, func(p *profiles.Profile) { p.Keys.Generation.ECDSA = time.Minute }, func(t *testing.T, c *cameratest.Camera) {
		id, estimate := start(t, c, createECC("secp256r1"))
		c.Reboot()
		time.Sleep(estimate)
		synctest.Wait()
		if k, err := c.State.View().Keystore.Key(id); err != nil || k.Status != keystore.StatusOK {
			t.Errorf("%+v, %v", k, err)
		}
	})
}

func TestRefusedKeysChangeNothing(t *testing.T) { // SECF: CreateRSAKeyPair, CreateECCKeyPair, DeleteKey
	bubble(t, func(p *profiles.Profile) { p.Limits.Keystore.Keys = 6 }, func(t *testing.T, c *cameratest.Camera) {
		refuses := func(body, fault string) {
			t.Helper()
			before := c.State.View()
			if a := c.As(t, "admin", body); a.Fault != fault {
				t.Errorf("%.80s: %s, want %s", body, a.Fault, fault)
			}
			if c.State.View() != before {
				t.Errorf("%.80s: the state has changed", body)
			}
		}
		for _, bits := range []int{0, 1, 1024, 2047, 8192, 1 << 40} {
			refuses(createRSA(bits), arg+"/ter:KeyLength")
		}
		for _, curve := range []string{"", "P-256", "secp224r1", "x25519", strings.Repeat("c", 10_000)} {
			refuses(createECC(curve), arg+"/ter:UnsupportedEllipticCurve")
		}
		long := "<tas:CreateRSAKeyPair><tas:KeyLength>2048</tas:KeyLength><tas:Alias>" + strings.Repeat("a", 1025) + "</tas:Alias></tas:CreateRSAKeyPair>"
		refuses(long, "env:Sender/ter:InvalidArgVal")
		keys := c.State.View().Keystore
		refuses(byKey("DeleteKey", "none"), arg+"/ter:KeyID")
		refuses(byKey("DeleteKey", keys.Paths[0].ID), arg+"/ter:KeyID")
		refuses(byKey("DeleteKey", keys.Keys[0].ID), arg+"/ter:ReferenceExists")
		refuses(byKey("GetKeyStatus", "none"), arg+"/ter:KeyID")
		for len(c.State.View().Keystore.Keys) < 6 {
			start(t, c, createECC("secp256r1"))
		}
		synctest.Wait()
		refuses(createECC("secp256r1"), action+"/ter:MaximumNumberOfKeysReached")
		refuses(createRSA(2048), action+"/ter:MaximumNumberOfKeysReached")
	})
}

func TestKeysWithoutAJobBecomeCorrupt(t *testing.T) {
	t.Parallel()
	opened := cameratest.Open(t, "flagship")
	c := cameratest.New(t, cameratest.Config{Opened: opened})
	var id string
	if err := c.State.Update(func(tx *state.Tx) error {
		k, err := tx.Keystore().BeginKey(keystore.Spec{Algorithm: keystore.ECDSA, Bits: 256}, "", tx.Random())
		id = k.ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	again := cameratest.New(t, cameratest.Config{Opened: opened, First: c.State.View()})
	if k, err := again.State.View().Keystore.Key(id); err != nil || k.Status != keystore.StatusCorrupt {
		t.Errorf("%+v, %v", k, err)
	}
}

func TestCapabilitiesSayWhatKeysThereAre(t *testing.T) { // ADVANCED_SECURITY-5-1-1 and 5-1-2
	t.Parallel()
	opened, check := cameratest.Open(t, "flagship"), schematest.Collect(t)
	for name, c := range map[string]struct {
		off  []string
		want string
	}{
		"all":       {nil, "64 true 2048 3072 4096 true secp256r1 secp384r1 secp521r1"},
		"no ECC":    {[]string{"tas:CreateECCKeyPair"}, "64 true 2048 3072 4096"},
		"no RSA":    {[]string{"tas:CreateRSAKeyPair"}, "64 true secp256r1 secp384r1 secp521r1"},
		"no delete": {[]string{"tas:DeleteKey"}, ""},
		"no list":   {[]string{"tas:GetAllKeys"}, ""},
	} {
		cam := cameratest.New(t, cameratest.Config{
			Opened: opened, Change: func(p *profiles.Profile) { p.ONVIF.OperationsOff = c.off },
			Answered: func(a cameratest.Answer) { check.Add("", a.Body) },
		})
		own := cam.As(t, "", "<tas:GetServiceCapabilities/>").Root.FindElement("./Capabilities/KeystoreCapabilities")
		listed := cam.As(t, "", "<tds:GetServices><tds:IncludeCapability>true</tds:IncludeCapability></tds:GetServices>").Root.FindElement(".//KeystoreCapabilities")
		for _, k := range []interface {
			SelectAttrValue(key, missing string) string
		}{own, listed} {
			var words []string
			for _, attr := range []string{"MaximumNumberOfKeys", "RSAKeyPairGeneration", "RSAKeyLengths", "ECCKeyPairGeneration", "EllipticCurves"} {
				if v := k.SelectAttrValue(attr, ""); v != "" {
					words = append(words, v)
				}
			}
			if got := strings.Join(words, " "); got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
	}
}
