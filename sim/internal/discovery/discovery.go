// Package discovery is WS-Discovery (April 2005) for all cameras of a fleet on
// one pair of sockets: each camera is a target service of its own that says
// Hello and Bye and answers Probe and Resolve. Core 7, SOAP-over-UDP 1.0.
//
// Whoever asks is answered at the address the question came from and nowhere
// else. Answers are spread over [Limits.MaxDelay], paced, and bounded in number,
// so that a thousand cameras cannot be used to flood somebody: repeated
// questions are answered once, and each asker only so often.
package discovery

import (
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/camfleet/camfleet/sim/internal/clock"
	"github.com/camfleet/camfleet/sim/internal/seed"
)

// Port is the UDP port of WS-Discovery.
const Port = 3702

// The namespaces of the messages.
const (
	nsEnvelope   = "http://www.w3.org/2003/05/soap-envelope"
	nsAddressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	nsDiscovery  = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
	nsDevice     = "http://www.onvif.org/ver10/device/wsdl"
	nsNetwork    = "http://www.onvif.org/ver10/network/wsdl"
)

// Group4 returns the IPv4 multicast group of WS-Discovery.
func Group4() netip.Addr { return netip.AddrFrom4([4]byte{239, 255, 255, 250}) }

// Group6 returns the IPv6 multicast group of WS-Discovery, link-local.
func Group6() netip.Addr { return netip.AddrFrom16([16]byte{0: 0xff, 1: 0x02, 15: 0x0c}) }

// QName is a qualified name.
type QName struct{ Space, Local string }

// DeviceType returns tds:Device, which every ONVIF device has (Core 7.3.3.1).
func DeviceType() QName { return QName{nsDevice, "Device"} }

// NetworkVideoTransmitterType returns dn:NetworkVideoTransmitter, the type of
// Profile S.
func NetworkVideoTransmitterType() QName { return QName{nsNetwork, "NetworkVideoTransmitter"} }

// Path says how a message came, or how one is to go.
type Path struct {
	// Peer is the other side: who asked, who is to be told, or a group.
	Peer netip.AddrPort
	// Local is our own address towards Peer; the zero address where it is unknown.
	Local netip.Addr
	// Interface is the index of the network interface, 0 where it is unknown.
	Interface int
	// SameHost is true if Peer is a program of this machine, which can reach
	// loopback addresses whatever interface it asked on.
	SameHost bool
	// Multicast is true for a message that was or is to be sent to a group.
	Multicast bool
}

// Target is what one camera says about itself.
type Target struct {
	// Camera is the name in logs.
	Camera string
	// Address is the endpoint reference: "urn:uuid:…", stable (Core 7.3.1).
	Address string
	Types   []QName
	Scopes  []string // URIs
	// XAddrs returns the addresses of the device service for somebody on that
	// path: one for each protocol. Without any the camera cannot be reached from
	// there and stays silent. Several goroutines call it; it must not call the server.
	XAddrs func(Path) []string
	// MetadataVersion of this state of affairs; raised by Update where need be.
	MetadataVersion uint32
	// Hidden is discovery mode NonDiscoverable: nothing is sent or answered.
	Hidden bool
}

// Limits bound what is read, remembered and sent.
type Limits struct {
	DatagramBytes int // of one message read
	Depth         int // of elements within elements
	Elements      int // of one message
	Words         int // types, and scopes, of one Probe
	AddressBytes  int // of MessageID and ReplyTo, which answers repeat

	Remembered int           // message identifiers kept to know repeats
	Window     time.Duration // how long they are kept

	Peers     int     // askers kept in mind
	PeerRate  float64 // questions a second one asker is answered
	PeerBurst int     // questions one asker may ask at once
	Queue     int     // messages waiting to be sent
	Rate      float64 // messages sent a second
	Burst     int     // messages sent at once
	MaxDelay  time.Duration
	Patience  time.Duration // a message later than this is not sent any more
	Repeats   int           // how often a message is sent again (SOAP-over-UDP 3)
	LeaveTime time.Duration // how long Close may take to say Bye
	LogEvery  time.Duration // least time between two complaints of one kind
}

// DefaultLimits returns the limits a fleet has that says nothing.
func DefaultLimits() Limits {
	return Limits{
		DatagramBytes: 16 << 10, Depth: 16, Elements: 128, Words: 64, AddressBytes: 512,
		Remembered: 4096, Window: 5 * time.Second,
		Peers: 1024, PeerRate: 5, PeerBurst: 20,
		Queue: 8192, Rate: 2000, Burst: 16,
		MaxDelay: 500 * time.Millisecond, Patience: 3 * time.Second, Repeats: 1,
		LeaveTime: 500 * time.Millisecond, LogEvery: time.Minute,
	}
}

// Conn sends and receives datagrams: a socket, or a test.
type Conn interface {
	// Read waits for a datagram. Once the Conn is closed it fails.
	Read(p []byte) (int, Path, error)
	// Write sends a datagram on the path.
	Write(p []byte, to Path) error
	// Links returns the paths to the group, one for each interface and own address.
	Links() []Path
	// Close ends a waiting Read.
	Close() error
}

// Config is what a [Server] needs.
type Config struct {
	Conns  []Conn
	Clock  clock.Clock
	Random *seed.Stream // delays and message identifiers
	Log    *slog.Logger // nil: none
	Limits Limits
}

func (c *Config) check() error {
	l := c.Limits
	switch {
	case len(c.Conns) == 0:
		return fmt.Errorf("discovery: no connection")
	case c.Clock == nil || c.Random == nil:
		return fmt.Errorf("discovery: clock and random stream are needed")
	case min(l.DatagramBytes, l.Depth, l.Elements, l.Words, l.AddressBytes, l.Remembered, l.Peers, l.PeerBurst, l.Queue, l.Burst) < 1,
		l.PeerRate <= 0, l.Rate <= 0, l.MaxDelay < 0, l.Patience <= 0, l.Window <= 0, l.Repeats < 0:
		return fmt.Errorf("discovery: limits must be positive: %+v", l)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}
