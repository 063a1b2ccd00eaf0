package pki

import (
	"errors"
	"fmt"
)

// The errors of this package's readers and builders. The Security service
// turns each into the fault named beside it (Security 5.2.6).
var (
	// ErrPKCS8 is a structure that is not a usable PKCS #8 one: BadPKCS8File.
	ErrPKCS8 = errors.New("not a usable PKCS #8 structure")
	// ErrPKCS12 is a structure that is not a usable PKCS #12 one: BadPKCS12File.
	ErrPKCS12 = errors.New("not a usable PKCS #12 structure")
	// ErrNoMAC is a PKCS #12 file without the integrity protection that is
	// wanted; it is an ErrPKCS12 too.
	ErrNoMAC = fmt.Errorf("%w: it has no integrity protection", ErrPKCS12)
	// ErrMAC is a PKCS #12 file whose MAC is not that of the passphrase.
	ErrMAC = errors.New("the integrity passphrase is wrong, or the file was changed")
	// ErrDecrypt is a key or certificate that the passphrase, or none, does
	// not decrypt: DecryptionFailed.
	ErrDecrypt = errors.New("not decryptable with the passphrase")
	// ErrScheme is an encryption or a MAC that is not known or not allowed.
	ErrScheme = errors.New("unsupported password-based scheme")
	// ErrKeyAlgorithm is a key that is neither RSA, nor ECDSA on a known
	// curve, nor Ed25519: UnsupportedPublicKeyAlgorithm.
	ErrKeyAlgorithm = errors.New("unsupported public key algorithm")
	// ErrKeyMismatch is a public key that is not that of the private key:
	// PublicPrivateKeyMismatch.
	ErrKeyMismatch = errors.New("the public key does not belong to the private key")

	// ErrName is a distinguished name that cannot be encoded: InvalidSubject.
	ErrName = errors.New("invalid distinguished name")
	// ErrExtension is an X.509v3 extension that cannot be: InvalidAttribute
	// in a request.
	ErrExtension = errors.New("invalid extension")
	// ErrAttribute is a PKCS #10 attribute that cannot be: InvalidAttribute.
	ErrAttribute = errors.New("invalid request attribute")
	// ErrVersion is an X.509 version that is not 1 or 3: UnsupportedX509Version.
	ErrVersion = errors.New("unsupported X.509 version")
	// ErrVersionExtensions is an extension in a certificate of version 1:
	// X509VersionExtensionsMismatch.
	ErrVersionExtensions = errors.New("the X.509 version has no extensions")
	// ErrValidity is a time that a certificate cannot say: InvalidDateTime.
	ErrValidity = errors.New("invalid validity period")

	// ErrSignatureAlgorithm is an algorithm that is not known:
	// UnsupportedSignatureAlgorithm.
	ErrSignatureAlgorithm = errors.New("unsupported signature algorithm")
	// ErrKeySignature is a key of the wrong kind for the signature algorithm:
	// KeySignatureAlgorithmMismatch.
	ErrKeySignature = errors.New("the key does not fit the signature algorithm")
	// ErrSignature is a signature that is not the key's.
	ErrSignature = errors.New("wrong signature")

	// ErrCertificate is a certificate that cannot be read: BadCertificate.
	ErrCertificate = errors.New("not a usable certificate")
	// ErrCRL is a certificate revocation list that cannot be read: BadCRL.
	ErrCRL = errors.New("not a usable certificate revocation list")
)

// LimitError is something bigger, or more, than a named limit lets in. It
// says so before any work is done on the thing.
type LimitError struct {
	Limit string // the limit's field: "Iterations"
	Have  int64
	Max   int64
}

// Error names the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%s: %d, at most %d", e.Limit, e.Have, e.Max)
}

// within is a LimitError if have is more than the limit.
func within(limit string, have, most int) error {
	if have > most {
		return &LimitError{Limit: limit, Have: int64(have), Max: int64(most)}
	}
	return nil
}
