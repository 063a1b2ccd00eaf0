package profiles

import (
	"fmt"
	"time"

	"github.com/goccy/go-yaml"
)

// YAML returns the whole profile as it is in effect: everything inherited and
// every default written out, nothing left to extend. Passwords included: they
// are those of the profile's text. [Parse] reads it back to an equal profile.
func (p *Profile) YAML() ([]byte, error) {
	flat := *p
	flat.Extends = ""
	data, err := yaml.MarshalWithOptions(&flat,
		yaml.IndentSequence(true),
		yaml.CustomMarshaler(func(d time.Duration) ([]byte, error) { return []byte(showDuration(d)), nil }),
		yaml.CustomMarshaler(func(s Size) ([]byte, error) { return []byte(s.String()), nil }),
	)
	if err != nil {
		return nil, fmt.Errorf("profile %s: %w", p.Name, err)
	}
	return data, nil
}
