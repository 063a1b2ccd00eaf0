package security

import (
	"errors"
	"fmt"
	"time"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/pki"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

var (
	// errCSR is a request that could not be made though all of it is right.
	errCSR = errors.New("the certification request cannot be made")
	// errSelfSigned says the same of a certificate.
	errSelfSigned = errors.New("the certificate cannot be made")
)

// signingFaults are those of requests and certificates that are made here.
// Security 5.2.6.3.1, 5.2.6.3.2.
func signingFaults() svc.Faults {
	const (
		arg    = "env:Sender/ter:InvalidArgVal"
		action = "env:Receiver/ter:Action"
	)
	return svc.Faults{
		svc.FaultFor(keystore.ErrAlgorithmMismatch, arg+"/ter:KeySignatureAlgorithmMismatch"),
		svc.FaultFor(pki.ErrSignatureAlgorithm, arg+"/ter:UnsupportedSignatureAlgorithm"),
		svc.FaultFor(pki.ErrKeySignature, arg+"/ter:KeySignatureAlgorithmMismatch"),
		svc.FaultFor(pki.ErrName, arg+"/ter:InvalidSubject"),
		svc.FaultFor(pki.ErrAttribute, arg+"/ter:InvalidAttribute"),
		svc.FaultFor(pki.ErrExtension, arg+"/ter:InvalidAttribute", action+"/ter:CertificateCreationFailed"),
		svc.FaultFor(pki.ErrVersion, arg+"/ter:UnsupportedX509Version"),
		svc.FaultFor(pki.ErrVersionExtensions, arg+"/ter:X509VersionExtensionsMismatch"),
		svc.FaultFor(pki.ErrValidity, arg+"/ter:InvalidDateTime"),
		svc.FaultFor(errCSR, action+"/ter:CSRCreationFailed"),
		svc.FaultFor(errSelfSigned, action+"/ter:CertificateCreationFailed"),
	}
}

// x509Versions are those of self-signed certificates.
func x509Versions() []int { return []int{1, 3} }

// createPKCS10CSR makes a certification request of a key of the camera, and
// changes nothing. Security 5.2.6.3.1; READ_SYSTEM.
func createPKCS10CSR(c *svc.Call, req *tas.CreatePKCS10CSR) (*tas.CreatePKCS10CSRResponse, error) {
	subject, err := name(req.Subject)
	if err != nil {
		return nil, err
	}
	wanted, further, err := csrAttributes(req.CSRAttribute)
	if err != nil {
		return nil, err
	}
	random, now := c.State.Random()
	with, err := signing(c, now.Keystore, req.KeyID, req.SignatureAlgorithm, errCSR)
	if err != nil {
		return nil, err
	}
	der, err := pki.Request{Subject: subject, Extensions: wanted, Attributes: further}.Sign(with.signer, with.algorithm, random)
	return &tas.CreatePKCS10CSRResponse{PKCS10CSR: der}, failed(err, errCSR)
}

// createSelfSignedCertificate makes a certificate of a key of the camera,
// signed by that key, and stores it. Security 5.2.6.3.2; WRITE_SYSTEM.
func createSelfSignedCertificate(c *svc.Call, req *tas.CreateSelfSignedCertificate) (*tas.CreateSelfSignedCertificateResponse, error) {
	subject, err := name(req.Subject)
	if err != nil {
		return nil, err
	}
	wanted := pki.Certificate{Version: 3, Subject: subject, Extensions: extensions(req.Extension)}
	if req.X509Version != nil {
		wanted.Version = *req.X509Version
	}
	if wanted.NotBefore, wanted.NotAfter, err = validity(req, c.Clock.Now()); err != nil {
		return nil, err
	}
	var added keystore.Certificate
	for again := true; again; { // until nobody else was given the serial number meanwhile
		added, again, err = selfSign(c, req, wanted)
	}
	return &tas.CreateSelfSignedCertificateResponse{CertificateID: added.ID}, err
}

// selfSign makes and stores a certificate. It is signed before the change and
// not in it: a key that is slow holds up nobody else. If another one with the
// same serial number has come between, nothing happened, and it is to be made
// again of later random numbers.
func selfSign(c *svc.Call, req *tas.CreateSelfSignedCertificate, wanted pki.Certificate) (added keystore.Certificate, again bool, err error) {
	random, before := c.State.Random()
	with, err := signing(c, before.Keystore, req.KeyID, req.SignatureAlgorithm, errSelfSigned)
	if err != nil {
		return added, false, err
	}
	der, err := wanted.SelfSign(with.signer, with.algorithm, random)
	if err != nil {
		return added, false, failed(err, errSelfSigned)
	}
	err = c.Update(func(tx *state.Tx) (err error) {
		if now := tx.View(); now.Version != before.Version {
			if _, err := now.Keystore.SigningKey(req.KeyID); err != nil {
				return err
			}
			if again = now.Keystore.Issued(der); again {
				return nil
			}
		}
		added, err = tx.Keystore().AddCertificate(keystore.NewCertificate{DER: der, Alias: value(req.Alias), KeyID: req.KeyID}, tx.Random())
		if errors.Is(err, keystore.ErrBadCertificate) { // an extension nobody could read again
			return fmt.Errorf("%w: %v", errSelfSigned, err) //nolint:errorlint // another fault than when one is uploaded
		}
		return err
	})
	return added, again, err
}

// validity is from when to when a self-signed certificate is valid; what is
// left out is now and the end of time.
func validity(req *tas.CreateSelfSignedCertificate, now time.Time) (from, to time.Time, err error) {
	from, to = now, pki.Forever()
	if req.NotValidBefore != nil {
		from = *req.NotValidBefore
	}
	if req.NotValidAfter != nil {
		to = *req.NotValidAfter
	}
	if to.IsZero() { // which means another thing to who signs
		err = fmt.Errorf("%w: notValidAfter is %v", pki.ErrValidity, to)
	}
	return from, to, err
}

// failed marks an error that is none of the request's as one of the operation.
func failed(err, operation error) error {
	if err == nil {
		return nil
	}
	for _, own := range []error{
		pki.ErrName, pki.ErrAttribute, pki.ErrExtension, pki.ErrVersion, pki.ErrVersionExtensions, pki.ErrValidity,
		pki.ErrSignatureAlgorithm, pki.ErrKeySignature,
	} {
		if errors.Is(err, own) {
			return err
		}
	}
	return fmt.Errorf("%w: %w", operation, err)
}
