package sign

import (
	"errors"
	"fmt"
	"time"

	"github.com/camfleet/camfleet/streams"
)

// Limits of a [Config], and what its zero values mean.
const (
	// DefaultHashes is the largest hash list that the reference validator reads.
	DefaultHashes = 600
	// MaxHashes is the largest one that a TLV can hold.
	MaxHashes = 2047
	// DefaultPending is how many SEIs wait for their signature at most.
	DefaultPending = 16
	// MaxSlices is how many slices a GOP hash can be over.
	MaxSlices = 65535
)

// ErrConfig says that a signer or verifier cannot be made so.
var ErrConfig = errors.New("signing configuration")

// Config is what a [Signer] is made of. Codec and Identity must be given.
type Config struct {
	Codec    streams.Codec
	Identity Identity
	Vendor   Vendor // its texts have at most MaxVendorText bytes
	// Version is that of the specification written into the SEIs: major, minor, 0;
	// zero: 25.12.
	Version [3]byte
	// CertificateSEI has certificates, algorithms and vendor sent once, in a SEI of
	// their own at the start and after Announce, instead of in every SEI. Who joins
	// without an Announce cannot verify the stream then.
	CertificateSEI bool
	// LowBitrate leaves the hash lists out: a loss cannot be told from a change.
	LowBitrate bool
	// PartialGOP is after how many pictures a GOP is cut and signed in parts; 0:
	// only where its hash list would be longer than Hashes.
	PartialGOP int
	// Hashes is how long a hash list may be, 1 to MaxHashes; 0: DefaultHashes.
	Hashes int
	// Pending is how many SEIs may wait for their signature, the oldest is given
	// up then; 0: DefaultPending.
	Pending int
	// Inline has Sign wait for the key: for files and tests, where no stream is
	// held up.
	Inline bool
	// Notify is told when signatures are late, fail, are given up and come again;
	// may be nil. It must not block nor call the signer, and may be called by
	// several goroutines.
	Notify func(Notice)
}

// withDefaults returns the configuration with its zero values filled in, or an
// [ErrConfig], [ErrCodec] or [ErrIdentity].
func (c Config) withDefaults() (Config, error) {
	if err := checkCodec(c.Codec); err != nil {
		return c, err
	}
	if err := c.Identity.check(); err != nil {
		return c, err
	}
	if c.Version == [3]byte{} {
		c.Version = [3]byte{25, 12, 0}
	}
	if c.Hashes == 0 {
		c.Hashes = DefaultHashes
	}
	if c.Pending == 0 {
		c.Pending = DefaultPending
	}
	switch {
	case c.Hashes < 1 || c.Hashes > MaxHashes:
		return c, fmt.Errorf("%w: hash lists of %d: want 1 to %d", ErrConfig, c.Hashes, MaxHashes)
	case c.Pending < 1:
		return c, fmt.Errorf("%w: %d SEIs wait: want at least 1", ErrConfig, c.Pending)
	case c.PartialGOP < 0:
		return c, fmt.Errorf("%w: partial GOPs of %d pictures", ErrConfig, c.PartialGOP)
	case max(len(c.Vendor.FirmwareVersion), len(c.Vendor.SerialNumber), len(c.Vendor.Manufacturer)) > MaxVendorText:
		return c, fmt.Errorf("%w: vendor text: want at most %d bytes", ErrConfig, MaxVendorText)
	}
	return c, nil
}

// NoticeKind says what a [Notice] is about.
type NoticeKind string

// What a signer tells of.
const (
	// Late: a SEI has no signature yet though the next one is due.
	Late NoticeKind = "late"
	// Failed: the key refused to sign; it is asked again when the next SEI is due.
	Failed NoticeKind = "failed"
	// GivenUp: a SEI will never be sent, too many were waiting.
	GivenUp NoticeKind = "given up"
	// Resumed: after one of the others the key signs again.
	Resumed NoticeKind = "resumed"
)

// Notice is what a [Signer] tells of its signatures.
type Notice struct {
	Kind    NoticeKind
	Counter uint32    // of the SEI; 0: the certificate SEI
	At      time.Time // time of the picture that made the SEI due, by the stream's clock
	Err     error     // of the key, if it is Failed
}
