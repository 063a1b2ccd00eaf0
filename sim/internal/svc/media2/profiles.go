package media2

import (
	"fmt"
	"slices"

	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/onvif/tr2"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// getProfiles lists profiles, with the kinds of configurations asked for.
// Media2 5.1.2; READ_MEDIA.
func getProfiles(c *svc.Call, req *tr2.GetProfiles) (*tr2.GetProfilesResponse, error) {
	list := c.View().Media.Profiles
	if req.Token != nil {
		p, err := c.MediaProfile(*req.Token)
		if err != nil {
			return nil, err
		}
		list = []mediacfg.Profile{p}
	}
	resp := &tr2.GetProfilesResponse{}
	for _, p := range list {
		resp.Profiles = append(resp.Profiles, tr2.MediaProfile{
			Token: p.Token, Name: p.Name, Fixed: svc.Ref(p.Fixed), Configurations: configurations(c, p, req.Type),
		})
	}
	return resp, nil
}

// configurations are those of the given kinds; without a kind there are none.
func configurations(c *svc.Call, p mediacfg.Profile, kinds []string) *tr2.ConfigurationSet {
	wants := func(kind string) bool { return slices.Contains(kinds, kind) || slices.Contains(kinds, "All") }
	set := &tr2.ConfigurationSet{}
	if wants("VideoSource") {
		set.VideoSource = c.VideoSourceConfiguration(p.VideoSource)
	}
	if wants("VideoEncoder") {
		set.VideoEncoder = encoder(c, p.VideoEncoder)
	}
	if set.VideoSource == nil && set.VideoEncoder == nil {
		return nil
	}
	return set
}

// getStreamURI answers where a profile is streamed. Media2 5.4.1; READ_MEDIA.
func getStreamURI(c *svc.Call, req *tr2.GetStreamUri) (*tr2.GetStreamUriResponse, error) {
	if _, err := c.MediaProfile(req.ProfileToken); err != nil {
		return nil, err
	}
	var uri string
	var err error
	switch req.Protocol {
	case "RtspUnicast", "RTSP":
		uri, err = c.StreamURI(req.ProfileToken, false)
	case "RtspsUnicast":
		uri, err = c.StreamURI(req.ProfileToken, true)
	case "RtspOverHttp":
		uri, err = c.TunnelURI(req.ProfileToken)
	default: // RtspMulticast and RtspsMulticast are not simulated
		err = fmt.Errorf("protocol %.64q: %w", req.Protocol, svc.ErrStreamKind)
	}
	if err != nil {
		return nil, err
	}
	return &tr2.GetStreamUriResponse{Uri: uri}, nil
}

// getSnapshotURI answers where a profile's still picture is. Media2 5.5.1;
// READ_MEDIA.
func getSnapshotURI(c *svc.Call, req *tr2.GetSnapshotUri) (*tr2.GetSnapshotUriResponse, error) {
	uri, err := c.SnapshotURI(req.ProfileToken)
	if err != nil {
		return nil, err
	}
	return &tr2.GetSnapshotUriResponse{Uri: uri}, nil
}

// setSynchronizationPoint asks for a key picture. Media2 5.7.1; ACTUATE.
func setSynchronizationPoint(c *svc.Call, req *tr2.SetSynchronizationPoint) (*tr2.SetSynchronizationPointResponse, error) {
	return &tr2.SetSynchronizationPointResponse{}, c.KeyPicture(req.ProfileToken)
}

// encoder is an encoder configuration; nil if there is none with that token.
func encoder(c *svc.Call, token string) *tt.VideoEncoder2Configuration {
	m := c.View().Media
	e, ok := m.Encoder(token)
	if !ok {
		return nil
	}
	v := &tt.VideoEncoder2Configuration{
		Token: e.Token, Name: e.Name, UseCount: m.UseCount(e.Token), Encoding: e.Encoding, Quality: e.Quality,
		Resolution:  tt.VideoResolution2{Width: e.Width, Height: e.Height},
		RateControl: &tt.VideoRateControl2{FrameRateLimit: e.FrameRate, BitrateLimit: e.BitRate},
	}
	if e.GovLength > 0 {
		v.GovLength = &e.GovLength
	}
	if e.Profile != "" {
		v.Profile = &e.Profile
	}
	if e.Signed {
		v.Signed = &e.Signed
	}
	return v
}

// chosen narrows a list down to the configuration asked for, and to those of
// the profile asked for. Media2 5.3.2.
func chosen(c *svc.Call, req tr2.GetConfiguration, tokens []string) ([]string, error) {
	if req.ProfileToken != nil {
		if _, err := c.MediaProfile(*req.ProfileToken); err != nil {
			return nil, err
		}
	}
	if req.ConfigurationToken != nil {
		if !slices.Contains(tokens, *req.ConfigurationToken) {
			return nil, fmt.Errorf("configuration %.64q: %w", *req.ConfigurationToken, svc.ErrNoConfig)
		}
		return []string{*req.ConfigurationToken}, nil
	}
	// Every configuration fits every profile, so a profile alone narrows nothing.
	return tokens, nil
}

// getVideoSourceConfigurations lists them. Media2 5.3.2; READ_MEDIA.
func getVideoSourceConfigurations(c *svc.Call, req *tr2.GetVideoSourceConfigurations) (*tr2.GetVideoSourceConfigurationsResponse, error) {
	var tokens []string
	for _, v := range c.View().Media.SourceConfigurations {
		tokens = append(tokens, v.Token)
	}
	tokens, err := chosen(c, *req, tokens)
	if err != nil {
		return nil, err
	}
	resp := &tr2.GetVideoSourceConfigurationsResponse{}
	for _, t := range tokens {
		resp.Configurations = append(resp.Configurations, *c.VideoSourceConfiguration(t))
	}
	return resp, nil
}

// getVideoEncoderConfigurations lists them. Media2 5.3.2; READ_MEDIA.
func getVideoEncoderConfigurations(c *svc.Call, req *tr2.GetVideoEncoderConfigurations) (*tr2.GetVideoEncoderConfigurationsResponse, error) {
	var tokens []string
	for _, e := range c.View().Media.Encoders {
		tokens = append(tokens, e.Token)
	}
	tokens, err := chosen(c, *req, tokens)
	if err != nil {
		return nil, err
	}
	resp := &tr2.GetVideoEncoderConfigurationsResponse{}
	for _, t := range tokens {
		resp.Configurations = append(resp.Configurations, *encoder(c, t))
	}
	return resp, nil
}
