//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package store

// LockFD returns the descriptor of the lock file.
func LockFD(f *Fleet) int { return int(f.lock.f.Fd()) }
