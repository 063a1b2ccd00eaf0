// Package streams and the packages below it make media without knowing of
// ONVIF: a picture ([github.com/camfleet/camfleet/streams/scene]), its coding,
// and its RTP packets.
package streams

import "time"

// Codec names a video coding as its RTP encoding name does, in lower case.
type Codec string

// The codings that streams can carry.
const (
	H264 Codec = "h264"
	H265 Codec = "h265"
	JPEG Codec = "jpeg"
)

// Format says how one video stream is coded.
type Format struct {
	Codec         Codec
	Width, Height int // pixels shown
	FPS           int // pictures a second
	// ParameterSets are the NAL units a decoder needs first (H.264: SPS, PPS),
	// without start codes; nil for JPEG.
	ParameterSets [][]byte
}

// AccessUnit is one coded picture. It is never changed once it is made, so any
// number of readers share it.
type AccessUnit struct {
	// NALs are the NAL units in order, without start codes, with emulation
	// prevention; for JPEG one element, the whole file.
	NALs  [][]byte
	Key   bool      // decoding can start here (H.264: IDR with its parameter sets)
	Frame uint32    // number shown in the picture
	Time  time.Time // instant the picture shows, by the camera's clock
}

// Source makes the pictures of one stream of one camera, when asked.
// It is used by one goroutine at a time.
type Source interface {
	// Format returns how the stream is coded.
	Format() Format
	// Next codes the picture of frame number n at the instant at. It starts a
	// new coded video sequence if key is set, or when its own rules say so.
	Next(n uint32, at time.Time, key bool) (*AccessUnit, error)
}
