package keystore

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Dot1X is an IEEE 802.1X configuration (Security 5.4).
type Dot1X struct {
	ID    string     `json:"id"`
	Alias string     `json:"alias,omitempty"`
	Outer Dot1XStage `json:"outer"`
}

func (d Dot1X) id() string { return d.ID }

// Dot1XStage is one stage of authentication (tas:Dot1XStage). A stage inside
// an entry of a section is never written into.
type Dot1XStage struct {
	Method       string      `json:"method"` // "EAP-PEAP"
	Identity     string      `json:"identity,omitempty"`
	PathID       string      `json:"pathId,omitempty"`
	PassphraseID string      `json:"passphraseId,omitempty"`
	PolicyID     string      `json:"policyId,omitempty"`
	Inner        *Dot1XStage `json:"inner,omitempty"`
}

// dot1xMethod says what a method of authentication needs.
type dot1xMethod struct {
	name string
	// tunnel methods carry another one inside; their identity is anonymous.
	tunnel bool
	// password and path are what the method cannot do without.
	password, path bool
}

var dot1xMethods = [...]dot1xMethod{
	{name: "EAP-TLS", path: true},    // RFC 5216
	{name: "EAP-PEAP", tunnel: true}, // draft-josefsson-pppext-eap-tls-eap
	{name: "EAP-TTLS", tunnel: true}, // RFC 5281
	{name: "EAP-MD5", password: true},
	{name: "MSCHAPv2", password: true}, // RFC 2759
	{name: "PAP", password: true},
	{name: "CHAP", password: true},
}

// maxStages bounds the stages of a configuration.
const maxStages = 4

// Dot1XMethods lists all combinations of methods there are, as the capability
// of that name shows them.
func Dot1XMethods() []string {
	return []string{
		"EAP-PEAP/MSCHAPv2", "EAP-TLS", "EAP-MD5", "EAP-PEAP/EAP-TLS",
		"EAP-TTLS/MSCHAPv2", "EAP-TTLS/PAP", "EAP-TTLS/CHAP", "EAP-TTLS/EAP-MD5", "EAP-TTLS/EAP-TLS",
	}
}

// Dot1XConfiguration finds an 802.1X configuration by its ID.
func (s *Section) Dot1XConfiguration(id string) (Dot1X, error) {
	d, ok := get(s.Dot1X, id)
	if !ok {
		return Dot1X{}, unknown("802.1X configuration", id, ErrDot1XID)
	}
	return d, nil
}

// AddDot1X stores an 802.1X configuration under an ID of its own, whatever
// d.ID says (Security 5.4.1).
func (s *Section) AddDot1X(d Dot1X, random io.Reader) (Dot1X, error) {
	l := s.Limits.WithDefaults()
	if err := l.checkAlias(d.Alias); err != nil {
		return Dot1X{}, err
	}
	if err := s.checkMethods(d.Outer); err != nil {
		return Dot1X{}, err
	}
	outer, err := s.stage(l, d.Outer)
	if err != nil {
		return Dot1X{}, err
	}
	if len(s.Dot1X) >= l.Dot1X {
		return Dot1X{}, fmt.Errorf("%w: %d", ErrTooManyDot1X, l.Dot1X)
	}
	if d.ID, err = newID("dot1x", s.Dot1X, random); err != nil {
		return Dot1X{}, err
	}
	d.Outer = *outer
	s.Dot1X = append(s.Dot1X, d)
	return d, nil
}

// checkMethods checks each method and then their combination.
func (s *Section) checkMethods(outer Dot1XStage) error {
	var names []string
	for st := &outer; st != nil; st = st.Inner {
		if len(names) == maxStages {
			return fmt.Errorf("more than %d stages: %w", maxStages, ErrDot1XCombination)
		}
		if _, ok := findMethod(st.Method); !ok {
			return fmt.Errorf("method %.64q: %w: it is unknown", st.Method, ErrDot1XMethod)
		}
		names = append(names, st.Method)
	}
	combination := strings.Join(names, "/")
	if !slices.Contains(s.Abilities.WithDefaults().Dot1XMethods, combination) {
		return fmt.Errorf("%q: %w", combination, ErrDot1XCombination)
	}
	return nil
}

func findMethod(name string) (dot1xMethod, bool) {
	for _, m := range dot1xMethods {
		if m.name == name {
			return m, true
		}
	}
	return dot1xMethod{}, false
}

// stage checks what a stage and those inside refer to and returns them as they
// are stored. Their methods are known, and few.
func (s *Section) stage(l Limits, st Dot1XStage) (*Dot1XStage, error) {
	method, _ := findMethod(st.Method)
	if len(st.Identity) > l.Text {
		return nil, fmt.Errorf("method %s: %w: identity of %d bytes, at most %d", st.Method, ErrDot1XMethod, len(st.Identity), l.Text)
	}
	if method.tunnel && st.Identity != "" {
		st.PassphraseID = "" // the identity is anonymous: it has none
	}
	if s.Rules.NoDot1XPolicies {
		st.PolicyID = ""
	}
	if err := s.checkStage(method, st); err != nil {
		return nil, err
	}
	if st.Inner != nil {
		inner, err := s.stage(l, *st.Inner)
		if err != nil {
			return nil, err
		}
		st.Inner = inner
	}
	return &st, nil
}

// checkStage checks one stage's references and that it has what it needs.
func (s *Section) checkStage(method dot1xMethod, st Dot1XStage) error {
	if st.PassphraseID != "" {
		if _, err := s.Passphrase(st.PassphraseID); err != nil {
			return err
		}
	}
	if st.PathID != "" {
		if err := s.checkUsable(st.PathID); err != nil {
			return fmt.Errorf("%w: %v", ErrCertificationPathID, err) //nolint:errorlint // this fault and no other
		}
	}
	if st.PolicyID != "" {
		if _, err := s.Policy(st.PolicyID); err != nil {
			return err
		}
	}
	switch {
	case method.path && st.PathID == "":
		return fmt.Errorf("method %s: %w: it needs a certification path", st.Method, ErrDot1XMethod)
	case method.password && (st.Identity == "" || st.PassphraseID == ""):
		return fmt.Errorf("method %s: %w: it needs an identity and a passphrase", st.Method, ErrDot1XMethod)
	}
	return nil
}

// DeleteDot1X removes an 802.1X configuration; bound are the tokens of the
// network interfaces that it is bound to (Security 5.4.4).
func (s *Section) DeleteDot1X(id string, bound []string) error {
	i := indexOf(s.Dot1X, id)
	if i < 0 {
		return unknown("802.1X configuration", id, ErrDot1XID)
	}
	var by []string
	for _, token := range bound {
		by = append(by, "network interface "+token)
	}
	if err := unreferenced("802.1X configuration", id, by); err != nil {
		return err
	}
	s.Dot1X = slices.Delete(s.Dot1X, i, i+1)
	return nil
}
