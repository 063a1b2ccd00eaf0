package tpm

import (
	"strings"
	"testing"
)

func TestOnlyTheEndOfWhatAProgramSaysIsKept(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, lastWordsKept, lastWordsKept + 1, 3 * lastWordsKept} {
		var w lastWords
		text := strings.Repeat("x", n) + "end"
		for _, part := range []string{text[:n/2], text[n/2:]} {
			if got, err := w.Write([]byte(part)); got != len(part) || err != nil {
				t.Fatalf("%d of %d bytes, %v", got, len(part), err)
			}
		}
		if len(w.text) > lastWordsKept || !strings.HasSuffix(string(w.text), "end") {
			t.Errorf("of %d bytes %d are kept", len(text), len(w.text))
		}
	}
}
