package camera

import (
	"bytes"
	"errors"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/rtsp"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// partialAfter is how long a GOP may be before it is signed in parts. Media
// Signing 6.2.
const partialAfter = 5 * time.Second

// broadcast is the source of an RTSP stream: a camera's picture with the
// distance of key pictures and the signatures that its encoder configuration
// asks for now. The configuration is looked up for each picture, so that a
// change shows with the next one.
type broadcast struct {
	scenery
	run  *run
	name string // of the stream

	media    *mediacfg.Section // that encoder is of
	encoder  mediacfg.VideoEncoder
	keys     *keystore.Section // that path is of
	path     string            // certification path of the signer; "": none
	chain    [][]byte
	sinceKey int

	mu     sync.Mutex
	signer *sign.Signer // nil: the stream is not signed
}

// Next makes the next picture, signed if it is to be.
func (b *broadcast) Next(n uint32, at time.Time, key bool) (*streams.AccessUnit, error) {
	b.follow()
	b.sinceKey++
	au, err := b.scenery.Next(n, at, key || b.sinceKey >= b.encoder.GovLength)
	if err != nil {
		return nil, err
	}
	if au.Key {
		b.sinceKey = 0
	}
	signer := b.signing()
	if signer == nil {
		return au, nil
	}
	if key || au.Key && b.hasty() { // somebody begins with this picture
		signer.Announce()
	}
	signed, err := signer.Sign(au)
	if err != nil {
		b.run.camera.log.Error("a picture is not signed", "stream", b.name, "error", err)
	}
	return signed, nil
}

// hasty reports whether key pictures follow each other so fast that the stream
// asks for none for a reader that comes in between.
func (b *broadcast) hasty() bool {
	return float64(b.encoder.GovLength) <= rtsp.DefaultKeyInterval.Seconds()*b.encoder.FrameRate
}

// Release ends the coded sequence and what was to be signed of it.
func (b *broadcast) Release() {
	b.scenery.Release()
	if s := b.signing(); s != nil {
		s.Reset()
	}
}

// announce has certificate SEIs sent again. Media Signing 6.12.
func (b *broadcast) announce() {
	if s := b.signing(); s != nil {
		s.Announce()
	}
}

// announce has a stream's certificate SEIs sent again.
func (r *run) announce(stream string) {
	for _, b := range r.broadcasts {
		if b.name == stream {
			b.announce()
		}
	}
}

// close waits for the signature that is being made.
func (b *broadcast) close() {
	if s := b.signing(); s != nil {
		s.Close()
	}
}

func (b *broadcast) signing() *sign.Signer {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.signer
}

// follow takes over what has changed in the configuration.
func (b *broadcast) follow() {
	tree := b.run.camera.config.State.View()
	if tree.Media == b.media && tree.Keystore == b.keys {
		return
	}
	if s, ok := tree.Media.Stream(b.name); ok {
		b.encoder = s.Encoder
	}
	b.media, b.keys = tree.Media, tree.Keystore
	path := ""
	if b.encoder.Signed {
		path = tree.Keystore.MediaSigning.Signer()
	}
	if path == "" {
		b.stopSigning()
		return
	}
	identity, err := b.run.camera.identityOf(tree.Keystore, path)
	if err == nil && b.path == path && sameChain(b.chain, identity.Chain) {
		return
	}
	if err == nil {
		err = b.startSigning(path, identity)
	}
	if err != nil {
		b.stopSigning()
		b.run.camera.log.Error("the stream is not signed", "stream", b.name, "path", path, "error", err)
		b.run.tellSigning(b.encoder.Token, sign.Notice{Kind: sign.Failed, Err: err})
	}
}

// startSigning signs with another path's key, from the next GOP on.
func (b *broadcast) startSigning(path string, i sign.Identity) error {
	signer := b.signing()
	if signer == nil {
		made, err := sign.NewSigner(b.run.signerConfig(b.encoder, i))
		if err != nil {
			return err
		}
		b.mu.Lock()
		b.signer = made
		b.mu.Unlock()
	} else if err := signer.SetIdentity(i); err != nil {
		return err
	}
	b.path, b.chain = path, i.Chain
	return nil
}

func (b *broadcast) stopSigning() {
	b.mu.Lock()
	signer := b.signer
	b.signer = nil
	b.mu.Unlock()
	b.path, b.chain = "", nil
	if signer != nil {
		b.run.wg.Go(signer.Close)
	}
}

func sameChain(a, b [][]byte) bool {
	return bytes.Equal(bytes.Join(a, nil), bytes.Join(b, nil))
}

// signerConfig is how the profile has streams signed.
func (r *run) signerConfig(e mediacfg.VideoEncoder, i sign.Identity) sign.Config {
	c := r.camera
	p := c.config.Profile.Media.Signing
	about := c.config.State.View().Device.Identity
	partial := p.PartialGOP
	if partial == 0 {
		partial = int(partialAfter.Seconds() * e.FrameRate)
	}
	return sign.Config{
		Codec: streams.H264, Identity: i, Version: bitstream(c.config.Profile.ONVIF.Release),
		Vendor:         sign.Vendor{FirmwareVersion: about.FirmwareVersion, SerialNumber: about.SerialNumber, Manufacturer: about.Manufacturer},
		CertificateSEI: p.CertificateSEI, LowBitrate: p.LowBitrate, PartialGOP: partial, Pending: p.Pending,
		Notify: func(n sign.Notice) { r.tellSigning(e.Token, n) },
	}
}

// bitstream is the version of Media Signing that a camera of a release writes
// into its SEIs: its own from 26.06 on. Earlier cameras write 25.12, as the
// reference signer does whatever its camera claims: 25.06 itself has only one
// time in a SEI. Media Signing 6.7.4.
func bitstream(release string) [3]byte {
	if release >= "26.06" {
		return [3]byte{26, 6, 0}
	}
	return [3]byte{25, 12, 0}
}

// signingTopic is the event about signatures that are late or missing. ONVIF has
// none for it.
func signingTopic() event.Topic {
	describe := func(name, kind string) event.ItemDescription {
		return event.ItemDescription{Name: name, Type: soap.Name(kind)}
	}
	return event.Topic{
		Path:   event.NewPath(event.SpaceTopics, "Monitoring", "MediaSigning"),
		Source: []event.ItemDescription{describe("VideoEncoderConfigurationToken", "tt:ReferenceToken")},
		Data:   []event.ItemDescription{describe("State", "xs:string")},
	}
}

// tellSigning logs and publishes what a signer tells.
func (r *run) tellSigning(encoder string, n sign.Notice) {
	r.camera.log.Warn("media signing", "encoder", encoder, "state", n.Kind, "counter", n.Counter, "error", n.Err)
	err := r.services.broker.Publish(event.Message{
		Topic:  signingTopic().Path.String(),
		Source: []event.Item{{Name: "VideoEncoderConfigurationToken", Value: encoder}},
		Data:   []event.Item{{Name: "State", Value: stateOf(n.Kind)}},
	})
	if err != nil && !errors.Is(err, event.ErrClosed) {
		r.camera.log.Error("no event about media signing", "error", err)
	}
}

// stateOf is the word of the event for a notice.
func stateOf(k sign.NoticeKind) string {
	switch k {
	case sign.Late:
		return "Late"
	case sign.GivenUp:
		return "Missing"
	case sign.Resumed:
		return "Resumed"
	}
	return "Failed"
}

// signs reports whether a stream is being played and is signed.
func (r *run) signs() bool {
	for _, s := range r.camera.config.State.View().Media.Streams() {
		if stream := r.streams[s.Profile.Stream]; s.Encoder.Signed && stream != nil && stream.Stats().Readers > 0 {
			return true
		}
	}
	return false
}
