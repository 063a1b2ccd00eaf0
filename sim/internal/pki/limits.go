package pki

// ContainerLimits bound what is read from a PKCS #8 or PKCS #12 structure. A
// field of zero is its default.
type ContainerLimits struct {
	// Bytes is the size of the structure; 256 KiB.
	Bytes int
	// Iterations is the number of rounds of key derivation, of all the parts
	// of one structure together; 2,000,000, which is a second or two.
	Iterations int
	// Salt is the length of a salt in bytes; 1,024.
	Salt int
	// Scrypt is the number of bytes that scrypt writes, 128·N·r·p; 64 MiB.
	Scrypt int
	// RSABits is the length of an RSA modulus; 8,192.
	RSABits int
	// Certificates is the number of certificates in a PKCS #12 file; 32.
	Certificates int
	// Bags is the number of all bags in a PKCS #12 file; 256.
	Bags int
	// Depth is how deep safe contents may be nested in bags; 3.
	Depth int
}

// WithDefaults fills in what is zero.
func (l ContainerLimits) WithDefaults() ContainerLimits {
	for _, f := range []struct {
		field *int
		value int
	}{
		{&l.Bytes, 256 << 10},
		{&l.Iterations, 2_000_000},
		{&l.Salt, 1024},
		{&l.Scrypt, 64 << 20},
		{&l.RSABits, 8192},
		{&l.Certificates, 32},
		{&l.Bags, 256},
		{&l.Depth, 3},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	return l
}

// ContainerOptions say how PKCS #8 and PKCS #12 structures are read. The zero
// value reads everything this package knows, within the default limits.
type ContainerOptions struct {
	Limits ContainerLimits
	// Allow says which encryptions are accepted; nil: all. What it refuses is
	// an ErrScheme before any key is derived.
	Allow func(Scheme) bool
	// AllowMAC says the same for the integrity protection of PKCS #12.
	AllowMAC func(MAC) bool
	// MissingMAC accepts a PKCS #12 file without MAC although an integrity
	// passphrase is given, which is the 18.12 behaviour for a passphrase that
	// was not given by ID.
	MissingMAC bool
}

// budget counts the work that one structure asks for.
type budget struct {
	ContainerOptions
	iterations         int64
	certificates, bags int
}

func newBudget(o ContainerOptions) *budget {
	o.Limits = o.Limits.WithDefaults()
	return &budget{ContainerOptions: o}
}

// spend takes rounds off the budget, before they are run.
func (b *budget) spend(rounds int64, salt int) error {
	if err := within("Salt", salt, b.Limits.Salt); err != nil {
		return err
	}
	if most := int64(b.Limits.Iterations); rounds > most-b.iterations {
		return &LimitError{Limit: "Iterations", Have: max(rounds, b.iterations+rounds), Max: most}
	}
	b.iterations += rounds
	return nil
}

// count adds one to a counter with a limit.
func count(n *int, limit string, most int) error {
	*n++
	return within(limit, *n, most)
}
