package profiles

import "time"

// RTSP says by which ways streams can be had besides RTSP and RTSPS. They go
// through the web server, on its ports: over HTTP and HTTPS.
type RTSP struct {
	// HTTPTunnel is RTSP over HTTP: a GET and a POST (Streaming 5.1.1.5).
	HTTPTunnel bool `yaml:"http_tunnel" default:"true"`
	// WebSocket is RTSP over WebSocket (Streaming 5.1.1.6), capability RTSPWebSocketUri.
	WebSocket bool `yaml:"websocket" default:"true"`
	// WebSocketOrigins are the hosts whose web pages may open a WebSocket, besides
	// the camera's own; * stands for any part of a name.
	WebSocketOrigins []string `yaml:"websocket_origins" jsonschema:"pattern=^[A-Za-z0-9.:*_-]+$,maxLength=255,maxItems=64" want:"a host such as vms.example, localhost:* or *"`
}

// TunnelLimits bound RTSP over HTTP and over WebSocket.
type TunnelLimits struct {
	// Pending are the halves of tunnels, GET or POST, that may wait for the other one.
	Pending int `yaml:"pending" default:"16" min:"1" max:"1000"`
	// JoinTimeout is how long they wait.
	JoinTimeout time.Duration `yaml:"join_timeout" default:"10s" min:"100ms" max:"10m"`
	// CookieBytes of the x-sessioncookie that joins them.
	CookieBytes int `yaml:"cookie_bytes" default:"128" min:"16" max:"4096"`
	// MessageBytes of one WebSocket message from a client.
	MessageBytes Size `yaml:"message_bytes" default:"64KiB" min:"1KiB" max:"1MiB"`
}
