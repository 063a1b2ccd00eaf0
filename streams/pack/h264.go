package pack

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// NAL unit types and header bits of RFC 6184 5.2 to 5.8.
const (
	typeMask    = 0x1f // of the NAL unit header: type
	typeSEI     = 6    // slices have lower types
	refMask     = 0x60 // nal_ref_idc
	forbidden   = 0x80 // forbidden_zero_bit
	typeSTAPA   = 24
	typeFUA     = 28
	fuStart     = 0x80 // of the FU header
	fuEnd       = 0x40
	fuHeader    = 2 // FU indicator and FU header, bytes
	stapHeader  = 1
	stapSize    = 2 // size field before each NAL unit of a STAP-A, bytes
	maxOwnTypes = 23
)

var errEmpty = errors.New("access unit without NAL units")

// h264 returns the payloads of an access unit, cut from one piece of memory.
func (p *Packetizer) h264(nals [][]byte) ([][]byte, error) {
	if len(nals) == 0 {
		return nil, errEmpty
	}
	size, count, limit := 0, 0, p.config.PayloadSize
	for i, nal := range nals {
		if err := checkNAL(nal); err != nil {
			return nil, fmt.Errorf("NAL unit %d: %w", i, err)
		}
		parts := 1 + len(nal)/(limit-fuHeader)
		count += parts
		size += len(nal) + parts*(fuHeader+stapSize)
	}
	w := payloads{arena: make([]byte, 0, size), out: make([][]byte, 0, count)}
	for len(nals) > 0 {
		n := aggregate(nals, limit)
		switch {
		case n > 1:
			w.stap(nals[:n])
		case len(nals[0]) <= limit:
			w.single(nals[0])
		default:
			w.fragment(nals[0], limit)
		}
		nals = nals[n:]
	}
	return w.out, nil
}

// checkNAL refuses what no decoder could take back out of a packet.
func checkNAL(nal []byte) error {
	switch {
	case len(nal) < 2:
		return fmt.Errorf("%d bytes are too few", len(nal))
	case nal[0]&forbidden != 0:
		return errors.New("forbidden bit is set")
	case nal[0]&typeMask == 0 || nal[0]&typeMask > maxOwnTypes:
		return fmt.Errorf("type %d is not one of H.264", nal[0]&typeMask)
	}
	return nil
}

// aggregate returns how many of the first NAL units go together into one STAP-A
// of limit bytes; 1 if the first goes alone. A slice does not go with the SEIs
// before it, so that they can be sent without it.
func aggregate(nals [][]byte, limit int) int {
	size, n, sei := stapHeader, 0, false
	for n < len(nals) && size+stapSize+len(nals[n]) <= limit {
		kind := nals[n][0] & typeMask
		if sei && kind < typeSEI {
			break
		}
		sei = sei || kind == typeSEI
		size += stapSize + len(nals[n])
		n++
	}
	return max(n, 1)
}

// payloads collects payloads in one piece of memory.
type payloads struct {
	arena []byte
	out   [][]byte
}

// cut ends the payload that began at offset from of the arena.
func (w *payloads) cut(from int) {
	w.out = append(w.out, w.arena[from:len(w.arena):len(w.arena)])
}

func (w *payloads) single(nal []byte) {
	from := len(w.arena)
	w.arena = append(w.arena, nal...)
	w.cut(from)
}

// stap writes a STAP-A, whose nal_ref_idc is the highest of its NAL units'.
// RFC 6184 5.7.1.
func (w *payloads) stap(nals [][]byte) {
	from := len(w.arena)
	w.arena = append(w.arena, 0)
	var ref byte
	for _, nal := range nals {
		ref = max(ref, nal[0]&refMask)
		w.arena = binary.BigEndian.AppendUint16(w.arena, uint16(len(nal)))
		w.arena = append(w.arena, nal...)
	}
	w.arena[from] = ref | typeSTAPA
	w.cut(from)
}

// fragment writes FU-A packets of limit bytes, the last one shorter, so that a
// kernel can cut them from one buffer (UDP GSO). RFC 6184 5.8.
func (w *payloads) fragment(nal []byte, limit int) {
	indicator, header := nal[0]&refMask|typeFUA, nal[0]&typeMask
	rest, start := nal[1:], byte(fuStart)
	for len(rest) > 0 {
		n, end := min(len(rest), limit-fuHeader), byte(0)
		if n == len(rest) {
			end = fuEnd
		}
		from := len(w.arena)
		w.arena = append(w.arena, indicator, header|start|end)
		w.arena = append(w.arena, rest[:n]...)
		w.cut(from)
		rest, start = rest[n:], 0
	}
}
