// Package media is the Media Service of ver10 (Media Service Specification),
// which older clients use. It shows the same configurations as Media2.
package media

import (
	"github.com/camfleet/camfleet/sim/internal/onvif/trt"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// Namespace is the service's target namespace.
const Namespace = "http://www.onvif.org/ver10/media/wsdl"

// Service describes the service to the camera.
func Service() svc.Service {
	return svc.Service{
		Name: "media", Namespace: Namespace, Path: "/onvif/media_service",
		Version:          svc.Release,
		Capabilities:     func(c *svc.Call) any { return capabilities(c) },
		CapabilitiesName: soap.QName{Space: Namespace, Local: "Capabilities"},
		Entries:          handlers().Entries(),
		Fault:            svc.MediaFaults().Of,
	}
}

// handlers is the whole table: a field left out answers ter:ActionNotSupported.
func handlers() trt.Handlers[*svc.Call] {
	return trt.Handlers[*svc.Call]{
		GetServiceCapabilities:                  getServiceCapabilities,
		GetProfiles:                             getProfiles,
		GetProfile:                              getProfile,
		GetStreamUri:                            getStreamURI,
		GetSnapshotUri:                          getSnapshotURI,
		SetSynchronizationPoint:                 setSynchronizationPoint,
		GetVideoSources:                         getVideoSources,
		GetVideoSourceConfigurations:            getVideoSourceConfigurations,
		GetVideoSourceConfiguration:             getVideoSourceConfiguration,
		GetCompatibleVideoSourceConfigurations:  getCompatibleVideoSourceConfigurations,
		GetVideoEncoderConfigurations:           getVideoEncoderConfigurations,
		GetVideoEncoderConfiguration:            getVideoEncoderConfiguration,
		GetCompatibleVideoEncoderConfigurations: getCompatibleVideoEncoderConfigurations,
	}
}

// getServiceCapabilities answers what the service offers. Media 5.21; PRE_AUTH.
func getServiceCapabilities(c *svc.Call, _ *trt.GetServiceCapabilities) (*trt.GetServiceCapabilitiesResponse, error) {
	return &trt.GetServiceCapabilitiesResponse{Capabilities: *capabilities(c)}, nil
}

func capabilities(c *svc.Call) *trt.Capabilities {
	caps := &trt.Capabilities{
		SnapshotUri: svc.Ref(c.Simulated("trt:GetSnapshotUri")), Rotation: svc.Ref(false),
		VideoSourceMode: svc.Ref(false), OSD: svc.Ref(false),
		ProfileCapabilities: trt.ProfileCapabilities{MaximumNumberOfProfiles: svc.Ref(c.MaxProfiles("trt"))},
		StreamingCapabilities: trt.StreamingCapabilities{
			RTPMulticast: svc.Ref(false), RTPTCP: svc.Ref(false), RTPRTSPTCP: svc.Ref(c.Streams()),
			NonAggregateControl: svc.Ref(false),
		},
	}
	if !c.Streams() || !c.SimulatedAll("trt:GetStreamUri", "trt:SetSynchronizationPoint") {
		caps.StreamingCapabilities.NoRTSPStreaming = svc.Ref(true)
	}
	return caps
}
