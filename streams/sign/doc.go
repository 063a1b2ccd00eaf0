// Package sign signs video as the ONVIF Media Signing Specification says, and
// verifies what was signed: H.264 and H.265, GOP by GOP.
//
// A [Signer] hashes the slices of the access units that pass through it and adds
// SEI NAL units that hold the hashes of a finished GOP, signed with a
// [crypto.Signer]. A [Verifier] takes the access units of a recording or a
// session and says of each GOP whether it is what the camera sent.
//
// Where specification and reference implementation (ONVIF's
// media-signing-framework r25.12.3) disagree, the package writes what the
// reference writes, for its bytes are what other clients are built on: integers
// are big endian, data partitions of H.264 and the H.265 picture types TSA,
// STSA, RADL and RASL are not covered, a SEI is sent once. Section numbers in
// comments are those of release 24.12 of the specification ("Media Signing 6.4").
package sign
