package profiles

import (
	"errors"
	"testing"
)

func TestSigningHasLimitsAndDefaults(t *testing.T) {
	t.Parallel()
	p, err := Open("flagship")
	if err != nil {
		t.Fatal(err)
	}
	if want := (MediaSigning{Enabled: true, Pending: 16}); p.Media.Signing != want {
		t.Errorf("%+v, want %+v", p.Media.Signing, want)
	}
	for text, ok := range map[string]bool{
		"partial_gop: 600": true, "partial_gop: 601": false, "partial_gop: -1": false,
		"pending: 64": true, "pending: 65": false, "pending: 1": true, "pending: 0": false,
	} {
		_, err := Parse("x.yaml", []byte("extends: flagship\nmedia: {signing: {"+text+"}}\n"))
		if (err == nil) != ok {
			t.Errorf("%s: %v", text, errors.Unwrap(err))
		}
	}
}
