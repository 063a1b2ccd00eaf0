//go:build !unix

package rtsp

import "net"

// tryWriter writes to a socket what it takes at once. There is none here: every
// write goes through the queue.
type tryWriter struct{}

func newTryWriter(net.Conn) *tryWriter { return nil }

func (*tryWriter) write([]byte) (int, error) { return 0, nil }
