package profiles

import "time"

// Issuers says how the camera asks trusted token issuers for their keys (OpenID
// Connect Discovery, RFC 8414; Security 4.4.2). The fleet's own issuer is not
// asked over the network.
type Issuers struct {
	// PlainHTTP says which issuers without TLS are asked: never, loopback (those
	// of the same machine) or any.
	PlainHTTP string `yaml:"plain_http" default:"loopback" jsonschema:"enum=never,enum=loopback,enum=any"`
	// Unchecked takes issuers with any TLS certificate while the JWT configuration
	// has no validation policy, as Security 4.4.2 reads; otherwise none is taken.
	Unchecked bool `yaml:"unchecked" default:"true"`
	// Timeout of metadata and keys together.
	Timeout time.Duration `yaml:"timeout" default:"10s" min:"100ms" max:"5m"`
	// Fresh is how long keys are used without asking again, Stale how long while
	// the issuer does not answer.
	Fresh time.Duration `yaml:"fresh" default:"10m" min:"1s" max:"24h"`
	Stale time.Duration `yaml:"stale" default:"24h" min:"1s" max:"720h"`
	// DocumentBytes of metadata or of a key set, Keys of a set.
	DocumentBytes Size `yaml:"document_bytes" default:"256KiB" min:"4KiB" max:"4MiB"`
	Keys          int  `yaml:"keys" default:"64" min:"1" max:"256"`
}
