// Package media2 is the Media2 Service (Media2 Service Specification).
package media2

import (
	"github.com/camfleet/camfleet/sim/internal/device"
	"github.com/camfleet/camfleet/sim/internal/onvif/tr2"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/svc"
)

// Namespace is the service's target namespace.
const Namespace = "http://www.onvif.org/ver20/media/wsdl"

// Service describes the service to the camera.
func Service() svc.Service {
	return svc.Service{
		Name: "media2", Namespace: Namespace, Path: "/onvif/media2_service",
		Version:          svc.Release,
		Capabilities:     func(c *svc.Call) any { return capabilities(c) },
		CapabilitiesName: soap.QName{Space: Namespace, Local: "Capabilities"},
		Entries:          handlers().Entries(),
		Fault:            svc.MediaFaults().Of,
	}
}

// handlers is the whole table: a field left out answers ter:ActionNotSupported.
func handlers() tr2.Handlers[*svc.Call] {
	return tr2.Handlers[*svc.Call]{
		GetServiceCapabilities:              getServiceCapabilities,
		GetProfiles:                         getProfiles,
		GetStreamUri:                        getStreamURI,
		GetSnapshotUri:                      getSnapshotURI,
		SetSynchronizationPoint:             setSynchronizationPoint,
		GetVideoSourceConfigurations:        getVideoSourceConfigurations,
		GetVideoEncoderConfigurations:       getVideoEncoderConfigurations,
		SetVideoEncoderConfiguration:        setVideoEncoderConfiguration,
		GetVideoEncoderConfigurationOptions: getVideoEncoderConfigurationOptions,
		GetVideoEncoderInstances:            getVideoEncoderInstances,
	}
}

// getServiceCapabilities answers what the service offers. Media2 5.13; PRE_AUTH.
func getServiceCapabilities(c *svc.Call, _ *tr2.GetServiceCapabilities) (*tr2.GetServiceCapabilitiesResponse, error) {
	return &tr2.GetServiceCapabilitiesResponse{Capabilities: *capabilities(c)}, nil
}

func capabilities(c *svc.Call) *tr2.Capabilities2 {
	rtsps, _ := c.View().Device.Network.Protocol(device.RTSPS)
	return &tr2.Capabilities2{
		SnapshotUri: svc.Ref(c.Simulated("tr2:GetSnapshotUri")), Rotation: svc.Ref(false),
		VideoSourceMode: svc.Ref(false), OSD: svc.Ref(false), Mask: svc.Ref(false),
		ProfileCapabilities: tr2.ProfileCapabilities{
			MaximumNumberOfProfiles: svc.Ref(c.MaxProfiles("tr2")),
			ConfigurationsSupported: configurable(c),
		},
		StreamingCapabilities: tr2.StreamingCapabilities{
			RTSPStreaming: svc.Ref(c.Streams() && c.SimulatedAll("tr2:GetStreamUri", "tr2:SetSynchronizationPoint")),
			RTPMulticast:  svc.Ref(false), RTPRTSPTCP: svc.Ref(c.Streams()),
			NonAggregateControl: svc.Ref(false), AutoStartMulticast: svc.Ref(false),
			SecureRTSPStreaming: svc.Ref(rtsps.Enabled), RTSPWebSocketUri: c.WebSocketURI(),
		},
	}
}

// configurable lists the kinds of configurations that clients can work with: all
// that Media2 5.3 asks for such a kind is simulated.
func configurable(c *svc.Call) []string {
	var list []string
	if c.SimulatedAll("tr2:GetVideoSourceConfigurations", "tr2:SetVideoSourceConfiguration", "tr2:GetVideoSourceConfigurationOptions") {
		list = append(list, "VideoSource")
	}
	if c.SimulatedAll("tr2:GetVideoEncoderConfigurations", "tr2:SetVideoEncoderConfiguration",
		"tr2:GetVideoEncoderConfigurationOptions", "tr2:GetVideoEncoderInstances") {
		list = append(list, "VideoEncoder")
	}
	return list
}
