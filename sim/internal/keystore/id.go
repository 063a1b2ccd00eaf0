package keystore

import (
	"encoding/hex"
	"fmt"
	"io"
)

// newID makes an ID that is not in use: an NCName of at most 64 characters
// (tas:KeyID and its like), random so that IDs of deleted things do not come
// back (Security 5.2.2).
func newID[T interface{ id() string }](prefix string, used []T, random io.Reader) (string, error) {
	for range 16 {
		var b [8]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return "", fmt.Errorf("%s id: %w", prefix, err)
		}
		id := prefix + "-" + hex.EncodeToString(b[:])
		if indexOf(used, id) < 0 {
			return id, nil
		}
	}
	return "", fmt.Errorf("%s id: the random source repeats itself", prefix)
}

// maxID is the most characters an ID may have (tas:KeyID and its like).
const maxID = 64

// isID reports whether a text can be an ID: an NCName, of which only the ASCII
// letters are used here.
func isID(text string) bool {
	if len(text) < 1 || len(text) > maxID {
		return false
	}
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '-' && c != '.') {
			return false
		}
	}
	return true
}

func (l Limits) checkAlias(alias string) error {
	if len(alias) > l.Alias {
		return fmt.Errorf("%d bytes: %w (at most %d)", len(alias), ErrAlias, l.Alias)
	}
	return nil
}
