//go:build unix

package main

import "syscall"

// fileLimit returns how many files the process may have open, now and at most.
func fileLimit() (soft, hard uint64, err error) {
	var r syscall.Rlimit
	err = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r)
	return uint64(r.Cur), uint64(r.Max), err //nolint:unconvert // the fields are signed on some systems
}
