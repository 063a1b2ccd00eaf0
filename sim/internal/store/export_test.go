package store

import (
	"github.com/camfleet/camfleet/sim/internal/state"
)

// Document writes a document with a good checksum.
func Document(version int, kind string, value any) string {
	text, _, err := encode(version, kind, value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// DecodeSection loads one section's document, as Camera.Load does.
func DecodeSection(name string, text []byte) (state.Tree, error) {
	var t state.Tree
	err := sections()[name].load(name+".json", text, &t)
	return t, err
}

// DecodeMigrated loads a device section as if the format had gone through the
// given migrations.
func DecodeMigrated(text []byte, m ...Migration) (state.Tree, error) {
	f := sections()["device"]
	f.migrations = m
	var t state.Tree
	err := f.load("device.json", text, &t)
	return t, err
}

// DecodeFleet reads a fleet.json.
func DecodeFleet(text []byte) (Info, error) {
	var i Info
	d, err := decode(fleetFile, fleetKind, fleetVersion, text)
	if err == nil {
		err = strict(d.Data, &i)
	}
	return i, err
}
