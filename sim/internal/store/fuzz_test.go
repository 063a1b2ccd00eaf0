package store_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/factory"
	"github.com/camfleet/camfleet/sim/internal/seed"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/store"
)

// FuzzSection feeds data with a good checksum to the loader of each section:
// it must load or be an Error, and what is valid must store again.
func FuzzSection(f *testing.F) {
	names := []string{"device", "users", "keystore", "media", "jobs"}
	first := tree(1)
	for i, name := range names {
		f.Add(i, []byte("{}"))
		f.Add(i, []byte(`{"unknown":1}`))
		f.Add(i, []byte(`null`))
		for _, p := range first.Parts() {
			if p.Name == name {
				data, err := json.Marshal(p.Section)
				if err != nil {
					f.Fatal(err)
				}
				f.Add(i, data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, which int, data []byte) {
		name := names[uint(which)%uint(len(names))]
		if !json.Valid(data) {
			data = []byte("{}")
		}
		text := store.Document(1, "camfleet "+name, json.RawMessage(data))
		got, err := store.DecodeSection(name, []byte(text))
		if err != nil {
			if !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("%v", err)
			}
			return
		}
		_ = got.Validate() // must come back
		section := got.Parts()[0].Section
		again, err := store.DecodeSection(name, []byte(store.Document(1, "camfleet "+name, section)))
		if err != nil {
			t.Fatalf("stored again it does not load: %v", err)
		}
		if a, b := mustJSON(t, section), mustJSON(t, again.Parts()[0].Section); a != b {
			t.Errorf("stored again it is different:\n%s\n%s", a, b)
		}
	})
}

// FuzzDocument feeds any bytes to the reader of fleet.json.
func FuzzDocument(f *testing.F) {
	f.Add([]byte(store.Document(1, "camfleet fleet", store.Info{Seed: "r:1", Cameras: []store.CameraInfo{{Name: "cam"}}})))
	f.Add([]byte(store.Document(9, "camfleet fleet", store.Info{})))
	f.Add([]byte(store.Document(1, "something else", store.Info{})))
	f.Add([]byte(`{"v":1}`))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		info, err := store.DecodeFleet(text)
		if err != nil {
			return
		}
		again, err := store.DecodeFleet([]byte(store.Document(1, "camfleet fleet", info)))
		if a, b := mustJSON(t, info), mustJSON(t, again); err != nil || a != b {
			t.Errorf("stored again: %v\n%s\n%s", err, a, b)
		}
	})
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// BenchmarkSave is a durable change of one section, fsyncs included.
func BenchmarkSave(b *testing.B) {
	c := create(b, open(b, b.TempDir(), nil), "cam")
	cam := manufactured(b, state.Config{Saver: c, Durable: true})
	b.ReportAllocs()
	for b.Loop() {
		if err := cam.Update(func(tx *state.Tx) error { tx.Users(); return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSaveKeystore is a durable change of a keystore with 64 keys.
func BenchmarkSaveKeystore(b *testing.B) {
	c := create(b, open(b, b.TempDir(), nil), "cam")
	cam := manufactured(b, state.Config{Saver: c, Durable: true})
	b.ReportAllocs()
	for b.Loop() {
		if err := cam.Update(func(tx *state.Tx) error { tx.Keystore(); return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoad reads a camera with 64 keys.
func BenchmarkLoad(b *testing.B) {
	c := create(b, open(b, b.TempDir(), nil), "cam")
	tr := *manufactured(b, state.Config{}).View()
	if err := c.Save(&tr); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := c.Load(); err != nil {
			b.Fatal(err)
		}
	}
}

// manufactured is a camera with 64 certified keys.
func manufactured(b *testing.B, config state.Config) *state.Camera {
	b.Helper()
	roots, err := factory.NewRoots(seed.New(1), factory.ManufactureDate(seed.New(1), tree(1).Device.Identity.Manufactured))
	if err != nil {
		b.Fatal(err)
	}
	first := tree(1)
	first.Keystore = fullKeystore(b, roots)
	return state.New(first, config)
}
