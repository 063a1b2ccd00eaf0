package discovery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"golang.org/x/net/ipv4"
)

// loopback returns the loopback interface.
func loopback(t *testing.T) net.Interface {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, ifi := range all {
		if ifi.Flags&net.FlagLoopback != 0 {
			return ifi
		}
	}
	t.Fatal("no loopback interface")
	return net.Interface{}
}

// listenLoopback starts a server with real sockets on a port of the system's choice.
func listenLoopback(t *testing.T, cameras int) (*Server, []Conn) {
	t.Helper()
	conns, err := Listen(context.Background(), SocketConfig{Interfaces: []net.Interface{loopback(t)}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(Config{Conns: conns, Clock: clock.Real(), Random: seed.New(1).Stream("d"), Limits: DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for n := range cameras {
		tgt := target(n)
		tgt.XAddrs = func(p Path) []string {
			if !p.SameHost {
				return nil
			}
			return []string{"http://" + net.JoinHostPort(p.Local.String(), strconv.Itoa(20000+10*n)) + "/onvif/device_service"}
		}
		s.Add(tgt)
	}
	return s, conns
}

// client is a UDP socket on loopback whose multicasts go out there.
func client(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	lo := loopback(t)
	if err := ipv4.NewPacketConn(c).SetMulticastInterface(&lo); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() }) //nolint:errcheck // the test is over
	return c
}

// answer waits for the next datagram that is not a repeat.
func answer(t *testing.T, c *net.UDPConn, seen map[string]bool) (datagram, netip.AddrPort) {
	t.Helper()
	buf := make([]byte, 1<<16)
	for {
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, from, err := c.ReadFromUDPAddrPort(buf)
		if err != nil {
			t.Fatal(err)
		}
		d := datagram{data: slices.Clone(buf[:n])}
		if id := field(t, d, "MessageID"); !seen[id] {
			seen[id] = true
			return d, from
		}
	}
}

func TestRealSocketsAnswerMulticastAndUnicastOnLoopback(t *testing.T) {
	t.Parallel()
	_, conns := listenLoopback(t, 2)
	port := conns[0].Links()[0].Peer.Port()
	c, seen := client(t), map[string]bool{}
	for i, to := range []netip.AddrPort{netip.AddrPortFrom(Group4(), port), netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port), netip.AddrPortFrom(netip.MustParseAddr("127.9.9.9"), port)} {
		id := fmt.Sprintf("urn:uuid:%d", i)
		if _, err := c.WriteToUDPAddrPort([]byte(probeOf(id, "tds:Device", "", "")), to); err != nil {
			t.Fatal(err)
		}
		want := to
		if to.Addr().IsMulticast() {
			want = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)
		}
		for range 2 {
			d, from := answer(t, c, seen)
			if field(t, d, "RelatesTo") != id || from != want {
				t.Errorf("to %v: answer from %v, want %v: %s", to, from, want, d.data)
			}
			if got := field(t, d, "XAddrs"); !strings.HasPrefix(got, "http://"+want.Addr().String()+":200") {
				t.Errorf("to %v: XAddrs %s", to, got)
			}
		}
	}
	if _, err := c.WriteToUDPAddrPort([]byte(probeOf("urn:uuid:bad", "", "urn:x", "urn:y")), netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)); err != nil {
		t.Fatal(err)
	}
	if d, _ := answer(t, c, seen); body(t, d).Tag != "Fault" {
		t.Errorf("got %s", d.data)
	}
}

func TestHelloReachesListenersOfTheGroup(t *testing.T) {
	t.Parallel()
	lo := loopback(t)
	// A listener as ZoneMinder's probe is one: it binds the port itself.
	s, conns := listenLoopback(t, 0)
	lc := net.ListenConfig{Control: shareAddress}
	pc, err := lc.ListenPacket(context.Background(), "udp4", fmt.Sprintf("0.0.0.0:%d", conns[0].Links()[0].Peer.Port()))
	if err != nil {
		t.Fatal(err)
	}
	c := pc.(*net.UDPConn)
	t.Cleanup(func() { c.Close() }) //nolint:errcheck // the test is over
	p := ipv4.NewPacketConn(c)
	if err := errors.Join(p.JoinGroup(&lo, &net.UDPAddr{IP: Group4().AsSlice()}), p.SetMulticastInterface(&lo)); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	dev := s.Add(target(7))
	if d, _ := answer(t, c, seen); body(t, d).Tag != "Hello" || field(t, d, "Address") != target(7).Address {
		t.Errorf("got %s", d.data)
	}
	dev.Leave()
	if d, _ := answer(t, c, seen); body(t, d).Tag != "Bye" || field(t, d, "Address") != target(7).Address {
		t.Errorf("got %s", d.data)
	}
	// It asks from the port it shares with the server, and hears the answer.
	s.Add(target(8))
	if d, _ := answer(t, c, seen); body(t, d).Tag != "Hello" {
		t.Errorf("got %s", d.data)
	}
	question := probeOf("urn:uuid:shared", "", "", "")
	if _, err := c.WriteToUDPAddrPort([]byte(question), conns[0].Links()[0].Peer); err != nil {
		t.Fatal(err)
	}
	for {
		d, _ := answer(t, c, seen)
		if body(t, d).Tag == "Probe" {
			continue // its own question, heard through the group
		}
		if body(t, d).Tag != "ProbeMatches" || field(t, d, "RelatesTo") != "urn:uuid:shared" {
			t.Errorf("got %s", d.data)
		}
		return
	}
}

func TestPythonClientFindsEveryCamera(t *testing.T) {
	t.Parallel()
	_, conns := listenLoopback(t, 25)
	out, err := exec.Command("python3", "testdata/probe.py", strconv.Itoa(int(conns[0].Links()[0].Peer.Port())), "25").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 25 {
		t.Fatalf("%d cameras: %s", len(lines), out)
	}
	for n, line := range lines {
		want := fmt.Sprintf("%s|127.0.0.1|tds:Device dn:NetworkVideoTransmitter|http://127.0.0.1:%d/onvif/device_service", target(n).Address, 20000+10*n)
		if line != want {
			t.Errorf("got  %s\nwant %s", line, want)
		}
	}
}

func TestPortThatIsTakenIsSaidSo(t *testing.T) {
	t.Parallel()
	busy, err := net.ListenPacket("udp4", "0.0.0.0:0") // without address reuse
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close() //nolint:errcheck // the test is over
	port := busy.LocalAddr().(*net.UDPAddr).Port
	busy6, err := net.ListenPacket("udp6", fmt.Sprintf("[::]:%d", port))
	if err == nil {
		defer busy6.Close() //nolint:errcheck // the test is over
	}
	conns, err := Listen(context.Background(), SocketConfig{Port: port, Interfaces: []net.Interface{loopback(t)}})
	var unavailable *UnavailableError
	if conns != nil || !errors.As(err, &unavailable) {
		t.Fatalf("got %v, %v", conns, err)
	}
	if unavailable.What != fmt.Sprintf("bind udp4 0.0.0.0:%d", port) || !strings.Contains(err.Error(), "address already in use") ||
		strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "ss -ulpn") {
		t.Errorf("got %v", err)
	}
}

func TestMachineWithoutMulticastIsSaidSo(t *testing.T) {
	t.Parallel()
	conns, err := Listen(context.Background(), SocketConfig{Interfaces: []net.Interface{}})
	var unavailable *UnavailableError
	if conns != nil || !errors.As(err, &unavailable) {
		t.Fatalf("got %v, %v", conns, err)
	}
	if want := "discovery: join 239.255.255.250: no interface has an address and multicast (no network interface can do multicast; cameras work without discovery)"; err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestOwnAddressTowardsAPeerIsOfItsNetwork(t *testing.T) {
	t.Parallel()
	own := []netip.Prefix{netip.MustParsePrefix("10.0.0.5/24"), netip.MustParsePrefix("192.168.1.5/24"), netip.MustParsePrefix("fe80::5/64")}
	for peer, want := range map[string]string{"10.0.0.9": "10.0.0.5", "192.168.1.9": "192.168.1.5", "172.16.0.1": "10.0.0.5", "fe80::1%eth0": "fe80::5"} {
		if got := localFor(own, netip.MustParseAddr(peer)); got.String() != want {
			t.Errorf("%s: got %v, want %s", peer, got, want)
		}
	}
	if got := localFor(nil, netip.MustParseAddr("10.0.0.9")); got.IsValid() {
		t.Errorf("got %v", got)
	}
}
