package keystore

import (
	"errors"
	"fmt"
	"strings"
)

// The errors of this package, each of which the Security service turns into
// the fault named beside it (Security chapter 5).
var (
	ErrKeyID               = errors.New("no such key")                                  // KeyID
	ErrCertificateID       = errors.New("no such certificate")                          // CertificateID
	ErrCertificationPathID = errors.New("no such certification path")                   // CertificationPathID
	ErrPolicyID            = errors.New("no such certification path validation policy") // CertPathValidationPolicyID

	ErrTooManyKeys         = errors.New("maximum number of keys reached")                // MaximumNumberOfKeysReached
	ErrTooManyCertificates = errors.New("maximum number of certificates reached")        // MaximumNumberOfCertificatesReached
	ErrTooManyPaths        = errors.New("maximum number of certification paths reached") // MaximumNumberOfCertificationPathsReached
	ErrTooManyTLSPaths     = errors.New("maximum number of TLS certification paths reached")
	ErrTooManyAudiences    = errors.New("too many audiences")       // TooManyAudiences
	ErrTooManyIssuers      = errors.New("too many trusted issuers") // MaxIssuersExceeded

	ErrKeyStatus         = errors.New("the key's status is not ok")                   // InvalidKeyStatus
	ErrKeyType           = errors.New("the key is of the wrong type")                 // InvalidKeyType
	ErrDuplicateKey      = errors.New("the key is there already")                     // Duplicate
	ErrDuplicate         = errors.New("the certificate is there already")             // Duplicate
	ErrBadCertificate    = errors.New("not a usable certificate")                     // BadCertificate
	ErrPublicKey         = errors.New("unsupported public key algorithm")             // UnsupportedPublicKeyAlgorithm
	ErrNoMatchingPrivate = errors.New("no matching private key")                      // NoMatchingPrivateKey
	ErrNoPrivateKey      = errors.New("no private key")                               // NoPrivateKey
	ErrInvalidPath       = errors.New("certificate is not signed by the next one")    // InvalidCertificationPath
	ErrNotAssigned       = errors.New("the certification path is not assigned")       // OldCertificationPathID
	ErrFactoryPath       = errors.New("the factory's certification path is for good") // OldCertificationPathID
	ErrEmptyList         = errors.New("the list is empty")                            // EmptyList
	ErrTLSVersion        = errors.New("unknown TLS version")                          // TLSVersion
	ErrNoClientAuth      = errors.New("no certification path validation policy is assigned")
	ErrAlias             = errors.New("the alias is too long") // InvalidArgVal
	ErrReferenceExists   = errors.New("a reference exists")    // ReferenceExists
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
