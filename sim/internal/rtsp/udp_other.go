//go:build !linux

package rtsp

import "net"

// dontWait is not known here: a send may wait for room in the socket.
const dontWait = 0

func canOffload(*net.UDPConn) bool { return false }

func appendSegment(oob []byte, _ int) []byte { return oob }
