// Package ffmpegtest lets tests of codecs ask ffmpeg, an independent decoder.
package ffmpegtest

import (
	"bytes"
	"os/exec"
	"testing"
)

// AnnexB joins NAL units into a byte stream (H.264 annex B).
func AnnexB(nals [][]byte) []byte {
	var out []byte
	for _, nal := range nals {
		out = append(append(out, 0, 0, 0, 1), nal...)
	}
	return out
}

// Decode decodes a stream in format ("h264", "mjpeg"…) to raw pixels of
// pixFmt ("yuv420p", "yuvj420p"…), all pictures one after the other. The test
// fails if ffmpeg is missing, fails, or says anything.
func Decode(t testing.TB, format, pixFmt string, stream []byte) []byte {
	t.Helper()
	return Run(t, stream, "ffmpeg", "-nostdin", "-v", "error", "-threads", "1", "-flags", "+bitexact",
		"-f", format, "-i", "pipe:0", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", pixFmt, "pipe:1")
}

// Run runs a program on input and returns its output. The test fails if it is
// missing, fails, or says anything on standard error.
func Run(t testing.TB, input []byte, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, said.Bytes())
	}
	if said.Len() > 0 {
		t.Fatalf("%s complains:\n%s", name, said.Bytes())
	}
	return out.Bytes()
}
