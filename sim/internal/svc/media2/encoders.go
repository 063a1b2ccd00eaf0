package media2

import (
	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/onvif/tr2"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// setVideoEncoderConfiguration changes an encoder configuration; streams follow
// with the next picture. What a request leaves out stays as it is, but for
// Signed, which is false then (its default). Media2 5.3.3; ACTUATE.
func setVideoEncoderConfiguration(c *svc.Call, req *tr2.SetVideoEncoderConfiguration) (*tr2.SetVideoEncoderConfigurationResponse, error) {
	asked := req.Configuration
	err := c.Update(func(tx *state.Tx) error {
		e, _ := tx.View().Media.Encoder(asked.Token) // SetEncoder tells of one that is not there
		e.Token, e.Name, e.Encoding, e.Quality = asked.Token, asked.Name, asked.Encoding, asked.Quality
		e.Width, e.Height = asked.Resolution.Width, asked.Resolution.Height
		if r := asked.RateControl; r != nil {
			e.FrameRate, e.BitRate = r.FrameRateLimit, r.BitrateLimit
		}
		if asked.GovLength != nil {
			e.GovLength = *asked.GovLength
		}
		if asked.Profile != nil {
			e.Profile = *asked.Profile
		}
		e.Signed = asked.Signed != nil && *asked.Signed
		return tx.Media().SetEncoder(e, canSign(tx.View()))
	})
	return &tr2.SetVideoEncoderConfigurationResponse{}, err
}

// canSign reports whether the camera has a key that signs media.
func canSign(t *state.Tree) bool { return t.Keystore.MediaSigning.Factory != "" }

// getVideoEncoderConfigurationOptions answers what the encoders can do; without a
// token, what all of them can. Each makes pictures of one size and rate. Media2
// 5.3.4; READ_MEDIA.
func getVideoEncoderConfigurationOptions(c *svc.Call, req *tr2.GetVideoEncoderConfigurationOptions) (*tr2.GetVideoEncoderConfigurationOptionsResponse, error) {
	var tokens []string
	for _, e := range c.View().Media.Encoders {
		tokens = append(tokens, e.Token)
	}
	tokens, err := chosen(c, *req, tokens)
	if err != nil {
		return nil, err
	}
	if req.ConfigurationToken == nil && req.ProfileToken != nil {
		p, _ := c.View().Media.Profile(*req.ProfileToken) // chosen has found it
		tokens = []string{p.VideoEncoder}
	}
	resp := &tr2.GetVideoEncoderConfigurationOptionsResponse{}
	for _, t := range tokens {
		if e, ok := c.View().Media.Encoder(t); ok {
			resp.Options = append(resp.Options, encoderOptions(c, e))
		}
	}
	return resp, nil
}

func encoderOptions(c *svc.Call, e mediacfg.VideoEncoder) tt.VideoEncoder2ConfigurationOptions {
	o := tt.VideoEncoder2ConfigurationOptions{
		Encoding:             e.Encoding,
		GovLengthRange:       []int{mediacfg.MinGovLength, mediacfg.MaxGovLength},
		FrameRatesSupported:  []float64{e.FrameRate},
		QualityRange:         tt.FloatRange{Min: e.Quality, Max: e.Quality},
		ResolutionsAvailable: []tt.VideoResolution2{{Width: e.Width, Height: e.Height}},
		BitrateRange:         tt.IntRange{Min: e.BitRate, Max: e.BitRate},
	}
	if e.Profile != "" {
		o.ProfilesSupported = []string{e.Profile}
	}
	if canSign(c.View()) {
		o.SigningSupported = svc.Ref(true)
	}
	return o
}

// getVideoEncoderInstances answers how many streams a source has at once: one of
// each encoder. Media2 5.3.5; READ_MEDIA.
func getVideoEncoderInstances(c *svc.Call, req *tr2.GetVideoEncoderInstances) (*tr2.GetVideoEncoderInstancesResponse, error) {
	m := c.View().Media
	var tokens []string
	for _, v := range m.SourceConfigurations {
		tokens = append(tokens, v.Token)
	}
	if _, err := chosen(c, tr2.GetConfiguration{ConfigurationToken: &req.ConfigurationToken}, tokens); err != nil {
		return nil, err
	}
	resp := &tr2.GetVideoEncoderInstancesResponse{}
	count := map[string]int{}
	var order []string
	for _, s := range m.Streams() {
		if s.View.Token != req.ConfigurationToken {
			continue
		}
		if count[s.Encoder.Encoding] == 0 {
			order = append(order, s.Encoder.Encoding)
		}
		count[s.Encoder.Encoding]++
		resp.Info.Total++
	}
	for _, encoding := range order {
		resp.Info.Codec = append(resp.Info.Codec, tr2.EncoderInstance{Encoding: encoding, Number: count[encoding]})
	}
	return resp, nil
}
