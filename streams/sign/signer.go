package sign

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/camfleet/camfleet/streams"
)

// Signer signs one stream. Sign belongs to one goroutine; the other methods may
// be called by any.
//
// The key is asked beside the stream: a SEI goes into the second picture of the
// GOP after the one it covers (of a cut GOP: after the cut) if its signature is
// there by then, otherwise into a later one, always in order and never into a
// picture that starts a GOP: so who joins there does not get a SEI before the
// first picture. Only GOPs of one picture have no other place.
type Signer struct {
	config Config
	hashes []hash // of the picture in hand

	mu       sync.Mutex
	identity *identity // of the GOP now
	next     *identity // of the GOPs to come
	announce bool      // a certificate SEI is due
	counter  uint32    // of the last SEI
	seen     uint64    // pictures
	gop      gop
	queue    []*job // in order; the signed ones wait for their picture
	working  bool   // a goroutine asks the key
	troubled bool   // something was told of that has not ended yet
	closed   bool
	wg       sync.WaitGroup
}

// identity is an [Identity] made ready.
type identity struct {
	Identity
	chain *Chain
	size  int // of a signature

	certificate *SEI // nil: none was wanted yet
}

// gop is what no SEI covers yet.
type gop struct {
	open     bool // there was a picture that starts a GOP
	anchor   hash
	list     []hash
	pictures int
	start    time.Time
	linked   hash // first entry of the list before
	key      bool // the last picture started a GOP
}

// NewSigner returns a signer. The error is an [ErrCodec], [ErrIdentity] or
// [ErrConfig].
func NewSigner(c Config) (*Signer, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	s := &Signer{config: c, announce: c.CertificateSEI}
	s.next, err = newIdentity(c.Identity)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return s, nil
}

func newIdentity(i Identity) (*identity, error) {
	if err := i.check(); err != nil {
		return nil, err
	}
	size, err := signatureSize(i.Key.Public())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrIdentity, err)
	}
	return &identity{Identity: i, chain: &Chain{User: i.User, PEM: i.pem()}, size: size}, nil
}

// SetIdentity has another key sign from the next GOP on. The error is an
// [ErrIdentity], and nothing changes then.
func (s *Signer) SetIdentity(i Identity) error {
	next, err := newIdentity(i)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = next
	s.announce = s.config.CertificateSEI
	return nil
}

// Announce has the certificate SEI sent again with the next GOP, if the
// configuration wants one at all, so that who joins there can verify the GOP and
// all after it. Media Signing 6.12.
func (s *Signer) Announce() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.announce = s.config.CertificateSEI
}

// Reset forgets the GOP under way and the SEIs that wait; call it when the stream
// stops or goes unsigned for a while. The counter goes on, so that it never turns
// back for a client.
func (s *Signer) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gop, s.queue = gop{}, nil
	s.announce = s.config.CertificateSEI
}

// Close waits for the signature that the key is making. Sign only passes
// pictures on from then on.
func (s *Signer) Close() {
	s.mu.Lock()
	s.closed, s.queue = true, nil
	s.mu.Unlock()
	s.wg.Wait()
}

// Sign takes the next access unit, in decoding order, and returns the one to
// send: itself, or one with SEIs in front of its first slice. It changes neither
// an access unit nor its NAL units. Nothing is signed before the first picture
// that starts a GOP. The error says what of the access unit cannot be signed; it
// is not covered then.
func (s *Signer) Sign(au *streams.AccessUnit) (*streams.AccessUnit, error) {
	p, err := s.hash(au)
	if err != nil || p.first < 0 {
		return au, err
	}
	s.mu.Lock()
	out, notices, err := s.add(au, p)
	s.mu.Unlock()
	for _, n := range notices {
		s.notify(n)
	}
	return out, err
}

func (s *Signer) notify(n Notice) {
	if s.config.Notify != nil {
		s.config.Notify(n)
	}
}

// picture is what of an access unit is hashed.
type picture struct {
	first  int  // index of the first slice's NAL unit; -1: there is none
	key    bool // starts a GOP
	hashes []hash
}

func (s *Signer) hash(au *streams.AccessUnit) (picture, error) {
	p := picture{first: -1, hashes: s.hashes[:0]}
	for i, nal := range au.NALs {
		k, _ := classify(s.config.Codec, nal)
		if k != slice && k != randomAcc {
			continue
		}
		if p.first < 0 {
			p.first, p.key = i, k == randomAcc
		}
		p.hashes = append(p.hashes, sha256.Sum256(trim(nal)))
	}
	s.hashes = p.hashes
	if len(p.hashes) > MaxSlices {
		return p, fmt.Errorf("sign: frame %d: %d slices: want at most %d", au.Frame, len(p.hashes), MaxSlices)
	}
	return p, nil
}

// add covers a picture; the mutex is held.
func (s *Signer) add(au *streams.AccessUnit, p picture) (*streams.AccessUnit, []Notice, error) {
	if s.closed || !s.gop.open && !p.key {
		return au, nil, nil
	}
	s.seen++
	var notices []Notice
	if len(s.gop.list) > 0 && (p.key || s.cuts(len(p.hashes))) {
		var err error
		if notices, err = s.finish(!p.key, au.Time); err != nil {
			return au, notices, err
		}
	}
	alone := p.key && s.gop.key // GOPs of one picture have no better place
	if p.key {
		s.identity, s.gop.open, s.gop.anchor = s.next, true, p.hashes[0]
		if s.announce {
			s.announce = false
			if err := s.certificate(au.Time); err != nil {
				return au, notices, err
			}
		}
	}
	if len(s.gop.list) == 0 {
		s.gop.start = au.Time
	}
	for i, h := range p.hashes {
		if !p.key || i > 0 {
			h = link(s.gop.anchor, h)
		}
		s.gop.list = append(s.gop.list, h)
	}
	s.gop.pictures++
	s.gop.key = p.key
	notices = append(notices, s.ask()...)
	out, err := s.insert(au, p.first, !p.key || alone)
	return out, notices, err
}

// cuts reports whether the GOP is to be cut before a picture of n slices.
func (s *Signer) cuts(n int) bool {
	if s.config.PartialGOP > 0 && s.gop.pictures >= s.config.PartialGOP {
		return true
	}
	limit := s.config.Hashes
	if s.config.LowBitrate {
		limit = MaxSlices
	}
	return len(s.gop.list)+n > limit
}

// insert returns the access unit with the SEIs that are signed before its NAL
// unit number at. Certificate SEIs go anywhere, others where allowed is set.
func (s *Signer) insert(au *streams.AccessUnit, at int, allowed bool) (*streams.AccessUnit, error) {
	var seis [][]byte
	for len(s.queue) > 0 && s.queue[0].ready(allowed, s.seen) {
		nal, err := s.queue[0].sei.NAL()
		if err != nil {
			return au, fmt.Errorf("sign: frame %d: %w", au.Frame, err)
		}
		seis = append(seis, nal)
		s.queue = s.queue[1:]
	}
	if seis == nil {
		return au, nil
	}
	out := *au
	out.NALs = make([][]byte, 0, len(au.NALs)+len(seis))
	out.NALs = append(out.NALs, au.NALs[:at]...)
	out.NALs = append(out.NALs, seis...)
	out.NALs = append(out.NALs, au.NALs[at:]...)
	return &out, nil
}
