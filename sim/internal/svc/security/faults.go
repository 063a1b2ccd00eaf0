package security

import (
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// undone are the faults of operations that could not store what they did. An
// operation without a fault of its own for it has the generic one.
func undone() svc.Faults {
	const action = "env:Receiver/ter:Action"
	return svc.Faults{svc.FaultFor(state.ErrStore,
		action+"/ter:KeyDeletionFailed", action+"/ter:CertificateDeletionFailed", action+"/ter:CertificationPathDeletionFailed",
		action+"/ter:PassphraseDeletionFailed", action+"/ter:CertificateCreationFailed", action+"/ter:CertificationPathCreationFailed", action,
	)}
}

// keyFaults are those of keys that are made and deleted. Security 5.2.6.2.
func keyFaults() svc.Faults {
	const arg = "env:Sender/ter:InvalidArgVal"
	return svc.Faults{
		svc.FaultFor(keystore.ErrKeyLength, arg+"/ter:KeyLength"),
		svc.FaultFor(keystore.ErrCurve, arg+"/ter:UnsupportedEllipticCurve"),
		svc.FaultFor(keystore.ErrTooManyKeys, "env:Receiver/ter:Action/ter:MaximumNumberOfKeysReached"),
	}
}

// storeFaults are those of passphrases, revocation lists and policies. Security
// 5.2.6.1, 5.2.6.4, 5.2.6.5, 5.3.3.
func storeFaults() svc.Faults {
	const (
		arg    = "env:Sender/ter:InvalidArgVal"
		action = "env:Receiver/ter:Action"
	)
	return svc.Faults{
		svc.FaultFor(keystore.ErrPassphraseID, arg+"/ter:PassphraseID"),
		svc.FaultFor(keystore.ErrBadPassphrase, arg+"/ter:BadPassphrase"),
		svc.FaultFor(keystore.ErrTooManyPassphrases, action+"/ter:MaximumNumberOfPassphrasesReached"),
		svc.FaultFor(keystore.ErrCRLID, arg+"/ter:CRLID"),
		svc.FaultFor(keystore.ErrBadCRL, arg+"/ter:BadCRL"),
		svc.FaultFor(keystore.ErrSignatureAlgorithm, arg+"/ter:UnsupportedSignatureAlgorithm"),
		svc.FaultFor(keystore.ErrTooManyCRLs, action+"/ter:MaximumNumberOfCRLsReached"),
		svc.FaultFor(keystore.ErrPolicyParameters, arg+"/ter:CertPathValidationParameters"),
		svc.FaultFor(keystore.ErrTooManyPolicies, action+"/ter:MaximumNumberOfCertPathValidationPoliciesReached"),
		svc.FaultFor(keystore.ErrReferenceExists,
			arg+"/ter:ReferenceExists", action+"/ter:PassphraseDeletionFailed", arg+"/ter:CertPathValidationParameters"),
		svc.FaultFor(keystore.ErrAlias, arg),

		svc.FaultFor(keystore.ErrTooManyTLSPolicies, action+"/ter:MaximumNumberOfTLSCertPathValidationPoliciesReached"),
		svc.FaultFor(keystore.ErrPolicyNotAssigned, arg+"/ter:CertPathValidationPolicyID", arg+"/ter:OldCertPathValidationPolicyID"),
		svc.FaultFor(keystore.ErrNoClientAuth, "env:Receiver/ter:ActionNotSupported/ter:EnablingClientAuthenticationFailed"),
		svc.FaultFor(keystore.ErrCnMapsToUser, "env:Receiver/ter:ActionNotSupported/ter:CnMapsToUserFailed"),
	}
}

// dot1xFaults are those of IEEE 802.1X. Security 5.4.
func dot1xFaults() svc.Faults {
	const arg = "env:Sender/ter:InvalidArgVal"
	return svc.Faults{
		svc.FaultFor(keystore.ErrDot1XID, arg+"/ter:Dot1XConfigurationID"),
		svc.FaultFor(keystore.ErrDot1XMethod, arg+"/ter:Dot1XMethod"),
		svc.FaultFor(keystore.ErrDot1XCombination, arg+"/ter:Dot1XMethodCombination"),
		svc.FaultFor(keystore.ErrTooManyDot1X, "env:Receiver/ter:Action/ter:MaximumNumberOfDot1XConfigurationsReached"),
		svc.FaultFor(device.ErrInterface, arg+"/ter:InvalidNetworkInterface"),
	}
}

// tokenFaults are those of authorization servers and tokens. Security 5.6, 5.7.
func tokenFaults() svc.Faults {
	const arg = "env:Sender/ter:InvalidArgVal"
	return svc.Faults{
		svc.FaultFor(keystore.ErrNoConfig, arg+"/ter:NoConfig"),
		svc.FaultFor(keystore.ErrInvalidConfig, arg+"/ter:InvalidConfig"),
		svc.FaultFor(keystore.ErrTooManyAuthServers, "env:Receiver/ter:Action/ter:MaxAuthorizationServers"),
		svc.FaultFor(keystore.ErrTooManyAudiences, arg+"/ter:TooManyAudiences"),
		svc.FaultFor(keystore.ErrTooManyIssuers, arg+"/ter:MaxIssuersExceeded"),
		svc.FaultFor(keystore.ErrJWT, arg),
		svc.FaultFor(keystore.ErrURI, arg),
	}
}
