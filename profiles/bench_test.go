package profiles_test

import (
	"testing"

	"github.com/camfleet/camfleet/profiles"
)

func BenchmarkOpen(b *testing.B) {
	r := reader(b, profiles.Options{})
	for b.Loop() {
		if _, err := r.Open("flagship"); err != nil {
			b.Fatal(err)
		}
	}
}
