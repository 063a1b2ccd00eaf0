package profiles

import (
	"fmt"
	"slices"
)

// Fault is something the camera does wrong from its first start on, as those
// that are switched on over the control API. Quirks of real cameras are faults
// that their profile ships.
type Fault struct {
	// ID names the fault in the control API; empty: one is given.
	ID string `yaml:"id" jsonschema:"pattern=^([A-Za-z0-9][A-Za-z0-9._-]*)?$,maxLength=64" want:"letters, digits, dots, hyphens and underscores"`
	// At is the seam where it sits: frame, between a stream's signer and its packets.
	At string `yaml:"at" default:"frame" jsonschema:"enum=frame"`
	// Do is what goes wrong.
	Do string `yaml:"do" jsonschema:"enum=flip-byte,enum=drop-frame,enum=duplicate-frame,enum=swap-frames,enum=freeze,enum=wrong-hash,enum=wrong-signature,enum=counter-jump,enum=clock-jump,enum=sei-missing,enum=sei-late,enum=sei-unescaped,enum=expired-certificate,enum=revoked-certificate,enum=foreign-certificate,enum=incomplete-chain,enum=other-camera"`
	// Stream is the name of the stream; empty: all.
	Stream string `yaml:"stream" jsonschema:"maxLength=32"`
	// Of the pictures or signatures that can be hit the first After are spared, then every
	// Every-th is hit with Chance, Times times in all; Times 0: no end.
	Chance float64 `yaml:"chance" default:"1" min:"0.000001" max:"1"`
	Every  int     `yaml:"every" default:"1" min:"1" max:"1000000"`
	After  int     `yaml:"after" default:"0" min:"0" max:"1000000"`
	Times  int     `yaml:"times" default:"0" min:"0" max:"1000000"`
	// Amount is the pictures to freeze, what the counter jumps by, or the seconds that the
	// clock jumps by; 0: the fault's default. Other faults have none.
	Amount int `yaml:"amount" default:"0" min:"-1000000" max:"1000000"`
}

// maxFreeze is how many pictures a freeze lasts at most.
const maxFreeze = 10000

func (c *checker) faults() {
	ids := map[string]bool{}
	for i, f := range c.Faults {
		at := fmt.Sprintf("faults.%d.", i)
		if f.ID != "" && ids[f.ID] {
			c.at(at+"id", "fault %q is there twice", f.ID)
		}
		ids[f.ID] = true
		if f.Stream != "" && !slices.ContainsFunc(c.Media.Streams, func(s Stream) bool { return s.Name == f.Stream }) {
			c.at(at+"stream media.streams", "there is no stream %q", f.Stream)
		}
		switch f.Do {
		case "freeze":
			if f.Amount < 0 || f.Amount > maxFreeze {
				c.at(at+"amount", "a freeze lasts 1 to %d pictures", maxFreeze)
			}
		case "counter-jump", "clock-jump":
		default:
			if f.Amount != 0 {
				c.at(at+"amount "+at+"do", "%s has no amount", f.Do)
			}
		}
	}
}
