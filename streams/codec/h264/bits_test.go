package h264

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestNALUnitsEscapeAndUnescape(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0, 0, 0, 1, 2, 3, 4, 255}), 0, 200).Draw(t, "body")
		rbsp := append(body, 0x80)
		nal := nalUnit(headerIDR, rbsp)
		got, err := unescape(nal)
		if err != nil {
			t.Fatal(err)
		}
		if got[0] != headerIDR || !bytes.Equal(got[1:], rbsp) {
			t.Fatalf("%x came back as %x", rbsp, got)
		}
		if cap(nal) > len(nal)+16 {
			t.Fatalf("capacity %d for %d bytes", cap(nal), len(nal))
		}
	})
}

func TestExpGolombCodesReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.IntRange(-30000, 30000)).Draw(t, "values")
		var w bitWriter
		for _, v := range values {
			w.se(v)
			w.ue(uint32(max(v, -v)))
		}
		r := bitReader{data: w.trailing()}
		for _, v := range values {
			if got := r.se(); got != v {
				t.Fatalf("se %d came back as %d", v, got)
			}
			if got := r.ue(); got != max(v, -v) {
				t.Fatalf("ue %d came back as %d", v, got)
			}
		}
		if r.more() {
			t.Fatal("more than was written")
		}
	})
}

func TestCopiedBitsAreTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "src")
		from := rapid.IntRange(0, len(src)*8).Draw(t, "from")
		to := rapid.IntRange(from, len(src)*8).Draw(t, "to")
		lead := rapid.IntRange(0, 31).Draw(t, "lead")
		var w bitWriter
		w.put(0, uint(lead))
		w.copyBits(src, from, to)
		if w.pos() != lead+to-from {
			t.Fatalf("%d bits written, want %d", w.pos(), lead+to-from)
		}
		got, want := bitReader{data: w.trailing(), at: lead}, bitReader{data: src, at: from}
		for want.at < to {
			if got.bits(1) != want.bits(1) {
				t.Fatalf("bit %d differs", want.at-from-1)
			}
		}
	})
}

// TestCodesArePrefixFree checks each table alone: no code starts another, and
// no more codes fit but where the standard leaves one free.
func TestCodesArePrefixFree(t *testing.T) {
	t.Parallel()
	tables := map[string][]code{}
	for _, row := range coeffTokenLow {
		tables["coeff_token"] = append(tables["coeff_token"], row[:]...)
	}
	for _, row := range coeffTokenChroma {
		tables["coeff_token chroma"] = append(tables["coeff_token chroma"], row[:]...)
	}
	for i := range totalZeros {
		tables["total_zeros "+string(rune('a'+i))] = totalZeros[i][:]
	}
	for i := range totalZerosChroma {
		tables["total_zeros chroma "+string(rune('a'+i))] = totalZerosChroma[i][:]
	}
	for i := range runBefore {
		tables["run_before "+string(rune('a'+i))] = runBefore[i][:]
	}
	for name, table := range tables {
		sum := 0 // of 2^-n, in units of 2^-16
		for i, a := range table {
			if a.n == 0 {
				continue
			}
			sum += 1 << (16 - a.n)
			for _, b := range table[i+1:] {
				if b.n == 0 {
					continue
				}
				n := min(a.n, b.n)
				if uint32(a.v)>>(a.n-n) == uint32(b.v)>>(b.n-n) {
					t.Errorf("%s: %+v and %+v", name, a, b)
				}
			}
		}
		if sum > 1<<16 {
			t.Errorf("%s: %d of %d", name, sum, 1<<16)
		}
	}
}
