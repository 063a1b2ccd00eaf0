package events

import (
	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/state"
	"time"
)

// source is one topic and the function that makes its messages of a change of
// the camera's state. Adding an event that follows from the state is adding a
// row to sources.
type source struct {
	topic event.Topic
	// needs are operations ("tr2:CreateProfile") any of which can make it
	// occur; if none of them is simulated the topic is not announced. Empty:
	// it always can.
	needs []string
	// follow returns the items of the messages that follow from a change. At
	// power-on before is nil, and properties tell what they are.
	follow func(before, after *state.Tree) []event.Message
}

// sources are all events that follow from the state.
func sources() []source {
	return []source{
		{
			topic: status("LastReboot"), // Core 8.9.4
			follow: func(before, after *state.Tree) []event.Message {
				return instant(before, after, func(t *state.Tree) time.Time { return t.Device.Boot.LastReboot })
			},
		},
		{
			topic: status("LastClockSynchronization"), // Core 8.9.4
			needs: []string{"tds:SetSystemDateAndTime"},
			follow: func(before, after *state.Tree) []event.Message {
				return instant(before, after, func(t *state.Tree) time.Time { return t.Device.Boot.LastClockSync })
			},
		},
		{
			topic: event.Topic{ // Security 5.9.1
				Path:   event.NewPath(event.SpaceTopics, "Advancedsecurity", "Keystore", "KeyStatus"),
				Source: described("KeyID", "tas:KeyID"),
				Data:   described("OldStatus", "tas:KeyStatus", "NewStatus", "tas:KeyStatus"),
			},
			needs:  []string{"tas:CreateRSAKeyPair", "tas:CreateECCKeyPair"},
			follow: keyStatus,
		},
		{
			topic: event.Topic{ // Media2, profile changed
				Path:   event.NewPath(event.SpaceTopics, "Media", "ProfileChanged"),
				Source: described("Token", "tt:ReferenceToken"),
			},
			needs: []string{
				"tr2:CreateProfile", "tr2:DeleteProfile", "tr2:AddConfiguration", "tr2:RemoveConfiguration",
				"trt:CreateProfile", "trt:DeleteProfile", "trt:AddVideoEncoderConfiguration", "trt:AddVideoSourceConfiguration",
			},
			follow: profileChanged,
		},
		{
			topic: event.Topic{ // Media2, configuration changed
				Path:   event.NewPath(event.SpaceTopics, "Media", "ConfigurationChanged"),
				Source: described("Token", "tt:ReferenceToken", "Type", "xs:string"),
			},
			needs: []string{
				"tr2:SetVideoEncoderConfiguration", "tr2:SetVideoSourceConfiguration",
				"trt:SetVideoEncoderConfiguration", "trt:SetVideoSourceConfiguration",
			},
			follow: configurationChanged,
		},
	}
}

// described makes item descriptions of names and types in turn.
func described(namesAndTypes ...string) []event.ItemDescription {
	var out []event.ItemDescription
	for i := 0; i+1 < len(namesAndTypes); i += 2 {
		out = append(out, event.ItemDescription{Name: namesAndTypes[i], Type: soap.Name(namesAndTypes[i+1])})
	}
	return out
}

// status is a topic of Core 8.9.4: a property that is an instant.
func status(name string) event.Topic {
	return event.Topic{
		Path:     event.NewPath(event.SpaceTopics, "Monitoring", "OperatingTime", name),
		Property: true, Data: described("Status", "xs:dateTime"),
	}
}

// instant tells an instant of the fleet's clock, as the camera's clock shows
// it, when it has changed. What never happened was in 1970 (Core 8.9.4).
func instant(before, after *state.Tree, of func(*state.Tree) time.Time) []event.Message {
	at := of(after)
	if before != nil && of(before).Equal(at) {
		return nil
	}
	if at.IsZero() {
		at = time.Unix(0, 0)
	} else {
		at = at.Add(after.Device.Time.Offset)
	}
	value := soap.FormatTime(at.Truncate(time.Millisecond))
	return []event.Message{{Data: []event.Item{{Name: "Status", Value: value}}}}
}

// keyStatus tells the status of a key that is being generated, and each change
// of a key's status. Security 5.9.1.
func keyStatus(before, after *state.Tree) []event.Message {
	if before == nil || before.Keystore == after.Keystore {
		return nil
	}
	old := map[string]keystore.KeyStatus{}
	for _, k := range before.Keystore.Keys {
		old[k.ID] = k.Status
	}
	var out []event.Message
	for _, k := range after.Keystore.Keys {
		was, known := old[k.ID]
		if was == k.Status || !known && k.Status != keystore.StatusGenerating {
			continue
		}
		m := event.Message{Source: []event.Item{{Name: "KeyID", Value: k.ID}}}
		if known {
			m.Data = append(m.Data, event.Item{Name: "OldStatus", Value: string(was)})
		}
		m.Data = append(m.Data, event.Item{Name: "NewStatus", Value: string(k.Status)})
		out = append(out, m)
	}
	return out
}

// profileChanged tells which media profiles are new, gone or different.
func profileChanged(before, after *state.Tree) []event.Message {
	if before == nil || before.Media == after.Media {
		return nil
	}
	var out []event.Message
	tell := func(token string) {
		out = append(out, event.Message{Source: []event.Item{{Name: "Token", Value: token}}})
	}
	for _, p := range after.Media.Profiles {
		if old, ok := before.Media.Profile(p.Token); !ok || old != p {
			tell(p.Token)
		}
	}
	for _, p := range before.Media.Profiles {
		if _, ok := after.Media.Profile(p.Token); !ok {
			tell(p.Token)
		}
	}
	return out
}

// configurationChanged tells which configurations are different.
func configurationChanged(before, after *state.Tree) []event.Message {
	if before == nil || before.Media == after.Media {
		return nil
	}
	var out []event.Message
	tell := func(kind, token string) {
		out = append(out, event.Message{Source: []event.Item{{Name: "Token", Value: token}, {Name: "Type", Value: kind}}})
	}
	for _, v := range after.Media.SourceConfigurations {
		if old, ok := before.Media.SourceConfiguration(v.Token); ok && old != v {
			tell("VideoSource", v.Token)
		}
	}
	for _, e := range after.Media.Encoders {
		if old, ok := before.Media.Encoder(e.Token); ok && old != e {
			tell("VideoEncoder", e.Token)
		}
	}
	return out
}
