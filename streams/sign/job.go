package sign

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"
)

// job is a SEI on its way to its signature.
type job struct {
	sei    *SEI
	digest hash
	key    *identity
	at     time.Time // of the picture that made it due
	born   uint64    // number of that picture
	asked  bool      // the key was, and has not failed since
	told   bool      // that it is late
}

func (j *job) counter() uint32 {
	if j.sei.General == nil {
		return 0
	}
	return j.sei.General.Counter
}

// ready reports whether the SEI can go into picture number n, where only
// certificates may go unless allowed is set.
func (j *job) ready(allowed bool, n uint64) bool {
	return j.sei.Signature != nil && (j.sei.Certificate || allowed && n > j.born)
}

// finish makes the SEI for what is not covered yet; the mutex is held. The
// signer may tell of those that should have been signed by now.
func (s *Signer) finish(partial bool, end time.Time) ([]Notice, error) {
	s.counter++
	list := s.gop.list
	all := make([]byte, 0, len(list)*hashSize)
	for i := range list {
		all = append(all, list[i][:]...)
	}
	gopHash := sha256.Sum256(all)
	linked := s.gop.linked
	sei := &SEI{
		Codec: s.config.Codec, Escaped: true, SignatureSize: s.identity.size,
		General: &General{
			Layout: 2, Version: s.config.Version, Partial: partial,
			Start: Ticks(s.gop.start), End: Ticks(end), Counter: s.counter,
			Count: uint16(len(list)), Hash: gopHash[:], Linked: linked[:], //nolint:gosec // at most MaxSlices
		},
	}
	if !s.config.CertificateSEI {
		s.describe(sei)
	}
	if !s.config.LowBitrate && len(list) <= s.config.Hashes {
		sei.Hashes = make([][]byte, len(list))
		for i := range list {
			sei.Hashes[i] = all[i*hashSize : (i+1)*hashSize]
		}
	}
	s.gop.linked, s.gop.list, s.gop.pictures = list[0], list[:0], 0
	notices := s.overdue(end)
	return notices, s.enqueue(sei, end)
}

// describe adds what a client needs to know of the camera.
func (s *Signer) describe(sei *SEI) {
	vendor := s.config.Vendor
	sei.Crypto, sei.Vendor, sei.Chain = &Crypto{Hash: []byte(sha256OID)}, &vendor, s.identity.chain
}

// certificate makes the certificate SEI; the mutex is held. It overtakes the SEIs
// of the same key, so that who joins has the certificates before the first SEI,
// and it is signed once for each key. Media Signing 6.9.
func (s *Signer) certificate(at time.Time) error {
	sei := s.identity.certificate
	if sei == nil {
		sei = &SEI{Codec: s.config.Codec, Certificate: true, Escaped: true, SignatureSize: s.identity.size}
		s.describe(sei)
		s.identity.certificate = sei
	}
	if slices.ContainsFunc(s.queue, func(j *job) bool { return j.sei == sei }) {
		return nil // it is on its way
	}
	j, err := s.job(sei, at)
	if err != nil {
		return err
	}
	place := slices.IndexFunc(s.queue, func(j *job) bool { return j.key == s.identity })
	if place < 0 {
		place = len(s.queue)
	}
	s.queue = slices.Insert(s.queue, place, j)
	return nil
}

// overdue tells of SEIs that have no signature though the next one is due, and
// gives the oldest up where too many wait; the mutex is held.
func (s *Signer) overdue(at time.Time) (notices []Notice) {
	for _, j := range s.queue {
		if j.sei.Signature == nil && !j.told {
			j.told, s.troubled = true, true
			notices = append(notices, Notice{Kind: Late, Counter: j.counter(), At: j.at})
		}
	}
	for len(s.queue) >= s.config.Pending {
		s.troubled = true
		notices = append(notices, Notice{Kind: GivenUp, Counter: s.queue[0].counter(), At: at})
		s.queue = s.queue[1:]
	}
	return notices
}

// enqueue has a SEI signed; the mutex is held.
func (s *Signer) enqueue(sei *SEI, at time.Time) error {
	j, err := s.job(sei, at)
	if err != nil {
		return err
	}
	s.queue = append(s.queue, j)
	return nil
}

// job is the way of a SEI to the signature of the key now; the mutex is held.
func (s *Signer) job(sei *SEI, at time.Time) (*job, error) {
	document, err := sei.Document()
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return &job{sei: sei, digest: sha256.Sum256(document), key: s.identity, at: at, born: s.seen}, nil
}

// ask has the key sign what waits, beside the stream or, if Inline, here; the
// mutex is held.
func (s *Signer) ask() []Notice {
	if s.working || s.waiting() == nil {
		return nil
	}
	if s.config.Inline {
		var notices []Notice
		for j := s.waiting(); j != nil; j = s.waiting() {
			signature, err := j.sign()
			notice, ok := s.signed(j, signature, err)
			if notice != nil {
				notices = append(notices, *notice)
			}
			if !ok {
				break
			}
		}
		return notices
	}
	s.working = true
	s.wg.Go(s.work)
	return nil
}

// waiting returns the first SEI that the key is to be asked for; nil: none. One
// that failed is asked for again when another one is due.
func (s *Signer) waiting() *job {
	fresh := false
	for _, j := range s.queue {
		fresh = fresh || !j.asked && j.sei.Signature == nil
	}
	if !fresh {
		return nil
	}
	for _, j := range s.queue {
		if j.sei.Signature == nil {
			return j
		}
	}
	return nil
}

// work asks the key for signatures until none is wanted.
func (s *Signer) work() {
	for {
		s.mu.Lock()
		j := s.waiting()
		if j == nil {
			s.working = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		signature, err := j.sign()
		s.mu.Lock()
		notice, ok := s.signed(j, signature, err)
		if !ok {
			s.working = false
		}
		s.mu.Unlock()
		if notice != nil {
			s.notify(*notice)
		}
		if !ok {
			return
		}
	}
}

func (j *job) sign() ([]byte, error) {
	signature, err := signDigest(j.key.Key, j.digest[:])
	switch {
	case err == nil && len(signature) == 0:
		return nil, errors.New("the key returns no signature")
	case err == nil && len(signature) > j.key.size:
		return nil, fmt.Errorf("the key returns a signature of %d bytes: want at most %d", len(signature), j.key.size)
	}
	return signature, err
}

// signed takes the key's answer; the mutex is held. If it is not ok, the key is
// left alone until the next SEI is due.
func (s *Signer) signed(j *job, signature []byte, err error) (notice *Notice, ok bool) {
	if err != nil {
		s.troubled = true
		for _, waits := range s.queue {
			waits.asked = true
		}
		return &Notice{Kind: Failed, Counter: j.counter(), At: j.at, Err: err}, false
	}
	j.sei.Signature = signature
	if s.troubled {
		s.troubled = false
		return &Notice{Kind: Resumed, Counter: j.counter(), At: j.at}, true
	}
	return nil, true
}
