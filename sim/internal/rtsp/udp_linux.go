package rtsp

import (
	"encoding/binary"
	"net"

	"golang.org/x/sys/unix"
)

// dontWait makes a send return at once when the socket is full.
const dontWait = unix.MSG_DONTWAIT

// canOffload reports whether the kernel knows UDP_SEGMENT (Linux 4.18).
func canOffload(c *net.UDPConn) bool {
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	known := false
	err = raw.Control(func(fd uintptr) {
		_, err := unix.GetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT)
		known = err == nil
	})
	return err == nil && known
}

// appendSegment appends the control message that tells the kernel to cut a
// message into datagrams of size bytes.
func appendSegment(oob []byte, size int) []byte {
	need := unix.CmsgSpace(2)
	if cap(oob) < need {
		oob = make([]byte, need)
	}
	oob = oob[:need]
	clear(oob)
	var at int
	if unix.SizeofPtr == 8 {
		binary.NativeEndian.PutUint64(oob, uint64(unix.CmsgLen(2)))
		at = 8
	} else {
		binary.NativeEndian.PutUint32(oob, uint32(unix.CmsgLen(2)))
		at = 4
	}
	binary.NativeEndian.PutUint32(oob[at:], unix.SOL_UDP)
	binary.NativeEndian.PutUint32(oob[at+4:], unix.UDP_SEGMENT)
	binary.NativeEndian.PutUint16(oob[unix.CmsgLen(0):], uint16(size))
	return oob
}
