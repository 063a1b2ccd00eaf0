package seed_test

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/seed"
)

func TestEqualSeedsGiveEqualStreamsAndOtherNamesOthers(t *testing.T) {
	t.Parallel()
	a, b := seed.New(7), seed.New(7)
	if !bytes.Equal(a.Sub("cam-0001").Bytes("x", 100), b.Sub("cam-0001").Bytes("x", 100)) {
		t.Error("one seed gave two streams")
	}
	if bytes.Equal(a.Bytes("x", 32), a.Bytes("y", 32)) {
		t.Error("two names gave one stream")
	}
	if bytes.Equal(a.Sub("x").Bytes("y", 32), a.Sub("y").Bytes("x", 32)) {
		t.Error("the order of names does not matter")
	}
	if bytes.Equal(a.Bytes("x", 32), seed.New(8).Bytes("x", 32)) {
		t.Error("two seeds gave one stream")
	}
	if bytes.Equal(seed.Random().Bytes("x", 32), seed.Random().Bytes("x", 32)) {
		t.Error("two random sources are the same")
	}
}

func TestSourceSurvivesItsText(t *testing.T) {
	t.Parallel()
	for _, s := range []seed.Source{seed.New(1), seed.Random()} {
		got, err := seed.Parse(s.String())
		if err != nil || got != s {
			t.Errorf("Parse(%q) = %v, %v", s, got, err)
		}
	}
	for _, bad := range []string{"", "f:", "x:" + seed.New(1).String()[2:], seed.New(1).String() + "0", "f:" + string(bytes.Repeat([]byte("g"), 64))} {
		if _, err := seed.Parse(bad); err == nil {
			t.Errorf("Parse(%q) is accepted", bad)
		}
	}
}

func TestUUIDHasVersionAndVariant(t *testing.T) {
	t.Parallel()
	re := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	s := seed.New(1).Stream("uuid")
	for range 100 {
		if u := s.UUID(); !re.MatchString(u) {
			t.Fatalf("UUID %q", u)
		}
	}
}
