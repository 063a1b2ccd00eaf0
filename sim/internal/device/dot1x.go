package device

import (
	"fmt"
	"slices"
)

// SetDot1X binds an IEEE 802.1X configuration to a network interface, in the
// place of the one before; an empty ID unbinds (Security 5.4.5, 5.4.7). That
// the keystore has the configuration is for the caller to know.
func (s *Section) SetDot1X(token, id string) error {
	i := slices.IndexFunc(s.Network.Interfaces, func(n Interface) bool { return n.Token == token })
	if i < 0 {
		return fmt.Errorf("interface %.64q: %w", token, ErrInterface)
	}
	s.Network.Interfaces = slices.Clone(s.Network.Interfaces)
	s.Network.Interfaces[i].Dot1XID = id
	return nil
}

// Dot1XInterfaces lists the tokens of the interfaces that an 802.1X
// configuration is bound to.
func (n Network) Dot1XInterfaces(id string) []string {
	var tokens []string
	for _, i := range n.Interfaces {
		if id != "" && i.Dot1XID == id {
			tokens = append(tokens, i.Token)
		}
	}
	return tokens
}
