package pack_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/pack"
)

func TestPacketsThatHoldSEIAreKnown(t *testing.T) {
	t.Parallel()
	nal := func(header byte, size int) []byte { return append([]byte{header}, bytes.Repeat([]byte{6}, size-1)...) }
	for name, tt := range map[string]struct {
		nals [][]byte
		want []bool // of each packet
	}{
		"slice":                        {[][]byte{nal(0x41, 50)}, []bool{false}},
		"slice in fragments":           {[][]byte{nal(0x41, 150)}, []bool{false, false}},
		"SEI":                          {[][]byte{nal(0x06, 90), nal(0x41, 50)}, []bool{true, false}},
		"SEI in fragments":             {[][]byte{nal(0x06, 250), nal(0x41, 50)}, []bool{true, true, true, false}},
		"SEI and small slice":          {[][]byte{nal(0x06, 30), nal(0x41, 30)}, []bool{true, false}},
		"two SEIs":                     {[][]byte{nal(0x06, 30), nal(0x06, 30), nal(0x41, 30)}, []bool{true, false}},
		"SEI in one after the others":  {[][]byte{nal(0x67, 10), nal(0x68, 10), nal(0x06, 30)}, []bool{true}},
		"parameter sets in one packet": {[][]byte{nal(0x67, 10), nal(0x68, 10)}, []bool{false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := pack.New(streams.H264, pack.Config{PayloadType: 96, PayloadSize: 100})
			if err != nil {
				t.Fatal(err)
			}
			packets, err := p.Pack(&streams.AccessUnit{NALs: tt.nals}, 0)
			if err != nil {
				t.Fatal(err)
			}
			var got []bool
			for _, packet := range packets {
				got = append(got, pack.HoldsSEI(packet.Payload))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
	for _, payload := range [][]byte{nil, {6}, {24, 0}, {24, 0, 1}, {24, 0, 0, 1, 0, 9}} {
		if pack.HoldsSEI(payload) {
			t.Errorf("% x holds no SEI", payload)
		}
	}
}

func FuzzHoldsSEI(f *testing.F) {
	for _, payload := range [][]byte{{6, 5}, {0x41, 0x80}, {28, 0x86}, {24, 0, 2, 6, 5}, {24, 0xff, 0xff, 6}} {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if pack.HoldsSEI(payload) && len(payload) < 2 {
			t.Errorf("% x", payload)
		}
	})
}
