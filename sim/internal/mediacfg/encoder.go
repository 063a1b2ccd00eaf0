package mediacfg

import (
	"errors"
	"fmt"
	"slices"
)

// Limits of an encoder configuration's GovLength, in frames; the encoder takes
// any distance of key pictures between them.
const (
	MinGovLength = 2
	MaxGovLength = 36_000
)

// The errors of [Section.SetEncoder].
var (
	// ErrNoEncoder: there is no encoder configuration with that token.
	ErrNoEncoder = errors.New("no such encoder configuration")
	// ErrModify: the encoder cannot do that.
	ErrModify = errors.New("the configuration cannot be modified so")
)

// SetEncoder changes an encoder configuration, found by its token. What can be
// changed are name, distance of key pictures and whether the stream is signed,
// the last only to what canSign allows; everything else has to be as it is.
// Quality and bit rate say nothing to an encoder that is lossless to begin with.
func (s *Section) SetEncoder(e VideoEncoder, canSign bool) error {
	i := slices.IndexFunc(s.Encoders, func(old VideoEncoder) bool { return old.Token == e.Token })
	if i < 0 {
		return fmt.Errorf("configuration %.64q: %w", e.Token, ErrNoEncoder)
	}
	old := s.Encoders[i]
	fixed := e
	fixed.Name, fixed.GovLength, fixed.Signed = old.Name, old.GovLength, old.Signed
	switch {
	case fixed != old:
		return fmt.Errorf("configuration %q: only name, GovLength and Signed can change: %w", e.Token, ErrModify)
	case e.GovLength < MinGovLength || e.GovLength > MaxGovLength:
		return fmt.Errorf("configuration %q: GovLength %d: want %d to %d: %w", e.Token, e.GovLength, MinGovLength, MaxGovLength, ErrModify)
	case e.Signed && !canSign:
		return fmt.Errorf("configuration %q: the camera does not sign: %w", e.Token, ErrModify)
	}
	s.Encoders[i] = e
	return nil
}
