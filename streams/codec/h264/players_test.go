package h264

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/camfleet/camfleet/streams/codec/ffmpegtest"
)

// TestGStreamerDecodesExactly asks two decoders other than ours and ffmpeg's
// command line; openh264 has nothing in common with ffmpeg.
func TestGStreamerDecodesExactly(t *testing.T) {
	t.Parallel()
	for _, decoder := range []string{"avdec_h264", "openh264dec"} {
		for name, draw := range contents() {
			t.Run(decoder+" "+name, func(t *testing.T) {
				t.Parallel()
				config := Config{Width: 320, Height: 192, FPS: 25, GOP: 9}
				stream, want := sequence(t, config, 20, draw)
				in, out := filepath.Join(t.TempDir(), "in.h264"), filepath.Join(t.TempDir(), "out.yuv")
				if err := os.WriteFile(in, stream, 0o600); err != nil {
					t.Fatal(err)
				}
				ffmpegtest.Run(t, nil, "gst-launch-1.0", "-q", "filesrc", "location="+in, "!", "h264parse", "!",
					decoder, "!", "video/x-raw,format=I420", "!", "filesink", "location="+out)
				got, err := os.ReadFile(out)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Fatalf("decoded %d bytes, want %d; first difference at %d", len(got), len(want), firstDifference(got, want))
				}
			})
		}
	}
}

// TestParameterSetsSayWhatIsCoded compares with what ffprobe reads from them.
func TestParameterSetsSayWhatIsCoded(t *testing.T) {
	t.Parallel()
	type probe struct {
		Profile     string `json:"profile"`
		Width       int    `json:"width"`
		Height      int    `json:"height"`
		Level       int    `json:"level"`
		BFrames     int    `json:"has_b_frames"`
		Refs        int    `json:"refs"`
		PixFmt      string `json:"pix_fmt"`
		ColourSpace string `json:"color_space"`
		Range       string `json:"color_range"`
		Aspect      string `json:"sample_aspect_ratio"`
		FrameRate   string `json:"r_frame_rate"`
	}
	for _, c := range []struct {
		config  Config
		profile string
		level   int
	}{
		{Config{Width: 1920, Height: 1080, FPS: 25, GOP: 50}, "Constrained Baseline", 40},
		{Config{Width: 640, Height: 360, FPS: 15, GOP: 50, Profile: Main}, "Main", 22},
		{Config{Width: 3840, Height: 2160, FPS: 30, GOP: 50, Profile: High}, "High", 51},
		{Config{Width: 162, Height: 122, FPS: 1, GOP: 1, Profile: High}, "High", 20},
	} {
		t.Run(fmt.Sprintf("%dx%d", c.config.Width, c.config.Height), func(t *testing.T) {
			t.Parallel()
			stream, _ := sequence(t, c.config, 2, contents()["still"])
			out := ffmpegtest.Run(t, stream, "ffprobe", "-v", "error", "-f", "h264", "-show_streams", "-of", "json", "-i", "pipe:0")
			var got struct{ Streams []probe }
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatal(err)
			}
			want := []probe{{
				Profile: c.profile, Width: c.config.Width, Height: c.config.Height, Level: c.level, Refs: 1,
				PixFmt: "yuv420p", ColourSpace: "bt709", Range: "tv", Aspect: "1:1", FrameRate: fmt.Sprintf("%d/1", c.config.FPS),
			}}
			if diff := cmp.Diff(want, got.Streams); diff != "" {
				t.Error(diff)
			}
		})
	}
}
