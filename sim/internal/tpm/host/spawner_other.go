//go:build !unix

package host

import (
	"context"
	"net"
	"os"
)

func newSpawner(context.Context, *Host, bool) (spawner, error) { return nil, ErrNoCgo }

// PairStream returns a connected pair of stream sockets, which this system
// does not have.
func PairStream() (net.Conn, *os.File, error) { return nil, nil, ErrNoCgo }
