// Package tpm gives every camera a TPM 2.0 of its own and the keys in it to
// Go's crypto packages.
//
// A [Host] runs the emulated TPMs, each in a process (package host). A [TPM]
// is opened from its image, or manufactured when there is none: it then has a
// storage root key and an endorsement key. A key is made or imported under
// the storage root key and handed out as a [Blob], which only the same TPM can
// load again; [TPM.Key] makes a crypto.Signer and crypto.Decrypter of it that
// crypto/tls and crypto/x509 take.
//
// The image is the TPM's NV memory. It is handed to Config.Save whenever it
// changes, before the operation that changed it returns, so that a TPM whose
// process dies goes on from where it was: the operation in flight is done
// again, once. Only the TPM's clock may be older in the image, by ten minutes
// of TPM time or until the TPM is closed, as the clock of a TPM may after its
// power was cut. The image holds the TPM's seeds in clear: files of it are for
// the owner's eyes only.
//
// # Repeatable TPMs
//
// With Config.Entropy all random numbers of a TPM follow from those 32 bytes
// and from the image it starts from, and its clock advances by one
// millisecond a command: equal entropy and equal operations in equal order
// give equal keys, signatures and images. Each start changes the image, since
// a TPM counts its resets in it, and the changed image is saved before the
// first operation: so no start repeats the random numbers of another, unless
// someone brings an old image back. Such a TPM is for tests; whoever knows
// the entropy knows its keys.
//
// # Back ends
//
// Beside the simulator a TPM can be one of swtpm (an external process with
// its own state directory), a device of this machine, or none at all. What a
// device has in its NV memory is never changed: its storage root key is made
// anew each time, and no keys or data are made persistent.
//
// References like "Part 3, 12.1" are to the TPM 2.0 Library Specification.
package tpm
