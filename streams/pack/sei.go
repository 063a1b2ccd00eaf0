package pack

import "encoding/binary"

// HoldsSEI reports whether the payload of an H.264 packet holds supplemental
// information (SEI) or a part of it, possibly beside other NAL units.
// RFC 6184 5.2.
func HoldsSEI(payload []byte) bool {
	if len(payload) < 2 {
		return false
	}
	switch payload[0] & typeMask {
	case typeSEI:
		return true
	case typeFUA:
		return payload[1]&typeMask == typeSEI
	case typeSTAPA:
		for rest := payload[stapHeader:]; len(rest) > stapSize; {
			if rest[stapSize]&typeMask == typeSEI {
				return true
			}
			rest = rest[min(len(rest), stapSize+int(binary.BigEndian.Uint16(rest))):]
		}
	}
	return false
}
