package keystore

// MediaSigning says which paths sign media (Security 5.5).
type MediaSigning struct {
	Factory string `json:"factory"`        // path from the factory; empty: the camera cannot sign
	User    string `json:"user,omitempty"` // path added by a client
}

// Assigned returns the assigned paths, the factory's first (Security 5.5.4).
func (m MediaSigning) Assigned() []string {
	var out []string
	for _, id := range []string{m.Factory, m.User} {
		if id != "" {
			out = append(out, id)
		}
	}
	return out
}

// Signer returns the path whose leaf key signs: the user's, else the factory's.
func (m MediaSigning) Signer() string {
	if m.User != "" {
		return m.User
	}
	return m.Factory
}

// AssignSigningPath makes a path the user's signing path, in the place of the
// one before (Security 5.5.2).
func (s *Section) AssignSigningPath(id string) error {
	if err := s.checkUsable(id); err != nil {
		return err
	}
	if id != s.MediaSigning.Factory {
		s.MediaSigning.User = id
	}
	return nil
}

// RemoveSigningPath takes the user's signing path away; while media is being
// signed that is a [ReferenceError], unless the release says otherwise
// (Security 5.5.3).
func (s *Section) RemoveSigningPath(id string, signingEnabled bool) error {
	switch {
	case id != "" && id == s.MediaSigning.Factory:
		return unknown("certification path", id, ErrFactoryPath)
	case id == "" || id != s.MediaSigning.User:
		return unknown("certification path", id, ErrNotAssigned)
	case signingEnabled && !s.Rules.SigningStops:
		return unreferenced("certification path", id, []string{"media signing, which is enabled"})
	}
	s.MediaSigning.User = ""
	return nil
}
