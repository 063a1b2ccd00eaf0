package profiles

import (
	"fmt"
	"slices"
	"time"
)

// Access is who may do what: the default access policy of Core 5.9.4, unless a
// profile replaces it.
type Access struct {
	Classes Classes `yaml:"classes"`
	// Operations are exceptions, before the classes.
	Operations []OperationAccess `yaml:"operations" jsonschema:"maxItems=1024"`
}

// Classes names the lowest user level that may use each access class.
type Classes struct {
	PreAuth             string `yaml:"pre_auth" default:"Anonymous" jsonschema:"enum=Anonymous,enum=User,enum=Operator,enum=Administrator"`
	ReadSystem          string `yaml:"read_system" default:"User" jsonschema:"enum=Anonymous,enum=User,enum=Operator,enum=Administrator"`
	ReadSystemSensitive string `yaml:"read_system_sensitive" default:"Operator" jsonschema:"enum=Anonymous,enum=User,enum=Operator,enum=Administrator"`
	ReadSystemSecret    string `yaml:"read_system_secret" default:"Administrator" jsonschema:"enum=Anonymous,enum=User,enum=Operator,enum=Administrator"`
	WriteSystem         string `yaml:"write_system" default:"Administrator" jsonschema:"enum=Anonymous,enum=User,enum=Operator,enum=Administrator"`
	Unrecoverable       string `yaml:"unrecoverable" default:"Administrator" jsonschema:"enum=Anonymous,enum=User,enum=Operator,enum=Administrator"`
	// ReadMedia is for streams and snapshots as well.
	ReadMedia string `yaml:"read_media" default:"User" jsonschema:"enum=Anonymous,enum=User,enum=Operator,enum=Administrator"`
	Actuate   string `yaml:"actuate" default:"Operator" jsonschema:"enum=Anonymous,enum=User,enum=Operator,enum=Administrator"`
}

// ByName gives the levels by the specification's spelling of the classes.
func (c Classes) ByName() map[string]string {
	return map[string]string{
		"PRE_AUTH": c.PreAuth, "READ_SYSTEM": c.ReadSystem, "READ_SYSTEM_SENSITIVE": c.ReadSystemSensitive,
		"READ_SYSTEM_SECRET": c.ReadSystemSecret, "WRITE_SYSTEM": c.WriteSystem, "UNRECOVERABLE": c.Unrecoverable,
		"READ_MEDIA": c.ReadMedia, "ACTUATE": c.Actuate,
	}
}

// OperationAccess names the lowest user level that may call one operation.
type OperationAccess struct {
	// Operation is prefix and name as in the WSDL, "tds:GetSystemDateAndTime".
	Operation string `yaml:"operation" jsonschema:"pattern=^[a-z][a-z0-9]*:[A-Za-z][A-Za-z0-9]*$" want:"prefix:Operation such as tds:GetUsers"`
	Level     string `yaml:"level" default:"Administrator" jsonschema:"enum=Anonymous,enum=User,enum=Operator,enum=Administrator"`
}

// Default reports whether this is the default access policy of Core 5.9.4.
func (a Access) Default() bool {
	return len(a.Operations) == 0 && a.Classes == Classes{
		PreAuth: "Anonymous", ReadSystem: "User", ReadSystemSensitive: "Operator", ReadSystemSecret: "Administrator",
		WriteSystem: "Administrator", Unrecoverable: "Administrator", ReadMedia: "User", Actuate: "Operator",
	}
}

// Backoff slows down who tries passwords: after so many wrong ones an account,
// or an address, is closed for a while, and each further one doubles the time.
type Backoff struct {
	Enabled bool `yaml:"enabled" default:"false"`
	// AccountFailures and AddressFailures are how many wrong passwords in a row
	// close an account, and how many an address; 0: none do.
	AccountFailures int `yaml:"account_failures" default:"5" min:"0" max:"1000"`
	AddressFailures int `yaml:"address_failures" default:"20" min:"0" max:"10000"`
	// First is for how long at first, Longest for how long at most.
	First   time.Duration `yaml:"first" default:"5s" min:"1s" max:"24h"`
	Longest time.Duration `yaml:"longest" default:"5m" min:"1s" max:"24h"`
}

// access checks the rules of who gets in.
func (c *checker) access(operations []string) {
	seen := map[string]bool{}
	for i, o := range c.Auth.Access.Operations {
		at := fmt.Sprintf("auth.access.operations.%d.operation", i)
		switch {
		case seen[o.Operation]:
			c.at(at, "%q is there twice", o.Operation)
		case operations != nil && !slices.Contains(operations, o.Operation):
			c.at(at, "%q is no operation that this program knows%s", o.Operation, nearest(o.Operation, operations))
		}
		seen[o.Operation] = true
	}
	if b := c.Auth.Backoff; b.First > b.Longest {
		c.at("auth.backoff.first auth.backoff.longest", "longer than auth.backoff.longest, %v", b.Longest)
	}
	if c.Auth.Basic && !c.Network.Protocols.HTTPS && !c.Network.Protocols.RTSPS {
		c.at("auth.basic network.protocols", "Basic needs https or rtsps: set auth.basic to false")
	}
}
