package media

import (
	"fmt"

	"github.com/camfleet/camfleet/sim/internal/mediacfg"
	"github.com/camfleet/camfleet/sim/internal/onvif/trt"
	"github.com/camfleet/camfleet/sim/internal/onvif/tt"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// getProfiles lists the media profiles. Media 5.2.2; READ_MEDIA.
func getProfiles(c *svc.Call, _ *trt.GetProfiles) (*trt.GetProfilesResponse, error) {
	resp := &trt.GetProfilesResponse{}
	for _, p := range c.View().Media.Profiles {
		resp.Profiles = append(resp.Profiles, profile(c, p))
	}
	return resp, nil
}

// getProfile answers one profile. Media 5.2.3; READ_MEDIA.
func getProfile(c *svc.Call, req *trt.GetProfile) (*trt.GetProfileResponse, error) {
	p, err := c.MediaProfile(req.ProfileToken)
	if err != nil {
		return nil, err
	}
	return &trt.GetProfileResponse{Profile: profile(c, p)}, nil
}

func profile(c *svc.Call, p mediacfg.Profile) tt.Profile {
	return tt.Profile{
		Token: p.Token, Name: p.Name, Fixed: svc.Ref(p.Fixed),
		VideoSourceConfiguration:  c.VideoSourceConfiguration(p.VideoSource),
		VideoEncoderConfiguration: encoder(c, p.VideoEncoder),
	}
}

// getStreamURI answers where a profile is streamed. Media 5.15.1; READ_MEDIA.
func getStreamURI(c *svc.Call, req *trt.GetStreamUri) (*trt.GetStreamUriResponse, error) {
	if req.StreamSetup.Stream != tt.StreamTypeRTPUnicast { // multicast is not simulated
		if _, err := c.MediaProfile(req.ProfileToken); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s over %s: %w", req.StreamSetup.Stream, req.StreamSetup.Transport.Protocol, svc.ErrStreamKind)
	}
	var uri string
	var err error
	if req.StreamSetup.Transport.Protocol == tt.TransportProtocolHTTP {
		uri, err = c.TunnelURI(req.ProfileToken)
	} else {
		uri, err = c.StreamURI(req.ProfileToken, false)
	}
	if err != nil {
		return nil, err
	}
	return &trt.GetStreamUriResponse{MediaUri: tt.MediaUri{Uri: uri}}, nil
}

// getSnapshotURI answers where a profile's still picture is. Media 5.16.1;
// READ_MEDIA.
func getSnapshotURI(c *svc.Call, req *trt.GetSnapshotUri) (*trt.GetSnapshotUriResponse, error) {
	uri, err := c.SnapshotURI(req.ProfileToken)
	if err != nil {
		return nil, err
	}
	return &trt.GetSnapshotUriResponse{MediaUri: tt.MediaUri{Uri: uri}}, nil
}

// setSynchronizationPoint asks for a key picture. Media 5.18.1; ACTUATE.
func setSynchronizationPoint(c *svc.Call, req *trt.SetSynchronizationPoint) (*trt.SetSynchronizationPointResponse, error) {
	return &trt.SetSynchronizationPointResponse{}, c.KeyPicture(req.ProfileToken)
}
