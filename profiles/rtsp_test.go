package profiles

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTunnelsHaveLimitsAndDefaults(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]RTSP{
		"flagship": {HTTPTunnel: true, WebSocket: true}, "security-baseline": {HTTPTunnel: true, WebSocket: true},
		"legacy-18-12": {HTTPTunnel: true},
	} {
		p, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, p.RTSP); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if want := (TunnelLimits{Pending: 16, JoinTimeout: 10 * time.Second, CookieBytes: 128, MessageBytes: 64 << 10}); p.Limits.Tunnel != want {
			t.Errorf("%s: %+v, want %+v", name, p.Limits.Tunnel, want)
		}
	}
	for text, ok := range map[string]bool{
		"limits: {tunnel: {pending: 1}}": true, "limits: {tunnel: {pending: 0}}": false,
		"limits: {tunnel: {pending: 1000}}": true, "limits: {tunnel: {pending: 1001}}": false,
		"limits: {tunnel: {join_timeout: 100ms}}": true, "limits: {tunnel: {join_timeout: 99ms}}": false,
		"limits: {tunnel: {cookie_bytes: 4096}}": true, "limits: {tunnel: {cookie_bytes: 4097}}": false,
		"limits: {tunnel: {message_bytes: 1MiB}}": true, "limits: {tunnel: {message_bytes: 2MiB}}": false,
		`rtsp: {websocket_origins: ["*"]}`: true, `rtsp: {websocket_origins: ["[a"]}`: false, `rtsp: {websocket_origins: [""]}`: false,
		"rtsp: {http_tunnel: false, websocket: false}": true,
	} {
		_, err := Parse("x.yaml", []byte("extends: flagship\n"+text+"\n"))
		if (err == nil) != ok {
			t.Errorf("%s: %v", text, errors.Unwrap(err))
		}
	}
}
