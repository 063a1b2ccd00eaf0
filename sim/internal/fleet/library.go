package fleet

import (
	"errors"
	"fmt"
	"strings"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/api"
	"github.com/camfleet/camfleet/sim/internal/camera"
)

// Library opens profiles, the built-in ones and those of files.
type Library struct{ reader *profiles.Reader }

// NewLibrary returns a library that knows every operation a profile may name.
func NewLibrary() (*Library, error) {
	r, err := profiles.NewReader(profiles.Options{Operations: camera.OperationNames()})
	if err != nil {
		return nil, err
	}
	return &Library{r}, nil
}

// Open opens a profile by the name of a built-in one or by the path of a file.
func (l *Library) Open(name string) (*profiles.Profile, error) {
	if strings.ContainsAny(name, `/\`) || strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") {
		p, err := l.reader.LoadFile(name)
		var mistakes *profiles.Errors
		if err != nil && !errors.As(err, &mistakes) {
			return nil, &api.ConfigError{
				Field: "profile", Text: fmt.Sprintf("%s cannot be read: %v", name, reason(err)),
				Hint: "give a file that can, or a name of `camfleet profile ls`", Machine: true,
			}
		}
		return p, err
	}
	p, err := l.reader.Open(name)
	var unknown *profiles.UnknownError
	if errors.As(err, &unknown) {
		return nil, &api.ConfigError{
			Field: "profile", Text: err.Error(), Hint: "a file is named by a path or a name that ends in .yaml",
		}
	}
	return p, err
}

// Operations lists every ONVIF operation and whether cameras of the profile
// carry it out; an empty name: whether any camera does.
func (l *Library) Operations(profile string) ([]api.Operation, error) {
	var p *profiles.Profile
	if profile != "" {
		var err error
		if p, err = l.Open(profile); err != nil {
			return nil, err
		}
	}
	var list []api.Operation
	for _, c := range camera.Operations(p) {
		state := "not simulated"
		switch {
		case c.Off:
			state = "off in the profile"
		case c.Simulated:
			state = "simulated"
		}
		list = append(list, api.Operation{
			Operation: c.Row.ID(), Service: c.Row.Service, AccessClass: c.Row.Class.String(), State: state, Section: c.Row.Section,
		})
	}
	return list, nil
}

// Operations is that of the fleet's library.
func (f *Fleet) Operations(profile string) ([]api.Operation, error) {
	return f.library.Operations(profile)
}
