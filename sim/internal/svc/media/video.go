package media

import (
	"fmt"
	"math"
	"time"

	"github.com/camfleet/camfleet/sim/internal/onvif/trt"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// getVideoSources lists the sensors. Media 5.3.1; READ_MEDIA.
func getVideoSources(c *svc.Call, _ *trt.GetVideoSources) (*trt.GetVideoSourcesResponse, error) {
	resp := &trt.GetVideoSourcesResponse{}
	for _, v := range c.View().Media.VideoSources {
		resp.VideoSources = append(resp.VideoSources, tt.VideoSource{
			Token: v.Token, Framerate: v.Framerate, Resolution: tt.VideoResolution{Width: v.Width, Height: v.Height},
		})
	}
	return resp, nil
}

func sourceConfigurations(c *svc.Call) []tt.VideoSourceConfiguration {
	var list []tt.VideoSourceConfiguration
	for _, v := range c.View().Media.SourceConfigurations {
		list = append(list, *c.VideoSourceConfiguration(v.Token))
	}
	return list
}

// getVideoSourceConfigurations lists them all. Media 5.4.1; READ_MEDIA.
func getVideoSourceConfigurations(c *svc.Call, _ *trt.GetVideoSourceConfigurations) (*trt.GetVideoSourceConfigurationsResponse, error) {
	return &trt.GetVideoSourceConfigurationsResponse{Configurations: sourceConfigurations(c)}, nil
}

// getCompatibleVideoSourceConfigurations lists those a profile can take: all.
// Media 5.4.3; READ_MEDIA.
func getCompatibleVideoSourceConfigurations(c *svc.Call, req *trt.GetCompatibleVideoSourceConfigurations) (*trt.GetCompatibleVideoSourceConfigurationsResponse, error) {
	if _, err := c.MediaProfile(req.ProfileToken); err != nil {
		return nil, err
	}
	return &trt.GetCompatibleVideoSourceConfigurationsResponse{Configurations: sourceConfigurations(c)}, nil
}

// getVideoSourceConfiguration answers one. Media 5.4.2; READ_MEDIA.
func getVideoSourceConfiguration(c *svc.Call, req *trt.GetVideoSourceConfiguration) (*trt.GetVideoSourceConfigurationResponse, error) {
	v := c.VideoSourceConfiguration(req.ConfigurationToken)
	if v == nil {
		return nil, noConfig(req.ConfigurationToken)
	}
	return &trt.GetVideoSourceConfigurationResponse{Configuration: *v}, nil
}

func encoderConfigurations(c *svc.Call) []tt.VideoEncoderConfiguration {
	var list []tt.VideoEncoderConfiguration
	for _, e := range c.View().Media.Encoders {
		if v := encoder(c, e.Token); v != nil {
			list = append(list, *v)
		}
	}
	return list
}

// getVideoEncoderConfigurations lists them all. Media 5.5.1; READ_MEDIA.
func getVideoEncoderConfigurations(c *svc.Call, _ *trt.GetVideoEncoderConfigurations) (*trt.GetVideoEncoderConfigurationsResponse, error) {
	return &trt.GetVideoEncoderConfigurationsResponse{Configurations: encoderConfigurations(c)}, nil
}

// getCompatibleVideoEncoderConfigurations lists those a profile can take: all.
// Media 5.5.3; READ_MEDIA.
func getCompatibleVideoEncoderConfigurations(c *svc.Call, req *trt.GetCompatibleVideoEncoderConfigurations) (*trt.GetCompatibleVideoEncoderConfigurationsResponse, error) {
	if _, err := c.MediaProfile(req.ProfileToken); err != nil {
		return nil, err
	}
	return &trt.GetCompatibleVideoEncoderConfigurationsResponse{Configurations: encoderConfigurations(c)}, nil
}

// getVideoEncoderConfiguration answers one. Media 5.5.2; READ_MEDIA.
func getVideoEncoderConfiguration(c *svc.Call, req *trt.GetVideoEncoderConfiguration) (*trt.GetVideoEncoderConfigurationResponse, error) {
	v := encoder(c, req.ConfigurationToken)
	if v == nil {
		return nil, noConfig(req.ConfigurationToken)
	}
	return &trt.GetVideoEncoderConfigurationResponse{Configuration: *v}, nil
}

// encoder is an encoder configuration in the words of ver10; nil if there is
// none with that token, or if ver10 has no word for its encoding.
func encoder(c *svc.Call, token string) *tt.VideoEncoderConfiguration {
	m := c.View().Media
	e, ok := m.Encoder(token)
	if !ok || e.Encoding != string(tt.VideoEncodingH264) && e.Encoding != string(tt.VideoEncodingJPEG) {
		return nil
	}
	v := &tt.VideoEncoderConfiguration{
		Token: e.Token, Name: e.Name, UseCount: m.UseCount(e.Token),
		Encoding: tt.VideoEncoding(e.Encoding), Quality: e.Quality,
		Resolution: tt.VideoResolution{Width: e.Width, Height: e.Height},
		RateControl: &tt.VideoRateControl{
			FrameRateLimit: int(math.Round(e.FrameRate)), EncodingInterval: 1, BitrateLimit: e.BitRate,
		},
		// No multicast: the type has no way to leave it out.
		Multicast:      tt.MulticastConfiguration{Address: tt.IPAddress{Type: tt.IPTypeIPv4, IPv4Address: svc.Ref("0.0.0.0")}},
		SessionTimeout: soap.DurationOf(time.Duration(e.SessionTimeout) * time.Second),
	}
	if v.Encoding == tt.VideoEncodingH264 {
		v.H264 = &tt.H264Configuration{GovLength: e.GovLength, H264Profile: tt.H264Profile(e.Profile)}
	}
	return v
}

func noConfig(token string) error {
	return fmt.Errorf("configuration %.64q: %w", token, svc.ErrNoConfig)
}
