//go:build unix

package tpm

import (
	"os/exec"
	"syscall"
)

// apart starts a program in a process group of its own: a Ctrl-C on the
// terminal is for camfleet, which then ends the TPM in good order.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
