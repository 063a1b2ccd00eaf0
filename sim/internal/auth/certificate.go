package auth

import "crypto/x509/pkix"

// certificate takes the user's name from the client's certificate, which the
// TLS server found valid; other credentials count for nothing. Who is no user
// is refused for good, since there is nothing to try again with. Security 5.3.2.
func (a *Authenticator) certificate(r Request) (Identity, *Refusal) {
	name, ok := commonName(r.Client.Subject)
	if !ok {
		return Identity{}, &Refusal{Status: 403, SOAPFault: true, How: ByCertificate, Reason: "the certificate has not exactly one common name"}
	}
	account, known := a.account(name)
	if !known {
		return Identity{}, &Refusal{Status: 403, SOAPFault: true, How: ByCertificate, Reason: "the certificate's common name is no user", User: name}
	}
	return account.identity(ByCertificate), nil
}

// commonName is the one common name of a subject (RFC 5280 A.1, id-at-commonName).
func commonName(subject pkix.Name) (name string, ok bool) {
	n := 0
	for _, a := range subject.Names {
		if text, is := a.Value.(string); is && a.Type.String() == "2.5.4.3" {
			name = text
			n++
		}
	}
	return name, n == 1 && name != ""
}
