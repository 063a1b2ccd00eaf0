package camera

import (
	"strconv"
	"sync"
	"time"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/event"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// SpaceTopics is the namespace of the topics that are camfleet's own: ONVIF has
// none for wrong passwords (Core 9.6.1 lets a maker add some).
const SpaceTopics = "http://camfleet.github.io/topics"

// failureTopic tells of many wrong passwords (Core 8.5.7), lockoutTopic of an
// account or an address that is closed for a while.
func failureTopic() event.Topic {
	return event.Topic{
		Path: ownTopic("AuthenticationFailures"),
		Data: []event.ItemDescription{{Name: "Failures", Type: soap.Name("xs:int")}, {Name: "Period", Type: soap.Name("xs:int")}},
	}
}

func lockoutTopic() event.Topic {
	return event.Topic{
		Path:   ownTopic("Lockout"),
		Source: []event.ItemDescription{{Name: "Address", Type: soap.Name("xs:string")}},
		Data: []event.ItemDescription{
			{Name: "Closed", Type: soap.Name("xs:string")}, {Name: "UserName", Type: soap.Name("xs:string")}, {Name: "Until", Type: soap.Name("xs:dateTime")},
		},
	}
}

// ownTopic is a topic of camfleet below ONVIF's tns1:Monitoring.
func ownTopic(name string) event.Path {
	return append(event.NewPath(event.SpaceTopics, "Monitoring"), soap.QName{Space: SpaceTopics, Local: name})
}

// warnings count wrong passwords and tell of them.
type warnings struct {
	run *run

	mu       sync.Mutex
	failures int
	since    time.Time
}

// announce makes the topics known that can occur.
func (w *warnings) announce(b *event.Broker) error {
	var topics []event.Topic
	if w.run.services.camera.Simulated("tds:SetAuthFailureWarningConfiguration") {
		topics = append(topics, failureTopic())
	}
	if w.run.camera.config.Profile.Auth.Backoff.Enabled {
		topics = append(topics, lockoutTopic())
	}
	return b.Announce(topics...)
}

// failed takes note of a wrong password.
func (w *warnings) failed(f auth.Failure) {
	var out []event.Message
	if n, period := w.count(f.At); n > 0 {
		out = append(out, event.Message{Topic: failureTopic().Path.String(), Data: []event.Item{
			{Name: "Failures", Value: strconv.Itoa(n)}, {Name: "Period", Value: strconv.Itoa(period)},
		}})
	}
	if !f.AccountClosed.IsZero() {
		out = append(out, lockout(f, "Account", f.AccountClosed))
	}
	if !f.AddressClosed.IsZero() {
		out = append(out, lockout(f, "Address", f.AddressClosed))
	}
	if len(out) == 0 {
		return
	}
	log := w.run.camera.log
	log.Warn("wrong passwords", "peer", f.Peer, "account", !f.AccountClosed.IsZero(), "address", !f.AddressClosed.IsZero())
	if err := w.run.services.broker.Publish(out...); err != nil {
		log.Info("nobody is told of wrong passwords", "error", err)
	}
}

// lockout is the message of one lock. The name is told only where it is a
// user's: people type passwords where names belong.
func lockout(f auth.Failure, what string, until time.Time) event.Message {
	name := ""
	if f.Known {
		name = f.User
	}
	return event.Message{
		Topic: lockoutTopic().Path.String(), Source: []event.Item{{Name: "Address", Value: f.Peer}},
		Data: []event.Item{
			{Name: "Closed", Value: what}, {Name: "UserName", Value: name}, {Name: "Until", Value: soap.FormatTime(until.Truncate(time.Millisecond))},
		},
	}
}

// count returns how many failures there were in how many seconds, once they are
// as many as a client wants to be told of; else 0.
func (w *warnings) count(now time.Time) (failures, period int) {
	wanted := w.run.camera.config.State.View().Users.Warning
	if !wanted.Enabled {
		return 0, 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if age := now.Sub(w.since); age < 0 || age > time.Duration(wanted.Period)*time.Second {
		w.failures, w.since = 0, now
	}
	w.failures++
	if w.failures < wanted.MaxFailures {
		return 0, 0
	}
	failures, w.failures, w.since = w.failures, 0, now
	return failures, wanted.Period
}
