//go:build unix && !linux

package host

import "context"

func newSpawner(_ context.Context, h *Host, _ bool) (spawner, error) {
	return &separate{host: h}, nil
}
