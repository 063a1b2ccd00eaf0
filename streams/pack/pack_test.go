package pack_test

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/pack"
	"github.com/google/go-cmp/cmp"
	"github.com/pion/rtp"
	"pgregory.net/rapid"
)

// nal returns a NAL unit of a type and a size whose bytes depend on both.
func nal(header byte, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i*7+size) | 1 // no start codes, no zero bytes
	}
	b[0] = header
	return b
}

func unit(nals ...[]byte) *streams.AccessUnit { return &streams.AccessUnit{NALs: nals, Frame: 9} }

func packetizer(t testing.TB, size int) *pack.Packetizer {
	t.Helper()
	p, err := pack.New(streams.H264, pack.Config{PayloadType: 96, SSRC: 0xfeedbeef, Sequence: 65533, PayloadSize: size})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNALUnitsGoIntoThePacketsOfRFC6184(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		nals [][]byte
		want []byte // first byte of each payload
		size []int
	}{
		{"one small unit goes alone", [][]byte{nal(0x41, 50)}, []byte{0x41}, []int{50}},
		{"exactly full", [][]byte{nal(0x41, 100)}, []byte{0x41}, []int{100}},
		{"one byte too many", [][]byte{nal(0x41, 101)}, []byte{0x5c, 0x5c}, []int{100, 4}},
		{"small ones together, highest nal_ref_idc", [][]byte{nal(0x09, 2), nal(0x67, 20), nal(0x48, 6)}, []byte{0x78}, []int{1 + 4 + 22 + 8}},
		{"STAP-A exactly full", [][]byte{nal(0x67, 45), nal(0x68, 50)}, []byte{0x78}, []int{100}},
		{"STAP-A one byte too many", [][]byte{nal(0x67, 46), nal(0x68, 50)}, []byte{0x67, 0x68}, []int{46, 50}},
		{"parameter sets and a long picture", [][]byte{nal(0x67, 20), nal(0x68, 5), nal(0x65, 250)}, []byte{0x78, 0x7c, 0x7c, 0x7c}, []int{30, 100, 100, 55}},
		{"not referenced", [][]byte{nal(0x01, 150)}, []byte{0x1c, 0x1c}, []int{100, 53}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			packets, err := packetizer(t, 100).Pack(unit(c.nals...), 1234)
			if err != nil {
				t.Fatal(err)
			}
			var first []byte
			var size []int
			for i, p := range packets {
				first, size = append(first, p.Payload[0]), append(size, len(p.Payload))
				want := rtp.Header{
					Version: 2, Marker: i == len(packets)-1, PayloadType: 96,
					SequenceNumber: 65533 + uint16(i), Timestamp: 1234, SSRC: 0xfeedbeef,
				}
				if d := cmp.Diff(want, p.Header); d != "" {
					t.Errorf("header of packet %d (-want +got):\n%s", i, d)
				}
			}
			if !bytes.Equal(first, c.want) || !cmp.Equal(size, c.size) {
				t.Errorf("payloads begin % x and have %v bytes, want % x and %v", first, size, c.want, c.size)
			}
		})
	}
}

func TestFragmentsSayWhereTheyStartAndEnd(t *testing.T) {
	t.Parallel()
	packets, err := packetizer(t, 100).Pack(unit(nal(0x65, 1+3*98)), 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	for _, p := range packets {
		got = append(got, p.Payload[1])
	}
	if want := []byte{0x85, 0x05, 0x45}; !bytes.Equal(got, want) {
		t.Errorf("FU headers % x, want % x", got, want)
	}
}

func TestWhatCannotBePackedIsRefusedAndUsesNoSequenceNumber(t *testing.T) {
	t.Parallel()
	for name, au := range map[string]*streams.AccessUnit{
		"no NAL units":   unit(),
		"empty NAL unit": unit(nal(0x67, 10), nil),
		"one byte":       unit([]byte{0x41}),
		"forbidden bit":  unit(nal(0xe5, 10)),
		"type 0":         unit(nal(0x60, 10)),
		"type 24":        unit(nal(0x78, 10)),
	} {
		p := packetizer(t, 100)
		if _, err := p.Pack(au, 0); err == nil {
			t.Errorf("%s: no error", name)
		}
		if p.Sequence() != 65533 {
			t.Errorf("%s: next sequence number is %d", name, p.Sequence())
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		codec  streams.Codec
		config pack.Config
		ok     bool
	}{
		{streams.H264, pack.Config{}, true},
		{streams.H264, pack.Config{PayloadSize: pack.MinPayloadSize, PayloadType: 127}, true},
		{streams.H264, pack.Config{PayloadSize: pack.MinPayloadSize - 1}, false},
		{streams.H264, pack.Config{PayloadSize: pack.MaxPayloadSize}, true},
		{streams.H264, pack.Config{PayloadSize: pack.MaxPayloadSize + 1}, false},
		{streams.H264, pack.Config{PayloadType: 128}, false},
		{streams.JPEG, pack.Config{}, false},
	} {
		if _, err := pack.New(c.codec, c.config); (err == nil) != c.ok {
			t.Errorf("New(%q, %+v): %v", c.codec, c.config, err)
		}
	}
	if _, err := pack.New(streams.JPEG, pack.Config{}); !errors.Is(err, pack.ErrCodec) {
		t.Errorf("JPEG: %v, want ErrCodec", err)
	}
}

// TestAnotherDecoderGetsTheAccessUnitsBack sends access units of any shape
// through gortsplib's decoder, an implementation of its own.
func TestAnotherDecoderGetsTheAccessUnitsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(pack.MinPayloadSize, 3000).Draw(t, "payload size")
		p, err := pack.New(streams.H264, pack.Config{PayloadSize: size})
		if err != nil {
			t.Fatal(err)
		}
		d := &rtph264.Decoder{}
		if err := d.Init(); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 4).Draw(t, "units") {
			var au streams.AccessUnit
			for range rapid.IntRange(1, 6).Draw(t, "NAL units") {
				header := rapid.ByteRange(1, 23).Draw(t, "type") | rapid.ByteRange(0, 3).Draw(t, "ref")<<5
				au.NALs = append(au.NALs, nal(header, rapid.IntRange(2, 4*size).Draw(t, "size")))
			}
			packets, err := p.Pack(&au, 77)
			if err != nil {
				t.Fatal(err)
			}
			var got [][]byte
			for i := range packets {
				if len(packets[i].Payload) > size {
					t.Fatalf("payload of %d bytes, limit %d", len(packets[i].Payload), size)
				}
				nals, err := d.Decode(&packets[i])
				switch last := i == len(packets)-1; {
				case last != (err == nil):
					t.Fatalf("packet %d of %d: decoder says %v", i, len(packets), err)
				case last:
					got = nals
				}
			}
			if d := cmp.Diff(au.NALs, got); d != "" {
				t.Fatal(d)
			}
		}
	})
}

func TestTimestampsCountNinetyKilohertzFromTheEpoch(t *testing.T) {
	t.Parallel()
	epoch := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	l := pack.Timeline{Epoch: epoch, Base: math.MaxUint32 - 10}
	for _, c := range []struct {
		d    time.Duration
		want uint32
	}{
		{0, math.MaxUint32 - 10},
		{40 * time.Millisecond, 3600 - 11},
		{33_333_333, 3000 - 11},
		{33_333_334, 3000 - 11},
		{5555, math.MaxUint32 - 10},
		{5556, math.MaxUint32 - 9},
		{-40 * time.Millisecond, math.MaxUint32 - 10 - 3600},
		{-5556, math.MaxUint32 - 11},
		{100 * 365 * 24 * time.Hour, uint32(100*365*24*3600*90000%(1<<32)) - 11},
	} {
		if got := l.At(epoch.Add(c.d)); got != c.want {
			t.Errorf("%v after the epoch: %d, want %d", c.d, got, c.want)
		}
	}
}

func BenchmarkPack(b *testing.B) {
	p := packetizer(b, pack.DefaultPayloadSize)
	au := unit(nal(0x67, 25), nal(0x68, 5), nal(0x41, 15000))
	b.SetBytes(15030)
	b.ReportAllocs()
	packets := 0
	for b.Loop() {
		out, err := p.Pack(au, 0)
		if err != nil {
			b.Fatal(err)
		}
		packets += len(out)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(packets), "ns/packet")
}
