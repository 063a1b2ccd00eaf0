package rtsp

import "time"

// Limits bounds what clients may cost one camera. A zero field means the
// default, which [DefaultLimits] returns.
type Limits struct {
	RequestLine   int // bytes of a request line; more: 414 and the end of the connection
	HeaderBytes   int // bytes of all header lines together; more: 400 and the end
	HeaderLines   int // header lines of a request; more: 400 and the end
	BodyBytes     int // bytes of a request's body; more: 413 and the end
	FrameBytes    int // bytes of an interleaved frame from the client; more: the end
	Alternatives  int // transports in one Transport header; more: 400
	RequestsASec  int // requests a second on a connection; the rest has to wait
	Connections   int // open connections; more: 503 (plain) or closed (TLS)
	Sessions      int // sessions of the camera; more: 453
	SessionsAConn int // sessions made on one connection; more: 453

	QueueBytes int // bytes waiting for a slow reader; more: access units are dropped up to the next IDR, but for their SEIs

	HandshakeTimeout time.Duration // for a TLS handshake
	RequestTimeout   time.Duration // from the first to the last byte of a request
	IdleTimeout      time.Duration // without a request, on a connection that has no session
	WriteTimeout     time.Duration // that a connection takes not one byte
	SessionTimeout   time.Duration // told to the client; whole seconds
	SessionGrace     time.Duration // added to it before a session is ended
	TokenGrace       time.Duration // added to an identity's Expires
}

// DefaultLimits returns the limits of a good camera.
func DefaultLimits() Limits {
	return Limits{
		RequestLine:   2048,
		HeaderBytes:   16 << 10,
		HeaderLines:   64,
		BodyBytes:     16 << 10,
		FrameBytes:    16 << 10,
		Alternatives:  16,
		RequestsASec:  100,
		Connections:   256,
		Sessions:      256,
		SessionsAConn: 8,

		QueueBytes: 1 << 20,

		HandshakeTimeout: 10 * time.Second,
		RequestTimeout:   10 * time.Second,
		IdleTimeout:      60 * time.Second,
		WriteTimeout:     10 * time.Second,
		SessionTimeout:   60 * time.Second,
		SessionGrace:     5 * time.Second,
		TokenGrace:       0,
	}
}

// orDefault returns the limits with defaults in the place of zero fields.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	fill(&l.RequestLine, d.RequestLine)
	fill(&l.HeaderBytes, d.HeaderBytes)
	fill(&l.HeaderLines, d.HeaderLines)
	fill(&l.BodyBytes, d.BodyBytes)
	fill(&l.FrameBytes, d.FrameBytes)
	fill(&l.Alternatives, d.Alternatives)
	fill(&l.RequestsASec, d.RequestsASec)
	fill(&l.Connections, d.Connections)
	fill(&l.Sessions, d.Sessions)
	fill(&l.SessionsAConn, d.SessionsAConn)
	fill(&l.QueueBytes, d.QueueBytes)
	fill(&l.HandshakeTimeout, d.HandshakeTimeout)
	fill(&l.RequestTimeout, d.RequestTimeout)
	fill(&l.IdleTimeout, d.IdleTimeout)
	fill(&l.WriteTimeout, d.WriteTimeout)
	fill(&l.SessionTimeout, d.SessionTimeout)
	fill(&l.SessionGrace, d.SessionGrace)
	fill(&l.TokenGrace, d.TokenGrace)
	return l
}

func fill[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
