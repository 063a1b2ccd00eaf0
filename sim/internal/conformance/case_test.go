package conformance

import (
	"fmt"
	"slices"
	"strings"
)

// testCase is one case of a test specification.
type testCase struct {
	id    string // as the specification names it
	title string // what it is about, in a few words of our own
	needs []need // all of which a device has to have
	run   func(s *session)
}

// section is the cases of one test specification, in its order.
type section struct {
	name, title string
	// counted says in README.md how many cases there are: "%d of the Event service".
	counted string
	cases   []testCase
	// apart are the cases that cannot be run on any camera there is.
	apart []exception
}

// exception is cases that apply to no profile, and why.
type exception struct {
	ids string // with spaces between
	why string
	// lacks are operations that the cases need and no profile simulates.
	lacks []string
}

// need is something a device has or has not, as it signals it.
type need struct {
	name string
	met  func(f *features) bool
}

// missing are the needs of a case that a device does not meet.
func (c testCase) missing(f *features) []string {
	var names []string
	for _, n := range c.needs {
		if !n.met(f) {
			names = append(names, n.name)
		}
	}
	return names
}

// with adds needs to every case of a list.
func with(list []testCase, needs ...need) []testCase {
	for i := range list {
		list[i].needs = slices.Concat(needs, list[i].needs)
	}
	return list
}

// capability is one that is signalled as neither false, 0 nor nothing. The path
// starts with the prefix of the service; a word of a list may follow "=".
func capability(path string) need {
	path, word, isList := strings.Cut(path, "=")
	name := path[strings.LastIndex(path, "/")+1:]
	if isList {
		return need{name + " " + word, func(f *features) bool { return slices.Contains(strings.Fields(f.capabilities[path]), word) }}
	}
	return need{name, func(f *features) bool {
		value := f.capabilities[path]
		return value != "" && value != "false" && value != "0"
	}}
}

// atLeast is a capability that is a number not below n.
func atLeast(path string, n int) need {
	return need{path[strings.LastIndex(path, "/")+1:] + " ≥ " + itoa(n), func(f *features) bool { return f.number(path) >= n }}
}

// operations are simulated and not switched off.
func operations(names ...string) need {
	return need{strings.Join(names, ", "), func(f *features) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return !f.simulated[name] })
	}}
}

// release is one of the Security service, or a later one: 2506 is 25.06.
func release(n int) need {
	return need{fmt.Sprintf("release %d.%02d", n/100, n%100), func(f *features) bool { return f.release >= n }}
}

// service is one that GetServices lists, by its prefix.
func service(prefix, name string) need {
	return need{name + " service", func(f *features) bool { return f.addresses[prefix] != "" }}
}

// topic is one that GetEventProperties lists.
func topic(name string) need {
	return need{name, func(f *features) bool { return f.topics[name] }}
}
