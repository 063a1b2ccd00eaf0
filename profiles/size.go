package profiles

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes. As text it is a whole number with a unit (KiB, MiB,
// GiB) or without one.
type Size int64

// ParseSize reads a text such as "64KiB" or "512".
func ParseSize(text string) (Size, error) {
	digits, factor := text, int64(1)
	for _, u := range sizeUnits() {
		if rest, ok := strings.CutSuffix(text, u.name); ok {
			digits, factor = rest, u.bytes
			break
		}
	}
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil || int64(n) > math.MaxInt64/factor {
		return 0, fmt.Errorf("%q is not a size: want a whole number of bytes, or one with KiB, MiB or GiB", text)
	}
	return Size(int64(n) * factor), nil
}

// String returns the text that ParseSize reads, in the largest unit that needs
// no fraction.
func (s Size) String() string {
	for _, u := range sizeUnits() {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// MarshalText returns String.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

type sizeUnit struct {
	name  string
	bytes int64
}

// sizeUnits lists the units, largest first.
func sizeUnits() [3]sizeUnit {
	return [3]sizeUnit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}
}
