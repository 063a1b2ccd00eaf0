package tpm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

func blankNV(n int) []byte { return make([]byte, n) }

func usedNV(n int) []byte { return bytes.Repeat([]byte{7}, n) }

func mustImage(t testing.TB, profile string, nv []byte) []byte {
	t.Helper()
	return encodeImage(profile, len(nv), nv)
}

func TestImageGivesBackNVMemory(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 20, 16384, 65536} {
		nv := blankNV(n)
		copy(nv, "something")
		copy(nv[n/2:], "with\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00holes\x00in it\x00")
		nv[n-1] = 7
		image := mustImage(t, "stock", nv)
		if n == 65536 && len(image) > 1000 {
			t.Errorf("an empty NV memory gives an image of %d bytes", len(image))
		}
		got, err := decodeImage(image, "stock", n)
		if err != nil || !bytes.Equal(got, nv) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if len(image) > MaxImage {
			t.Errorf("image of %d bytes", len(image))
		}
	}
}

func TestImageOfAnotherBuildIsRefusedByName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ made, here string }{{"stock", "big"}, {"big", "stock"}} {
		_, err := decodeImage(mustImage(t, c.made, usedNV(16384)), c.here, 16384)
		var refused *ImageError
		if !errors.As(err, &refused) || !errors.Is(err, ErrImage) || refused.Build != c.made || !strings.Contains(err.Error(), "use the "+c.made+" build") {
			t.Errorf("made by %s, here %s: %v", c.made, c.here, err)
		}
	}
}

func TestDamagedImageIsRefused(t *testing.T) {
	t.Parallel()
	const n = 16384
	nv := blankNV(n)
	for i := range 2000 {
		nv[i] = byte(i * i)
	}
	good := mustImage(t, "stock", nv)
	version := bytes.Clone(good)
	binary.BigEndian.PutUint16(version[12:], imageVersion+1)
	for name, image := range map[string][]byte{
		"empty":           {},
		"other":           []byte("GIF89a" + string(make([]byte, 200))),
		"header only":     good[:imageHeader],
		"blank":           mustImage(t, "stock", blankNV(n)),
		"half":            good[:len(good)/2],
		"run beyond":      append(bytes.Clone(good), 0, 0, 0x3f, 0xff, 0, 0, 0, 2, 1, 1),
		"run before":      append(bytes.Clone(good), 0, 0, 0, 0, 0, 0, 0, 1, 0),
		"empty run":       append(bytes.Clone(good), 0, 0, 0x3f, 0xff, 0, 0, 0, 0),
		"huge run":        append(bytes.Clone(good), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1),
		"more":            append(bytes.Clone(good), 0),
		"newer version":   version,
		"other size":      mustImage(t, "stock", usedNV(n-1)),
		"unknown build":   mustImage(t, "huge", nv),
		"size at limit+1": append(bytes.Clone(good), make([]byte, MaxImage+1-len(good))...),
	} {
		if _, err := decodeImage(image, "stock", n); !errors.Is(err, ErrImage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		got, err := decodeImage(bad, "stock", n)
		if err == nil && !bytes.Equal(got, nv) || err != nil && !errors.Is(err, ErrImage) {
			t.Errorf("byte %d altered: %v", i, err)
		}
	}
	if !strings.Contains(func() string { _, err := decodeImage(version, "stock", n); return err.Error() }(), "version 2") {
		t.Error("a newer version is not named")
	}
}

func FuzzImage(f *testing.F) {
	f.Add(mustImage(f, "stock", usedNV(1024)))
	f.Add(mustImage(f, "big", usedNV(1024)))
	f.Add([]byte(imageMagic))
	f.Fuzz(func(t *testing.T, image []byte) {
		nv, err := decodeImage(image, "stock", 1024)
		if err != nil {
			if !errors.Is(err, ErrImage) {
				t.Errorf("%v", err)
			}
			return
		}
		if len(nv) != 1024 {
			t.Errorf("%d bytes", len(nv))
		}
		again, err := decodeImage(mustImage(t, "stock", nv), "stock", 1024)
		if err != nil || !bytes.Equal(again, nv) {
			t.Errorf("not the same again: %v", err)
		}
	})
}
