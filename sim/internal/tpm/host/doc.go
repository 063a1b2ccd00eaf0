// Package host runs each emulated TPM in a process of its own.
//
// The emulator is the simulator of github.com/google/go-tpm-tools, unmodified:
// C code with one TPM in its global variables. A process is therefore the
// only way to have many, and what keeps one that goes wrong from the others.
//
// Nothing is installed for it: the program starts itself again with an
// environment variable set, and a C constructor of this package that finds
// the variable becomes a TPM before the Go runtime starts.
//
//	host (Go) ── control socket, sends sockets ──▶ zygote ── fork ──▶ TPM
//	    └─────────────────── stream socket, one a TPM ───────────────▶┘
//
// On Linux the restarted program is a zygote: it makes and tests one TPM and
// forks a copy for each socket it is sent. A fork takes about 0.1 MB and less
// than a millisecond. Elsewhere, or with Config.Separate, the program is
// started anew for each TPM.
//
// A TPM process lives as long as its socket: when the host closes it or dies,
// the process ends. Signals meant for the program's process group do not end
// it.
//
// The socket carries TPM commands and responses as TPM 2.0 Part 1 has them
// and, told apart by their tag, this package's own frames (frame.go): the
// image of the TPM's NV memory comes ahead of the response to the command
// that changed it.
package host
