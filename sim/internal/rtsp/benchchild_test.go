package rtsp

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
)

// readers is what TestMain runs in the child of a benchmark: it plays and, for
// every line on standard input, prints the bytes of RTP it has got.
func readers(arguments string) error {
	var address string
	var n int
	var secure, udp bool
	if _, err := fmt.Sscan(arguments, &address, &n, &secure, &udp); err != nil {
		return err
	}
	var got atomic.Int64
	for range n {
		if err := playForever(address, secure, udp, &got); err != nil {
			return err
		}
	}
	in := bufio.NewReader(os.Stdin)
	for {
		if _, err := in.ReadString('\n'); err != nil {
			return nil
		}
		fmt.Println(got.Load())
	}
}

// playForever makes one session and counts what it gets.
func playForever(address string, secure, udp bool, got *atomic.Int64) error {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	if secure {
		nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a benchmark
	}
	transport := overTCP
	var media net.PacketConn
	if udp {
		var rtp, rtcp *net.UDPConn
		for rtp == nil {
			rtp, rtcp, _ = listenPair("udp4", netip.MustParseAddr("127.0.0.1"), net.ListenUDP) //nolint:errcheck // until it works
		}
		if err := rtp.SetReadBuffer(4 << 20); err != nil {
			return err
		}
		media = rtp
		transport = fmt.Sprintf("Transport: RTP/AVP;unicast;client_port=%d-%d", rtp.LocalAddr().(*net.UDPAddr).Port, rtcp.LocalAddr().(*net.UDPAddr).Port)
	}
	url := "rtsp://" + address + "/main"
	br := bufio.NewReaderSize(nc, 64<<10)
	fmt.Fprintf(nc, "SETUP %s/trackID=0 RTSP/1.0\r\nCSeq: 1\r\n%s\r\n\r\n", url, transport) //nolint:errcheck // the answer tells
	session := ""
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return err
		}
		if line == "\r\n" {
			break
		}
		if name, value, _ := strings.Cut(strings.TrimSpace(line), ": "); name == "Session" {
			session, _, _ = strings.Cut(value, ";")
		}
	}
	fmt.Fprintf(nc, "PLAY %s RTSP/1.0\r\nCSeq: 2\r\nSession: %s\r\n\r\n", url, session) //nolint:errcheck // the bytes tell
	go count(br.Read, got)
	if media != nil {
		go count(func(b []byte) (int, error) { n, _, err := media.ReadFrom(b); return n, err }, got)
	}
	return nil
}

func count(read func([]byte) (int, error), got *atomic.Int64) {
	b := make([]byte, 64<<10)
	for {
		n, err := read(b)
		got.Add(int64(n))
		if err != nil && err != io.EOF || n == 0 {
			return
		}
	}
}
