package camera

import (
	"context"
	"errors"

	"github.com/camfleet/camfleet/sim/internal/rtsp"
	"github.com/camfleet/camfleet/sim/internal/tunnel"
)

// makeTunnels makes the ways through the web server to the streams.
func (r *run) makeTunnels() *tunnel.Broker {
	p := r.camera.config.Profile
	l := p.Limits.Tunnel
	return tunnel.New(tunnel.Config{
		Clock: r.camera.config.Clock, HTTP: p.RTSP.HTTPTunnel, WebSocket: p.RTSP.WebSocket, Origins: p.RTSP.WebSocketOrigins,
		Limits: tunnel.Limits{
			Pending: l.Pending, JoinTimeout: l.JoinTimeout, CookieBytes: l.CookieBytes, MessageBytes: int(l.MessageBytes),
		},
		Log: r.camera.log,
		Serve: func(ctx context.Context, c tunnel.Carrier) {
			if err := r.rtsp.ServeTunnel(ctx, rtsp.Tunnel(c)); err != nil && !errors.Is(err, rtsp.ErrClosed) {
				r.camera.log.Error("a tunnel is not served", "error", err)
			}
		},
	})
}
