package device

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Scope is one scope parameter (Core 8.3.14).
type Scope struct {
	Item string `json:"item"`
	// Fixed scopes cannot be changed or removed by a client (ScopeDef Fixed).
	Fixed bool `json:"fixed,omitempty"`
}

// DiscoveryMode says whether the camera answers WS-Discovery (Core 8.3.18).
type DiscoveryMode string

// The discovery modes of the schema.
const (
	Discoverable    DiscoveryMode = "Discoverable"
	NonDiscoverable DiscoveryMode = "NonDiscoverable"
)

// SetDiscoveryMode sets the mode (Core 8.3.19).
func (s *Section) SetDiscoveryMode(m DiscoveryMode) error {
	if m != Discoverable && m != NonDiscoverable {
		return fmt.Errorf("discovery mode %q: %w", m, ErrDiscoveryMode)
	}
	s.DiscoveryMode = m
	return nil
}

// SetScopes replaces every configurable scope by items; fixed ones stay
// (Core 8.3.15). Items that repeat, or equal a fixed scope, are kept once.
func (s *Section) SetScopes(items []string) error {
	next := slices.DeleteFunc(slices.Clone(s.Scopes), func(c Scope) bool { return !c.Fixed })
	return s.putScopes(next, items)
}

// AddScopes adds configurable scopes; those present already stay as they are
// (Core 8.3.16).
func (s *Section) AddScopes(items []string) error {
	return s.putScopes(slices.Clone(s.Scopes), items)
}

func (s *Section) putScopes(next []Scope, items []string) error {
	l := s.Limits.WithDefaults()
	for _, item := range items {
		if err := checkScope(item, l.ScopeLength); err != nil {
			return err
		}
		if indexScope(next, item) >= 0 {
			continue
		}
		if len(next) == l.Scopes {
			return fmt.Errorf("scope %q: %w (at most %d)", item, ErrTooManyScopes, l.Scopes)
		}
		next = append(next, Scope{Item: item})
	}
	s.publishScopes(next)
	return nil
}

// RemoveScopes removes configurable scopes, all or none (Core 8.3.17).
func (s *Section) RemoveScopes(items []string) error {
	next := slices.Clone(s.Scopes)
	for _, item := range items {
		i := indexScope(next, item)
		switch {
		case i < 0:
			return fmt.Errorf("scope %q: %w", item, ErrNoScope)
		case next[i].Fixed:
			return fmt.Errorf("scope %q: %w", item, ErrFixedScope)
		}
		next = slices.Delete(next, i, i+1)
	}
	s.publishScopes(next)
	return nil
}

func (s *Section) publishScopes(next []Scope) {
	if !slices.Equal(next, s.Scopes) {
		s.Scopes = next
		s.MetadataVersion++
	}
}

// AddressesChanged counts a change of the announced addresses.
func (s *Section) AddressesChanged() { s.MetadataVersion++ }

func indexScope(in []Scope, item string) int {
	return slices.IndexFunc(in, func(c Scope) bool { return c.Item == item })
}

// checkScope accepts what can stand in the blank-separated list of a
// discovery message: an absolute URI without blanks or controls.
func checkScope(item string, limit int) error {
	scheme, rest, ok := strings.Cut(item, ":")
	bad := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar }
	if !ok || scheme == "" || rest == "" || len(item) > limit || strings.ContainsFunc(item, bad) {
		return fmt.Errorf("scope %.64q: %w", item, ErrScope)
	}
	return nil
}
