package container

import (
	"encoding/binary"
	"fmt"
)

// sampleTable walks through the tables of a track in step. Nothing is unfolded:
// the tables stay as they are in the file.
type sampleTable struct {
	tables
	decode uint64 // of the next sample, ticks

	index, count uint32 // of the sample, how many there are
	uniform      uint32 // size of all samples; 0: stsz has a size for each
	times        runs   // stts
	offsets      runs   // ctts
	chunk        uint32 // chunks done
	chunks       int    // rows of stsc done
	left         uint32 // samples left in the chunk
	per          uint32 // samples a chunk has now
	at           int64  // of the next sample
}

// newSampleTable starts at the first sample; missing tables have no rows.
func newSampleTable(t tables) *sampleTable {
	s := &sampleTable{tables: t, times: runs{table: t.stts}, offsets: runs{table: t.ctts}}
	if len(t.stsz) >= 12 {
		s.uniform, s.count = binary.BigEndian.Uint32(t.stsz[4:]), binary.BigEndian.Uint32(t.stsz[8:])
	}
	return s
}

// rows returns how many rows of n bytes a table after version, flags and its
// row count has in truth.
func rows(table []byte, n int) int {
	if len(table) < 8 {
		return 0
	}
	return min(int(binary.BigEndian.Uint32(table[4:])), (len(table)-8)/n)
}

// next returns a sample; false: there are no more.
func (s *sampleTable) next() (sample, bool, error) {
	if s.index >= s.count {
		return sample{}, false, nil
	}
	if s.left == 0 {
		if err := s.nextChunk(); err != nil {
			return sample{}, false, err
		}
	}
	size := s.uniform
	if size == 0 {
		row := 12 + 4*int64(s.index)
		if row+4 > int64(len(s.stsz)) {
			return sample{}, false, fmt.Errorf("sample %d has no size: %w", s.index, ErrBroken)
		}
		size = binary.BigEndian.Uint32(s.stsz[row:])
	}
	delta, _ := s.times.next()
	offset, _ := s.offsets.next()
	// Version 0 has unsigned offsets, but negative ones in the wild; none is 2^31.
	out := sample{at: s.at, size: int64(size), shown: int64(s.decode&(1<<62-1)) + int64(int32(offset))}
	s.at += int64(size)
	s.decode += uint64(delta)
	s.index++
	s.left--
	return out, true, nil
}

// nextChunk moves to the next chunk that has samples.
func (s *sampleTable) nextChunk() error {
	for s.left == 0 {
		for s.chunks < rows(s.stsc, 12) {
			row := s.stsc[8+12*s.chunks:]
			if binary.BigEndian.Uint32(row) > s.chunk+1 {
				break
			}
			s.per = binary.BigEndian.Uint32(row[4:])
			s.chunks++
		}
		i := int(s.chunk)
		switch {
		case i < rows(s.stco, 4):
			s.at = int64(binary.BigEndian.Uint32(s.stco[8+4*i:]))
		case i < rows(s.co64, 8):
			s.at = int64(binary.BigEndian.Uint64(s.co64[8+8*i:]) & (1<<63 - 1)) //nolint:gosec // cut to 63 bits
		default:
			return fmt.Errorf("sample %d is in no chunk: %w", s.index, ErrBroken)
		}
		s.left = s.per
		s.chunk++
	}
	return nil
}

// runs walks through a table of rows (how often, value).
type runs struct {
	table []byte
	row   int
	left  uint32
	value uint32
}

// next returns the value for the next sample; false beyond the last row.
func (r *runs) next() (uint32, bool) {
	for r.left == 0 {
		if r.row >= rows(r.table, 8) {
			return 0, false
		}
		b := r.table[8+8*r.row:]
		r.left, r.value = binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
		r.row++
	}
	r.left--
	return r.value, true
}
