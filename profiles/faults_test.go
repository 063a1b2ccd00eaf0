package profiles

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFaultsAreReadWithTheirDefaults(t *testing.T) {
	t.Parallel()
	p, err := Parse("x.yaml", []byte("extends: flagship\nfaults:\n  - {do: drop-frame, chance: 0.02, stream: sub}\n  - {id: z, do: freeze, after: 7, every: 3, times: 2, amount: 10000}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Fault{
		{At: "frame", Do: "drop-frame", Stream: "sub", Chance: 0.02, Every: 1},
		{ID: "z", At: "frame", Do: "freeze", Chance: 1, Every: 3, After: 7, Times: 2, Amount: 10000},
	}
	if diff := cmp.Diff(want, p.Faults); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFaultsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{do: melt}":                                      "do",
		"{at: soap, do: freeze}":                          "at",
		"{do: freeze, id: 'a b'}":                         "id",
		"{do: freeze, chance: 0}":                         "chance",
		"{do: freeze, chance: 1.5}":                       "chance",
		"{do: freeze, every: 0}":                          "every",
		"{do: freeze, times: -1}":                         "times",
		"{do: freeze, stream: third}":                     "third",
		"{do: freeze, amount: 10001}":                     "10000",
		"{do: drop-frame, amount: 1}":                     "no amount",
		"{do: freeze, id: a}\n  - {do: flip-byte, id: a}": "twice",
	} {
		_, err := Parse("x.yaml", []byte("extends: flagship\nfaults:\n  - "+text+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
