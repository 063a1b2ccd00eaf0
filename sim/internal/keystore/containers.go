package keystore

import (
	"slices"

	"github.com/camfleet/camfleet/sim/internal/pki"
)

// PBMAC1 is the integrity protection of RFC 9579 among [Abilities].MAC.
const PBMAC1 = "PBMAC1"

// Containers say what of PKCS #8 and PKCS #12 is read here: what the abilities
// name, within the keystore's limits.
func (a Abilities) Containers() pki.ContainerOptions {
	a = a.WithDefaults()
	has := func(list []string, name string) bool { return name == "" || slices.Contains(list, name) }
	return pki.ContainerOptions{
		Allow: func(s pki.Scheme) bool {
			return has(a.Encryption, s.PBE) && has(a.Ciphers, s.Cipher) && has(a.MAC, s.PRF)
		},
		AllowMAC: func(m pki.MAC) bool {
			return has(a.MAC, m.HMAC) && has(a.MAC, m.PRF) && (!m.PBMAC1 || has(a.MAC, PBMAC1))
		},
	}
}

// encryptions, ciphers and macs are those of the schemes there are.
func encryptions() []string {
	return schemeNames(func(s pki.Scheme) string { return s.PBE })
}

func ciphers() []string {
	return schemeNames(func(s pki.Scheme) string { return s.Cipher })
}

func macs() []string {
	return append(schemeNames(func(s pki.Scheme) string { return s.PRF }), PBMAC1)
}

// schemeNames lists the names that of finds in the schemes, each once.
func schemeNames(of func(pki.Scheme) string) []string {
	var names []string
	for _, s := range pki.Schemes() {
		if name := of(s); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
