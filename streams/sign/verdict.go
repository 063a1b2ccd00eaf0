package sign

import (
	"crypto/x509"
	"time"
)

// Authenticity says whether a GOP is what the camera sent.
type Authenticity string

// The verdicts about a GOP, or a part of one that was signed by itself.
const (
	// Authentic: every slice is there and unchanged.
	Authentic Authenticity = "authentic"
	// AuthenticWithMissing: what is there is unchanged and in order, but slices
	// are missing.
	AuthenticWithMissing Authenticity = "missing"
	// NotAuthentic: something was changed, added, moved or taken away.
	NotAuthentic Authenticity = "not authentic"
	// Unsigned: no signature speaks for it.
	Unsigned Authenticity = "unsigned"
)

// Provenance says whose signature it is. It is judged apart from authenticity.
type Provenance string

// The verdicts about the certificates of a signature.
const (
	// Trusted: the chain leads to one of the roots given, and was valid when the
	// signature was made.
	Trusted Provenance = "trusted"
	// Untrusted: it does not.
	Untrusted Provenance = "untrusted"
	// Unknown: there was no root to judge by, or no certificate to judge.
	Unknown Provenance = "unknown"
)

// Cause names why a verdict is not the best one.
type Cause string

// The causes of verdicts about authenticity, then those about provenance.
const (
	// SliceChanged: a slice is not in the hash list, where another one is missing.
	SliceChanged Cause = "slice changed"
	// SliceAdded: a slice is not in the hash list, or in it only once and here twice.
	SliceAdded Cause = "slice added"
	// SliceMissing: an entry of the hash list has no slice.
	SliceMissing Cause = "slice missing"
	// SliceMoved: a slice is not in the order of the hash list.
	SliceMoved Cause = "slice moved"
	// GOPChanged: the hash over the GOP differs, and there is no list to say where.
	GOPChanged Cause = "GOP changed"
	// ListChanged: the hash list does not make the hash over the GOP.
	ListChanged Cause = "hash list wrong"
	// LinkBroken: the first picture of the GOP before is not the one that the SEI
	// names: changed, or gone.
	LinkBroken Cause = "link to the GOP before broken"
	// SignatureWrong: the signature is not that of the key over the document.
	SignatureWrong Cause = "signature wrong"
	// SEIDamaged: the SEI cannot be read.
	SEIDamaged Cause = "SEI damaged"
	// SEIMissing: the SEI of a GOP is not there though later ones are.
	SEIMissing Cause = "SEI missing"
	// SEIRepeated: a SEI of a counter that had been seen, or of a lower one. A
	// counter that begins anew is repeated from there on.
	SEIRepeated Cause = "SEI repeated"
	// CounterJumped: the counter is higher than it can be.
	CounterJumped Cause = "counter jumped"
	// TimeJumped: the times of two SEIs that follow each other do not meet, a GOP
	// ends before it starts, or lasts otherwise than its pictures do. It is told
	// of, but spoils no verdict by itself: cameras' clocks are set.
	TimeJumped Cause = "time jumped"
	// SEILate: more than a whole GOP lies between a GOP's end and its SEI. It is
	// told of, but spoils no verdict by itself.
	SEILate Cause = "SEI late"
	// SEIUnescaped: a SEI has no emulation prevention. It is told of; if the
	// signature is over the escaped bytes, it spoils the verdict.
	SEIUnescaped Cause = "SEI unescaped"
	// KeyChanged: the certificates are not those that the stream began with.
	KeyChanged Cause = "key changed"
	// NoCertificate: no certificate has been seen, so no signature can be checked.
	NoCertificate Cause = "no certificate"

	// ChainIncomplete: no way leads from the certificate to a root given, though
	// the last certificate of the chain is not issued by itself.
	ChainIncomplete Cause = "chain incomplete"
	// RootUnknown: the chain ends at a root that was not given.
	RootUnknown Cause = "root unknown"
	// CertificateExpired: a certificate was not valid any more.
	CertificateExpired Cause = "certificate expired"
	// CertificateNotYetValid: a certificate was not valid yet.
	CertificateNotYetValid Cause = "certificate not yet valid"
	// CertificateRevoked: a certificate is on a revocation list given.
	CertificateRevoked Cause = "certificate revoked"
	// CertificateUnfit: a certificate cannot be used otherwise.
	CertificateUnfit Cause = "certificate unfit"
)

// Reason is one finding behind a verdict.
type Reason struct {
	Cause Cause `json:"cause"`
	// Frame is the number of the access unit concerned, counted from 0 in the
	// order of Push; -1: it is not about one, or that one is not there.
	Frame int `json:"frame"`
	// Slice is the number of the slice in that picture, or, with Frame -1 and
	// SliceMissing, the number of the entry in the hash list, from 0; -1: none.
	Slice int `json:"slice"`
	// Hash is the hash concerned as hexadecimal digits: that of the list if a slice
	// is missing, otherwise the one that was calculated; "": none.
	Hash string `json:"hash,omitempty"`
	// Certificate is the subject of the certificate concerned; "": none.
	Certificate string `json:"certificate,omitempty"`
	// Text says it in words.
	Text string `json:"text"`
}

// Verdict is about one GOP, or a part of one that was signed by itself.
type Verdict struct {
	Authenticity Authenticity `json:"authenticity"`
	Provenance   Provenance   `json:"provenance"`
	// Counter is that of the SEI; 0 in an Unsigned verdict.
	Counter uint32 `json:"counter"`
	Partial bool   `json:"partial"` // the SEI ended inside a GOP
	// First and Last are the numbers of the access units covered, counted from 0
	// in the order of Push, both included; -1: none was there.
	First int `json:"first_frame"`
	Last  int `json:"last_frame"`
	// SEI is the number of the access unit that holds the SEI; -1: there is none.
	SEI int `json:"sei_frame"`
	// Start and End are the times in the SEI, End that of the first picture no
	// longer covered; zero: unknown.
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
	// Expected and Found count the slices: in the SEI, and those that were there
	// unchanged.
	Expected int      `json:"expected"`
	Found    int      `json:"found"`
	Vendor   *Vendor  `json:"vendor,omitempty"` // as the SEI gives it
	Reasons  []Reason `json:"reasons,omitempty"`
}

// Report sums a recording or session up.
type Report struct {
	// Authenticity is the worst verdict: not authentic, then missing, then
	// authentic; unsigned if there was no signature at all.
	Authenticity Authenticity `json:"authenticity"`
	Provenance   Provenance   `json:"provenance"` // the worst one of all signatures
	// Start and End are the first and last time of all signatures.
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
	// Frames counts the access units, Open those of the end that no signature
	// covers: the last GOP of a recording always.
	Frames int `json:"frames"`
	Open   int `json:"open"`
	// Skipped counts the access units before the first picture that starts a GOP:
	// nothing can be said of them.
	Skipped int `json:"skipped"`
	// Uncovered counts slices of the kinds that signing leaves out, see the package:
	// nothing can be said of them either.
	Uncovered int `json:"uncovered"`
	// Before counts signatures for what was sent before the first access unit.
	Before int `json:"before"`
	// Counts says how many verdicts there were of each kind.
	Counts map[Authenticity]int `json:"counts"`
	// User says that the key was brought by the user, not by the factory.
	User bool `json:"user_provisioned"`
	// Certificates are those of the last chain, leaf first; nil: none was seen.
	Certificates []*x509.Certificate `json:"-"`
	// Reasons are those that belong to no GOP.
	Reasons []Reason `json:"reasons,omitempty"`
}
