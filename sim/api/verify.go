package api

import "time"

// Verification is what `camfleet verify --json` prints: whether a recording or a
// live stream is what the camera sent, by its ONVIF media signatures.
type Verification struct {
	Source string `json:"source"` // the file or address, without password
	Format string `json:"format"` // "annexb", "mp4", "matroska", "rtsp"
	Codec  string `json:"codec"`  // "h264", "h265"
	// Authentic says that something was signed, that everything that was checked
	// is authentic, and that the certificates, if there were roots to judge them
	// by, are trusted.
	Authentic bool `json:"authentic"`
	// Authenticity is the worst of all GOPs: "authentic", "missing" (what is there
	// is authentic), "not authentic", "unsigned".
	Authenticity string `json:"authenticity"`
	// Provenance is the worst of all signatures: "trusted", "untrusted", "unknown"
	// (no root was given, or no certificate was there).
	Provenance string `json:"provenance"`
	// Start and End are the first and last signed time; absent: there was none.
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
	// Frames counts the access units, Open those after the last signature, which
	// nothing was said of.
	Frames int `json:"frames"`
	Open   int `json:"open"`
	// Skipped counts the access units before the first GOP, Uncovered the slices of
	// kinds that signing leaves out: nothing was said of them either.
	Skipped   int `json:"skipped,omitempty"`
	Uncovered int `json:"uncovered,omitempty"`
	// LostPackets counts RTP packets that never came, BrokenPackets those that
	// could not be read.
	LostPackets   uint64 `json:"lost_packets,omitempty"`
	BrokenPackets uint64 `json:"broken_packets,omitempty"`
	// UserProvisioned says that the key was brought by the user.
	UserProvisioned bool `json:"user_provisioned"`
	// Certificates are the chain that was used last, leaf first.
	Certificates []VerifiedCertificate `json:"certificates,omitempty"`
	Counts       map[string]int        `json:"counts"` // GOPs by authenticity
	GOPs         []VerifiedGOP         `json:"gops"`
	// Reasons are the findings that belong to no GOP.
	Reasons []VerifiedReason `json:"reasons,omitempty"`
}

// VerifiedGOP is the verdict about one GOP, or a part of one signed by itself.
type VerifiedGOP struct {
	Authenticity string `json:"authenticity"`
	Provenance   string `json:"provenance"`
	Counter      uint32 `json:"counter"` // of the signature; 0: unsigned
	Partial      bool   `json:"partial,omitempty"`
	// First, Last and SEI are numbers of access units, from 0; -1: there is none.
	First int `json:"first_frame"`
	Last  int `json:"last_frame"`
	SEI   int `json:"sei_frame"`
	// Start and End are the signed times.
	Start time.Time `json:"start,omitzero"`
	End   time.Time `json:"end,omitzero"`
	// Expected and Found count the slices: signed, and there unchanged.
	Expected int `json:"expected"`
	Found    int `json:"found"`
	// Serial, Firmware and Manufacturer are what the camera signed of itself.
	Serial       string           `json:"serial,omitempty"`
	Firmware     string           `json:"firmware,omitempty"`
	Manufacturer string           `json:"manufacturer,omitempty"`
	Reasons      []VerifiedReason `json:"reasons,omitempty"`
}

// VerifiedReason is one finding behind a verdict.
type VerifiedReason struct {
	Cause string `json:"cause"` // "slice changed", "counter jumped"…
	Frame int    `json:"frame"` // the access unit concerned; -1: none
	Slice int    `json:"slice"` // the slice in it; -1: none
	// Hash is the hash concerned, in hexadecimal digits.
	Hash string `json:"hash,omitempty"`
	// Certificate is the subject of the certificate concerned.
	Certificate string `json:"certificate,omitempty"`
	Text        string `json:"text"`
}

// VerifiedCertificate is one certificate of the chain of a signature.
type VerifiedCertificate struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Serial    string    `json:"serial"` // hexadecimal digits
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
}
