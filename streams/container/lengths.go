package container

import (
	"fmt"

	"github.com/camfleet/camfleet/streams"
)

// split takes the NAL units out of a sample in which each has its length before
// it, in n bytes (ISO/IEC 14496-15 5.3.2). Empty ones are passed over.
func split(sample []byte, n int, limits Limits) ([][]byte, error) {
	var nals [][]byte
	for len(sample) > 0 {
		if len(sample) < n {
			return nil, fmt.Errorf("%d bytes after the last NAL unit: %w", len(sample), ErrBroken)
		}
		size := 0
		for _, b := range sample[:n] {
			size = size<<8 | int(b)
		}
		sample = sample[n:]
		if size > len(sample) {
			return nil, fmt.Errorf("NAL unit of %d bytes where %d are left: %w", size, len(sample), ErrBroken)
		}
		if size > 0 {
			nals = append(nals, sample[:size:size])
		}
		if len(nals) > limits.NALs {
			return nil, fmt.Errorf("more than %d NAL units: %w", limits.NALs, ErrLimit)
		}
		sample = sample[size:]
	}
	return nals, nil
}

// lengthSize reads how long the lengths are from an AVC or HEVC decoder
// configuration record (ISO/IEC 14496-15 5.3.3.1, 8.3.3.1), bytes.
func lengthSize(codec streams.Codec, record []byte) (int, error) {
	at := 4
	if codec == streams.H265 {
		at = 21
	}
	if len(record) <= at || record[0] != 1 {
		return 0, fmt.Errorf("decoder configuration record of %d bytes: %w", len(record), ErrBroken)
	}
	n := int(record[at]&3) + 1
	if n == 3 {
		return 0, fmt.Errorf("lengths of 3 bytes: %w", ErrBroken)
	}
	return n, nil
}
