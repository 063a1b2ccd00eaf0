package keystore

import (
	"errors"
	"fmt"
	"strings"
)

// The errors of this package, each of which the Security service turns into
// the fault named beside it (Security chapter 5). Where two are named, the
// operation lists one of them.
var (
	ErrKeyID               = errors.New("no such key")                                  // KeyID
	ErrCertificateID       = errors.New("no such certificate")                          // CertificateID
	ErrCertificationPathID = errors.New("no such certification path")                   // CertificationPathID, NewCertificationPathID
	ErrPolicyID            = errors.New("no such certification path validation policy") // CertPathValidationPolicyID, NewCertPathValidationPolicyID
	ErrPassphraseID        = errors.New("no such passphrase")                           // PassphraseID
	ErrCRLID               = errors.New("no such certificate revocation list")          // CRLID
	ErrDot1XID             = errors.New("no such 802.1X configuration")                 // Dot1XConfigurationID
	ErrNoConfig            = errors.New("no such authorization server configuration")   // NoConfig

	ErrTooManyKeys         = errors.New("maximum number of keys reached")                                       // MaximumNumberOfKeysReached
	ErrTooManyCertificates = errors.New("maximum number of certificates reached")                               // MaximumNumberOfCertificatesReached
	ErrTooManyPaths        = errors.New("maximum number of certification paths reached")                        // MaximumNumberOfCertificationPathsReached
	ErrTooManyPassphrases  = errors.New("maximum number of passphrases reached")                                // MaximumNumberOfPassphrasesReached
	ErrTooManyCRLs         = errors.New("maximum number of certificate revocation lists reached")               // MaximumNumberOfCRLsReached
	ErrTooManyPolicies     = errors.New("maximum number of certification path validation policies reached")     // MaximumNumberOfCertPathValidationPoliciesReached
	ErrTooManyTLSPaths     = errors.New("maximum number of TLS certification paths reached")                    // MaximumNumberOfTLSCertificationPathsReached
	ErrTooManyTLSPolicies  = errors.New("maximum number of TLS certification path validation policies reached") // MaximumNumberOfTLSCertPathValidationPoliciesReached
	ErrTooManyDot1X        = errors.New("maximum number of 802.1X configurations reached")                      // MaximumNumberOfDot1XConfigurationsReached
	ErrTooManyAuthServers  = errors.New("maximum number of authorization servers reached")                      // MaxAuthorizationServers
	ErrTooManyAudiences    = errors.New("too many audiences")                                                   // TooManyAudiences
	ErrTooManyIssuers      = errors.New("too many trusted issuers")                                             // MaxIssuersExceeded

	ErrKeyStatus          = errors.New("the key's status is not ok")                          // InvalidKeyStatus
	ErrKeyType            = errors.New("the key is of the wrong type")                        // InvalidKeyType
	ErrKeyLength          = errors.New("unsupported RSA key length")                          // KeyLength
	ErrCurve              = errors.New("unsupported elliptic curve")                          // UnsupportedEllipticCurve
	ErrKeyMismatch        = errors.New("private and public key do not match")                 // PublicPrivateKeyMismatch
	ErrDuplicateKey       = errors.New("the key is there already")                            // none: it is linked to
	ErrDuplicate          = errors.New("the certificate is there already")                    // Duplicate
	ErrBadCertificate     = errors.New("not a usable certificate")                            // BadCertificate
	ErrBadPKCS12          = errors.New("not a usable PKCS #12 file")                          // BadPKCS12File
	ErrBadCRL             = errors.New("not a usable certificate revocation list")            // BadCRL
	ErrBadPassphrase      = errors.New("not a usable passphrase")                             // BadPassphrase
	ErrPublicKey          = errors.New("unsupported public key algorithm")                    // UnsupportedPublicKeyAlgorithm
	ErrSignatureAlgorithm = errors.New("unsupported signature algorithm")                     // UnsupportedSignatureAlgorithm
	ErrAlgorithmMismatch  = errors.New("the key cannot sign with this algorithm")             // KeySignatureAlgorithmMismatch
	ErrNoMatchingPrivate  = errors.New("no matching private key")                             // NoMatchingPrivateKey
	ErrNoPrivateKey       = errors.New("no private key")                                      // NoPrivateKey
	ErrInvalidPath        = errors.New("not a valid certification path")                      // InvalidCertificationPath
	ErrPathLength         = errors.New("wrong number of certificates in the path")            // CertificationPathCreationFailed, InvalidCertificationPath
	ErrPolicyParameters   = errors.New("invalid certification path validation parameters")    // CertPathValidationParameters
	ErrNotAssigned        = errors.New("the certification path is not assigned")              // OldCertificationPathID
	ErrPolicyNotAssigned  = errors.New("the policy is not assigned")                          // CertPathValidationPolicyID, OldCertPathValidationPolicyID
	ErrFactoryPath        = errors.New("the factory's certification path is for good")        // OldCertificationPathID
	ErrEmptyList          = errors.New("the list is empty")                                   // EmptyList
	ErrTLSVersion         = errors.New("unknown TLS version")                                 // TLSVersion
	ErrNoClientAuth       = errors.New("no certification path validation policy is assigned") // EnablingClientAuthenticationFailed
	ErrCnMapsToUser       = errors.New("TLS client authentication is not configured")         // CnMapsToUserFailed
	ErrDot1XMethod        = errors.New("802.1X method cannot be used")                        // Dot1XMethod
	ErrDot1XCombination   = errors.New("802.1X methods cannot be combined")                   // Dot1XMethodCombination
	ErrInvalidConfig      = errors.New("invalid authorization server configuration")          // InvalidConfig
	ErrJWT                = errors.New("invalid JWT configuration")                           // InvalidArgVal alone
	ErrURI                = errors.New("not a usable address")                                // InvalidArgVal alone
	ErrAlias              = errors.New("the alias is too long")                               // InvalidArgVal alone
	ErrReferenceExists    = errors.New("a reference exists")                                  // ReferenceExists, PassphraseDeletionFailed, CertPathValidationParameters
)

// ReferenceError says what refers to a thing that should go. It is an
// [ErrReferenceExists].
type ReferenceError struct {
	Thing string   // "key", "certificate"…
	ID    string   // of the thing
	By    []string // what refers to it: "certificate cert-1", "TLS server"
}

// Error lists what refers to the thing.
func (e *ReferenceError) Error() string {
	return fmt.Sprintf("%s %q: %v: %s", e.Thing, e.ID, ErrReferenceExists, strings.Join(e.By, ", "))
}

// Is makes the error an ErrReferenceExists.
func (e *ReferenceError) Is(target error) bool { return target == ErrReferenceExists }

// unreferenced is nil if by is empty.
func unreferenced(thing, id string, by []string) error {
	if len(by) == 0 {
		return nil
	}
	return &ReferenceError{Thing: thing, ID: id, By: by}
}

// unknown names a thing that is not there; long IDs are cut.
func unknown(thing, id string, err error) error {
	return fmt.Errorf("%s %.64q: %w", thing, id, err)
}
