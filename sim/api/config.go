package api

// Config says what fleet to start: the flags of `camfleet up`, the keys of
// fleet.yaml and the fields of the library's configuration are these.
type Config struct {
	N         int      `json:"n" yaml:"n"`                         // how many cameras; 0: 4
	Profiles  []string `json:"profile" yaml:"profile"`             // names or files, dealt out in turn; none: one of each showcase profile
	State     string   `json:"state" yaml:"state"`                 // state directory; empty: nothing is kept
	Seed      *uint64  `json:"seed,omitempty" yaml:"seed"`         // repeatable run; nil: everything is new
	Bind      string   `json:"bind" yaml:"bind"`                   // address of the listeners; empty: 127.0.0.1
	BasePort  int      `json:"base_port" yaml:"base-port"`         // camera k has the ports base+10k…; 0: the system picks
	Addresses string   `json:"addresses" yaml:"addresses"`         // CIDR: an address a camera instead of a port block
	Control   string   `json:"control" yaml:"control"`             // control listener; empty: 127.0.0.1:8800
	Password  string   `json:"password,omitempty" yaml:"password"` // instead of the demo password of built-in profiles
}

// ConfigError is a mistake in a configuration: what, where, what to do.
type ConfigError struct {
	Field string // the flag's name without dashes: "base-port"
	Text  string // what is wrong
	Hint  string // what to write instead
	// Machine says that the configuration is right but this machine does not
	// have what it asks for: a port is taken, a file cannot be read.
	Machine bool
}

// Error gives the sentence a user reads.
func (e *ConfigError) Error() string {
	s := e.Text
	if e.Field != "" {
		s = "--" + e.Field + ": " + s
	}
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}
