package keystore

import (
	"fmt"
	"slices"
)

// Abilities are the lists of the capabilities (Security 5.8.2, 5.8.4, 5.8.6):
// what the rules accept and the service announces. A nil list stands for the
// default, an empty one for nothing. They are set once the factory is done;
// what is in the keystore by then is not asked.
type Abilities struct {
	// RSAKeyLengths are moduli in bits; default 2048, 3072 and 4096.
	RSAKeyLengths []int `json:"rsaKeyLengths,omitzero"`
	// EllipticCurves are names of the IANA registry of TLS groups; default
	// secp256r1, secp384r1 and secp521r1, the only ones there are.
	EllipticCurves []string `json:"ellipticCurves,omitzero"`
	// SignatureAlgorithms are object identifiers; default: all of
	// [SignatureAlgorithms].
	SignatureAlgorithms []string `json:"signatureAlgorithms,omitzero"`
	// Encryption are the password-based encryptions of containers with keys,
	// Ciphers those within PBES2, and MAC the HMACs of both the integrity
	// protection and the key derivation, with [PBMAC1] for that of RFC 9579;
	// default: all of [pki.Schemes].
	Encryption []string `json:"encryption,omitzero"`
	Ciphers    []string `json:"ciphers,omitzero"`
	MAC        []string `json:"mac,omitzero"`
	// Dot1XMethods are methods from the outermost inwards, "EAP-PEAP/MSCHAPv2".
	// Default: all of [Dot1XMethods].
	Dot1XMethods []string `json:"dot1xMethods,omitzero"`
	// ConfigurationTypes and ClientAuthentication are those of authorization
	// servers; default: all of Tables 6 and 7.
	ConfigurationTypes   []string `json:"configurationTypes,omitzero"`
	ClientAuthentication []string `json:"clientAuthentication,omitzero"`
}

// WithDefaults fills in the lists that are nil.
func (a Abilities) WithDefaults() Abilities {
	if a.RSAKeyLengths == nil {
		a.RSAKeyLengths = []int{2048, 3072, 4096}
	}
	for _, f := range []struct {
		list *[]string
		def  []string
	}{
		{&a.EllipticCurves, curveNames()},
		{&a.SignatureAlgorithms, SignatureAlgorithms()},
		{&a.Encryption, encryptions()},
		{&a.Ciphers, ciphers()},
		{&a.MAC, macs()},
		{&a.Dot1XMethods, Dot1XMethods()},
		{&a.ConfigurationTypes, ConfigurationTypes()},
		{&a.ClientAuthentication, ClientAuthenticationMethods()},
	} {
		if *f.list == nil {
			*f.list = f.def
		}
	}
	return a
}

// curves are the elliptic curves by their names in the IANA registry of TLS
// supported groups, with their sizes in bits.
var curves = [...]struct {
	name string
	bits int
}{{"secp256r1", 256}, {"secp384r1", 384}, {"secp521r1", 521}}

func curveNames() []string {
	var names []string
	for _, c := range curves {
		names = append(names, c.name)
	}
	return names
}

// SpecOfCurve finds a curve by its name in the EllipticCurves capability;
// [ErrCurve] if there is none.
func SpecOfCurve(name string) (Spec, error) {
	for _, c := range curves {
		if c.name == name {
			return Spec{ECDSA, c.bits}, nil
		}
	}
	return Spec{}, fmt.Errorf("curve %.64q: %w", name, ErrCurve)
}

// checkNew reports whether keys of this kind can be made here: [ErrKeyLength]
// or [ErrCurve].
func (a Abilities) checkNew(s Spec) error {
	a = a.WithDefaults()
	switch s.Algorithm {
	case RSA:
		if !slices.Contains(a.RSAKeyLengths, s.Bits) {
			return fmt.Errorf("%d bits: %w", s.Bits, ErrKeyLength)
		}
		return nil
	case ECDSA:
		if name := s.Curve(); !slices.Contains(a.EllipticCurves, name) {
			return fmt.Errorf("curve %q of %d bits: %w", name, s.Bits, ErrCurve)
		}
		return nil
	}
	return fmt.Errorf("algorithm %.16q: %w", string(s.Algorithm), ErrPublicKey)
}

// checkPrivate reports whether private keys of this kind can be brought here.
func (a Abilities) checkPrivate(s Spec) error {
	if err := a.checkNew(s); err != nil {
		return fmt.Errorf("%w: %v", ErrPublicKey, err) //nolint:errorlint // another fault than when one is made
	}
	return nil
}

// checkPublic reports whether public keys of this kind can be used: any size
// of an algorithm that the keystore has at all, since a client does not choose
// the keys of its authorities.
func (a Abilities) checkPublic(s Spec) error {
	a = a.WithDefaults()
	if s.Algorithm == RSA && len(a.RSAKeyLengths) == 0 || s.Algorithm == ECDSA && len(a.EllipticCurves) == 0 {
		return fmt.Errorf("%s: %w", s.Algorithm, ErrPublicKey)
	}
	return nil
}
