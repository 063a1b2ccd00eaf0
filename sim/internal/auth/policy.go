package auth

import "fmt"

// Class is the access class of an operation. Core 5.9.4. The zero Class is
// none of them and is allowed to nobody.
type Class uint8

// The access classes, in the order of the table of Core 5.9.4.
const (
	PreAuth Class = iota + 1
	ReadSystem
	ReadSystemSensitive
	ReadSystemSecret
	WriteSystem
	Unrecoverable
	ReadMedia
	Actuate
)

// String gives the specification's spelling, such as READ_SYSTEM.
func (c Class) String() string {
	switch c {
	case PreAuth:
		return "PRE_AUTH"
	case ReadSystem:
		return "READ_SYSTEM"
	case ReadSystemSensitive:
		return "READ_SYSTEM_SENSITIVE"
	case ReadSystemSecret:
		return "READ_SYSTEM_SECRET"
	case WriteSystem:
		return "WRITE_SYSTEM"
	case Unrecoverable:
		return "UNRECOVERABLE"
	case ReadMedia:
		return "READ_MEDIA"
	case Actuate:
		return "ACTUATE"
	}
	return fmt.Sprintf("Class(%d)", uint8(c))
}

// ParseClass reads the specification's spelling of an access class.
func ParseClass(word string) (Class, error) {
	for c := PreAuth; c <= Actuate; c++ {
		if word == c.String() {
			return c, nil
		}
	}
	return 0, fmt.Errorf("access class %q is none of Core 5.9.4", word)
}

// MarshalText gives the specification's spelling.
func (c Class) MarshalText() ([]byte, error) {
	if c < PreAuth || c > Actuate {
		return nil, fmt.Errorf("access class %d is none", uint8(c))
	}
	return []byte(c.String()), nil
}

// UnmarshalText is [ParseClass].
func (c *Class) UnmarshalText(text []byte) (err error) {
	*c, err = ParseClass(string(text))
	return err
}

// Policy is an access policy: which levels may use which class of operation.
// It is a value; the zero Policy allows nothing to anybody.
type Policy struct {
	levels [Actuate + 1]uint8 // a bit (1 << Level) for each level allowed
}

// DefaultPolicy returns the default access policy of Core 5.9.4.
func DefaultPolicy() Policy {
	return Policy{}.
		With(PreAuth, Anonymous, User, Operator, Administrator).
		With(ReadSystem, User, Operator, Administrator).
		With(ReadSystemSensitive, Operator, Administrator).
		With(ReadSystemSecret, Administrator).
		With(WriteSystem, Administrator).
		With(Unrecoverable, Administrator).
		With(ReadMedia, User, Operator, Administrator).
		With(Actuate, Operator, Administrator)
}

// With returns the policy with the row of c replaced: exactly these levels are
// allowed. A class or level that is none changes nothing.
func (p Policy) With(c Class, levels ...Level) Policy {
	if c < PreAuth || c > Actuate {
		return p
	}
	p.levels[c] = 0
	for _, l := range levels {
		if l <= Administrator {
			p.levels[c] |= 1 << l
		}
	}
	return p
}

// Allows reports whether a user of level l may use operations of class c.
func (p Policy) Allows(l Level, c Class) bool {
	return c >= PreAuth && c <= Actuate && l <= Administrator && p.levels[c]&(1<<l) != 0
}
