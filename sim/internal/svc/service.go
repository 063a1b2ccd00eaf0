package svc

import (
	"fmt"
	"strconv"
	"strings"
)

// Release gives the version of a service whose specification has the number of
// the release: "25.06" is 25.6.
func Release(release string) (major, minor int) {
	a, b, _ := strings.Cut(release, ".")
	major, err := strconv.Atoi(a)
	if err == nil {
		minor, err = strconv.Atoi(b)
	}
	if err != nil {
		panic(fmt.Sprintf("svc: the profile's release %q is none", release))
	}
	return major, minor
}

// Ref returns a pointer to v, for optional fields.
func Ref[T any](v T) *T { return &v }
