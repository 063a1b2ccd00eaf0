package state_test

import (
	"testing"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/state"
)

// BenchmarkView is one read of the state.
func BenchmarkView(b *testing.B) {
	cam := state.New(state.Tree{}, state.Config{})
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if cam.View().Device == nil {
				b.Fatal("no device")
			}
		}
	})
}

// BenchmarkUpdate64Keys is one change of a keystore with 64 keys, certificates
// and paths, in memory.
func BenchmarkUpdate64Keys(b *testing.B) {
	cam := state.New(state.Tree{Keystore: &keystore.Section{
		Keys: make([]keystore.Key, 64), Certificates: make([]keystore.Certificate, 64), Paths: make([]keystore.CertificationPath, 32),
	}}, state.Config{})
	b.ReportAllocs()
	for b.Loop() {
		if err := cam.Update(func(tx *state.Tx) error { tx.Keystore().TLS.CnMapsToUser = true; return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
