//go:build !unix

package main

import "errors"

// fileLimit has no answer here.
func fileLimit() (soft, hard uint64, err error) {
	return 0, 0, errors.New("this system does not tell")
}
