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

// SigningUse is what the signing paths are used for just now.
type SigningUse struct {
	Enabled bool // media is signed when it is asked for
	Running bool // a stream is running and is signed
}

// AssignSigningPath makes a path the user's signing path, in the place of the
// one before (Security 5.5.2). Where the release says so, one that signs a
// running stream is not replaced: a [ReferenceError].
func (s *Section) AssignSigningPath(id string, use SigningUse) error {
	if err := s.checkUsable(id); err != nil {
		return err
	}
	old := s.MediaSigning.User
	if id == s.MediaSigning.Factory || id == old {
		return nil
	}
	if old != "" && s.Rules.SigningPlayed && use.Running {
		return unreferenced("certification path", old, []string{"a stream that is running"})
	}
	s.MediaSigning.User = id
	return nil
}

// RemoveSigningPath takes the user's signing path away; while it is in use that
// is a [ReferenceError], where use means what the release says (Security 5.5.3).
func (s *Section) RemoveSigningPath(id string, use SigningUse) error {
	switch {
	case id != "" && id == s.MediaSigning.Factory:
		return unknown("certification path", id, ErrFactoryPath)
	case id == "" || id != s.MediaSigning.User:
		return unknown("certification path", id, ErrNotAssigned)
	case s.Rules.SigningPlayed && use.Running:
		return unreferenced("certification path", id, []string{"a stream that is running"})
	case !s.Rules.SigningPlayed && use.Enabled:
		return unreferenced("certification path", id, []string{"media signing, which is enabled"})
	}
	s.MediaSigning.User = ""
	return nil
}
