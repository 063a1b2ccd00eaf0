package store

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/pki"
)

const (
	fleetFile    = "fleet.json"
	fleetKind    = "camfleet fleet"
	fleetVersion = 1
	lockFile     = "lock"
)

// Info is what a state directory knows of its fleet.
type Info struct {
	// Seed is the fleet's random source, as seed.Source.String writes it. A
	// secret.
	Seed string `json:"seed"`
	// Manufactured is the date on the cameras' certificates.
	Manufactured time.Time `json:"manufactured"`
	// Authorities are the fleet's, by name (factory.Roots). A secret.
	Authorities map[string]pki.AuthorityPEM `json:"authorities"`
	Cameras     []CameraInfo                `json:"cameras"`
	// Issuer is the URL of the fleet's token issuer, IssuerKeys its keys in
	// PEM, and IssuerClients the clients that registered. Both are secrets.
	Issuer        string `json:"issuer,omitempty"`
	IssuerKeys    []byte `json:"issuerKeys,omitempty"`
	IssuerClients []byte `json:"issuerClients,omitempty"`
	// IssuerRevoked are the tokens that the issuer has withdrawn.
	IssuerRevoked []byte `json:"issuerRevoked,omitempty"`
}

// CameraInfo is one camera of the fleet.
type CameraInfo struct {
	Name    string `json:"name"` // of the camera and of its folder
	Number  int    `json:"number"`
	Profile string `json:"profile"`
}

// Fleet is a state directory in use. Its methods may be called by many
// goroutines.
type Fleet struct {
	files files
	lock  *lock

	mu     sync.Mutex
	info   Info
	exists bool
	closed bool
}

// Open takes a state directory, making it if need be; the zero fsys is [OS].
// A directory in use, of something else, damaged or of a newer camfleet is
// left exactly as it is.
func Open(dir string, fsys FS) (*Fleet, error) {
	if fsys == nil {
		fsys = OS()
	}
	f := &Fleet{files: files{fsys, dir}}
	if err := f.checkDirectory(); err != nil {
		return nil, err
	}
	if err := fsys.MkdirAll(dir); err != nil {
		return nil, ioError(dir, err)
	}
	var err error
	if f.lock, err = acquire(f.files.path(lockFile)); err != nil {
		return nil, err
	}
	if err := f.load(); err != nil {
		return nil, errors.Join(err, f.lock.release())
	}
	return f, nil
}

// checkDirectory refuses a directory that holds something else, before
// anything is written to it.
func (f *Fleet) checkDirectory() error {
	entries, err := f.files.fs.ReadDir(f.files.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return ioError(f.files.dir, err)
	}
	other := ""
	for _, e := range entries {
		switch e.Name() {
		case fleetFile:
			return nil
		case lockFile, fleetFile + newSuffix: // a start that was stopped
		default:
			other = e.Name()
		}
	}
	if other == "" {
		return nil
	}
	return &Error{f.files.dir, fmt.Errorf("%w: it has %.60q and no %s", ErrForeign, other, fleetFile), "use an empty or new --state directory"}
}

func (f *Fleet) load() error {
	text, err := f.files.read(fleetFile)
	if errors.Is(err, ErrMissing) {
		return nil
	}
	if err != nil {
		return err
	}
	path := f.files.path(fleetFile)
	d, err := decode(path, fleetKind, fleetVersion, text)
	if err != nil {
		return err
	}
	if err := strict(d.Data, &f.info); err != nil {
		return corrupt(path, "%w", err)
	}
	seen := map[string]bool{}
	for _, c := range f.info.Cameras {
		if !usableName(c.Name) || seen[c.Name] {
			return corrupt(path, "camera %.60q: %w", c.Name, ErrName)
		}
		seen[c.Name] = true
	}
	f.exists = true
	return nil
}

// Info returns what is known of the fleet; false for a new directory.
func (f *Fleet) Info() (Info, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.info, f.exists
}

// SetInfo stores what is known of the fleet. A camera belongs in its list
// once its folder is complete; folders that are not in the list are left over
// from an interrupted start.
func (f *Fleet) SetInfo(info Info) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return &Error{Path: f.files.dir, Err: ErrClosed}
	}
	for _, c := range info.Cameras {
		if !usableName(c.Name) {
			return fmt.Errorf("camera %.60q: %w", c.Name, ErrName)
		}
	}
	text, _, err := encode(fleetVersion, fleetKind, info)
	if err != nil {
		return err
	}
	if err := f.files.replace(fleetFile, text); err != nil {
		return err
	}
	f.info, f.exists = info, true
	return nil
}

// Camera gives the folder of a camera that is in the list.
func (f *Fleet) Camera(name string) (*Camera, error) {
	if !usableName(name) {
		return nil, fmt.Errorf("camera %.60q: %w", name, ErrName)
	}
	return newCamera(files{f.files.fs, f.files.path(name)}), nil
}

// Create makes an empty folder for a new camera, in place of what an
// interrupted start may have left there.
func (f *Fleet) Create(name string) (*Camera, error) {
	c, err := f.Camera(name)
	if err != nil {
		return nil, err
	}
	if err := f.files.fs.RemoveAll(c.files.dir); err != nil {
		return nil, ioError(c.files.dir, err)
	}
	if err := f.files.fs.MkdirAll(c.files.dir); err != nil {
		return nil, ioError(c.files.dir, err)
	}
	return c, f.files.sync()
}

// Remove deletes the folder of a camera. Take it off the list first.
func (f *Fleet) Remove(name string) error {
	c, err := f.Camera(name)
	if err != nil {
		return err
	}
	if err := f.files.fs.RemoveAll(c.files.dir); err != nil {
		return ioError(c.files.dir, err)
	}
	return f.files.sync()
}

// Close lets go of the directory.
func (f *Fleet) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil
	}
	f.closed = true
	return f.lock.release()
}

// usableName accepts names that are safe as the name of a folder anywhere.
func usableName(name string) bool {
	ok := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
	}
	bad := strings.ContainsFunc(name, func(r rune) bool { return !ok(r) })
	return name != "" && len(name) <= 64 && !bad && name[0] != '.' && name != lockFile && !strings.HasPrefix(name, "fleet.json") && filepath.Base(name) == name
}
