package host

import "context"

func newSpawner(ctx context.Context, h *Host, apart bool) (spawner, error) {
	if apart {
		return &separate{host: h}, nil
	}
	z := &zygote{host: h}
	return z, z.restart(ctx)
}
