package fleet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/camfleet/camfleet/sim/internal/factory"
	"github.com/camfleet/camfleet/sim/internal/store"
	"github.com/camfleet/camfleet/sim/internal/tpm"
)

// openTPM opens the camera's TPM: a new one, or with again the one whose state
// the folder has. The folder is nil where nothing is kept.
func (f *Fleet) openTPM(ctx context.Context, m *member, folder *store.Camera, again bool) error {
	c := tpm.Config{Backend: m.profile.TPM.Backend, Log: f.log.With("camera", m.name)}
	var err error
	switch c.Backend {
	case tpm.Simulator:
		if f.seed.Fixed() {
			c.Entropy = f.seed.Sub(m.name).Bytes("tpm", tpm.EntropySize)
		}
		if folder != nil {
			c.Save = folder.SaveTPM
		}
		if again {
			c.Image, err = folder.LoadTPM()
		}
	case tpm.Swtpm:
		c.Dir, err = f.swtpmDir(m, folder)
	case tpm.Device:
		c.Device = m.profile.TPM.Path
	}
	if err != nil {
		return err
	}
	m.tpm, err = f.host.Open(ctx, c)
	return err
}

// swtpmDir is where swtpm keeps its state: in the camera's folder, or in one of
// its own that goes with the fleet.
func (f *Fleet) swtpmDir(m *member, folder *store.Camera) (string, error) {
	if folder != nil {
		dir := filepath.Join(folder.Dir(), "swtpm")
		return dir, os.MkdirAll(dir, 0o700)
	}
	dir, err := os.MkdirTemp("", "camfleet-swtpm-")
	if err != nil {
		return "", fmt.Errorf("directory for swtpm: %w", err)
	}
	m.temporary = dir
	return dir, nil
}

// maker makes the camera's keys: its TPM, or where it has none, software.
func (f *Fleet) maker(ctx context.Context, m *member) factory.TPM {
	if m.profile.TPM.Backend == tpm.None {
		return factory.Software(f.seed.Sub(m.name).Stream("software keys"))
	}
	return factory.FromTPM(ctx, m.tpm)
}

// ownEK reports whether the TPM's endorsement key is not the factory's to
// certify: it is the machine's, or there is none.
func ownEK(m *member) bool {
	return m.profile.TPM.Backend == tpm.None || m.profile.TPM.Backend == tpm.Device
}
