package users

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The errors of the security policies (Core 8.5), each generic InvalidArgVal.
var (
	ErrComplexity = errors.New("not a possible password complexity")
	ErrLocked     = errors.New("the password complexity is locked")
	ErrHistory    = errors.New("not a possible password history")
	ErrWarning    = errors.New("not a possible authentication failure warning")
	ErrHashing    = errors.New("not a possible list of hashing algorithms")
)

// ComplexityMax is the most upper-case letters, digits and special characters,
// each, that a password can be required to have.
const ComplexityMax = 8

// The ranges of [FailureWarning]: seconds, and wrong passwords.
const (
	WarningPeriodMin, WarningPeriodMax     = 1, 3600
	WarningFailuresMin, WarningFailuresMax = 1, 1000
)

// Complexity is what a new password must have (Core 8.5.2). The zero value asks
// for nothing beyond [Limits].
type Complexity struct {
	MinLen       int  `json:"minLen,omitempty"` // characters
	Uppercase    int  `json:"uppercase,omitempty"`
	Number       int  `json:"number,omitempty"`
	SpecialChars int  `json:"specialChars,omitempty"` // neither letters nor digits
	BlockName    bool `json:"blockUsernameOccurrence,omitempty"`
	// Locked keeps clients from changing any of this.
	Locked bool `json:"locked,omitempty"`
}

func (c Complexity) check(l Limits) error {
	for _, n := range []int{c.Uppercase, c.Number, c.SpecialChars} {
		if n < 0 || n > ComplexityMax {
			return fmt.Errorf("%w: %d characters of a kind, at most %d", ErrComplexity, n, ComplexityMax)
		}
	}
	if c.MinLen < 0 || c.MinLen > l.PasswordMax || c.Uppercase+c.Number+c.SpecialChars > l.PasswordMax {
		return fmt.Errorf("%w: passwords have at most %d characters", ErrComplexity, l.PasswordMax)
	}
	return nil
}

// SetComplexity changes what new passwords must have; those there are stay good.
// Core 8.5.3.
func (s *Section) SetComplexity(c Complexity) error {
	if s.Complexity.Locked {
		return ErrLocked
	}
	if err := c.check(s.Limits.WithDefaults()); err != nil {
		return err
	}
	s.Complexity = c
	return nil
}

// weak says what a password lacks, "" if nothing.
func (c Complexity) weak(name, password string) string {
	count := func(is func(rune) bool) (n int) {
		for _, r := range password {
			if is(r) {
				n++
			}
		}
		return n
	}
	special := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	switch {
	case utf8.RuneCountInString(password) < c.MinLen:
		return "too short"
	case count(unicode.IsUpper) < c.Uppercase:
		return "too few upper-case letters"
	case count(unicode.IsDigit) < c.Number:
		return "too few digits"
	case count(special) < c.SpecialChars:
		return "too few special characters"
	case c.BlockName && strings.Contains(strings.ToLower(password), strings.ToLower(name)):
		return "the user name is in it"
	}
	return ""
}

// History is how many passwords of an account cannot be used again (Core 8.5.4),
// the one of now among them.
type History struct {
	Enabled bool `json:"enabled,omitempty"`
	Length  int  `json:"length,omitempty"`
}

func (h History) check(l Limits) error {
	most := max(l.History, 0)
	if h.Length < 0 || h.Length > most || h.Enabled && h.Length == 0 {
		return fmt.Errorf("%w: a length of %d, at most %d", ErrHistory, h.Length, most)
	}
	return nil
}

// most is how many passwords of an account are remembered.
func (h History) most() int {
	if h.Enabled {
		return h.Length
	}
	return 1
}

// SetHistory changes how many passwords are remembered; what is too much is
// forgotten at once. Core 8.5.5.
func (s *Section) SetHistory(h History) error {
	if err := h.check(s.Limits.WithDefaults()); err != nil {
		return err
	}
	s.History = h
	for i, u := range s.Users {
		s.Users[i].Former = slices.Clone(u.Former[:min(len(u.Former), h.most())])
	}
	return nil
}

// FailureWarning makes the camera tell of many wrong passwords (Core 8.5.7): of
// MaxFailures within Period seconds.
type FailureWarning struct {
	Enabled     bool `json:"enabled,omitempty"`
	Period      int  `json:"monitorPeriod,omitempty"` // seconds; 0: 60
	MaxFailures int  `json:"maxAuthFailures,omitempty"`
}

// WithDefaults fills in what was never set: 10 failures in 60 seconds.
func (w FailureWarning) WithDefaults() FailureWarning {
	if w.Period == 0 && w.MaxFailures == 0 {
		w.Period, w.MaxFailures = 60, 10
	}
	return w
}

func (w FailureWarning) check() error {
	w = w.WithDefaults()
	if w.Period < WarningPeriodMin || w.Period > WarningPeriodMax || w.MaxFailures < WarningFailuresMin || w.MaxFailures > WarningFailuresMax {
		return fmt.Errorf("%w: %d failures in %d seconds", ErrWarning, w.MaxFailures, w.Period)
	}
	return nil
}

// SetWarning changes when the camera tells of wrong passwords. Core 8.5.8.
func (s *Section) SetWarning(w FailureWarning) error {
	if w.Period == 0 || w.MaxFailures == 0 {
		return fmt.Errorf("%w: %d failures in %d seconds", ErrWarning, w.MaxFailures, w.Period)
	}
	if err := w.check(); err != nil {
		return err
	}
	s.Warning = w
	return nil
}

// SetHashing chooses among the algorithms that the camera supports. Core 5.9.3.1.
func (s *Section) SetHashing(list, supported []string) error {
	for i, a := range list {
		if !slices.Contains(supported, a) || slices.Contains(list[:i], a) {
			return fmt.Errorf("%w: %.32q", ErrHashing, a)
		}
	}
	if len(list) == 0 {
		return fmt.Errorf("%w: it is empty", ErrHashing)
	}
	s.Hashing = slices.Clone(list)
	return nil
}
