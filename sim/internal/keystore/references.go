package keystore

import "slices"

// KeyReferences lists what refers to a key (Security 5.2.4).
func (s *Section) KeyReferences(id string) []string {
	var by []string
	for _, c := range s.Certificates {
		if c.KeyID == id {
			by = append(by, "certificate "+c.ID)
		}
	}
	for _, a := range s.Authorization {
		if a.KeyID == id {
			by = append(by, "authorization server "+a.Token)
		}
	}
	if slices.Contains(s.JWT.KeyIDs, id) {
		by = append(by, "JWT configuration")
	}
	return by
}

// CertificateReferences lists what refers to a certificate.
func (s *Section) CertificateReferences(id string) []string {
	var by []string
	for _, p := range s.Paths {
		if slices.Contains(p.CertificateIDs, id) {
			by = append(by, "certification path "+p.ID)
		}
	}
	for _, p := range s.Policies {
		if slices.Contains(p.TrustAnchors, id) {
			by = append(by, "policy "+p.ID)
		}
	}
	for _, a := range s.Authorization {
		if a.CertificateID == id {
			by = append(by, "authorization server "+a.Token)
		}
	}
	if c, ok := get(s.Certificates, id); ok {
		by = append(by, s.crlReferences(c)...)
	}
	return by
}

// PathReferences lists what refers to a certification path.
func (s *Section) PathReferences(id string) []string {
	var by []string
	if slices.Contains(s.TLS.Paths, id) {
		by = append(by, "TLS server")
	}
	if slices.Contains(s.MediaSigning.Assigned(), id) {
		by = append(by, "media signing")
	}
	if id != "" && s.DeviceIdentity == id {
		by = append(by, "device identity")
	}
	return append(by, s.stageReferences(func(st Dot1XStage) bool { return st.PathID == id })...)
}

// PassphraseReferences lists what refers to a passphrase.
func (s *Section) PassphraseReferences(id string) []string {
	return s.stageReferences(func(st Dot1XStage) bool { return st.PassphraseID == id })
}

// PolicyReferences lists what refers to a validation policy.
func (s *Section) PolicyReferences(id string) []string {
	var by []string
	if slices.Contains(s.TLS.Policies, id) {
		by = append(by, "TLS server")
	}
	if id != "" && s.JWT.ValidationPolicy == id {
		by = append(by, "JWT configuration")
	}
	for _, a := range s.Authorization {
		if a.PolicyID == id {
			by = append(by, "authorization server "+a.Token)
		}
	}
	return append(by, s.stageReferences(func(st Dot1XStage) bool { return st.PolicyID == id })...)
}

// stageReferences lists the 802.1X configurations with a stage that matches.
func (s *Section) stageReferences(match func(Dot1XStage) bool) []string {
	var by []string
	for _, d := range s.Dot1X {
		for st := &d.Outer; st != nil; st = st.Inner {
			if match(*st) {
				by = append(by, "802.1X configuration "+d.ID)
				break
			}
		}
	}
	return by
}
