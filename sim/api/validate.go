package api

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// Limits of a [Config].
const (
	MaxCameras  = 10000 // cameras of one fleet
	MaxPassword = 128   // bytes of the password
	PortsPer    = 10    // ports from one camera's block to the next
)

// Validate reports every mistake that can be seen without touching the machine,
// as *[ConfigError] values joined with errors.Join.
func (c Config) Validate() error {
	var all []error
	add := func(field, hint, text string, args ...any) {
		all = append(all, &ConfigError{Field: field, Text: fmt.Sprintf(text, args...), Hint: hint})
	}
	switch {
	case c.N < 0:
		add("n", "give 1 or more", "%d cameras cannot be started", c.N)
	case c.N > MaxCameras:
		add("n", fmt.Sprintf("give at most %d", MaxCameras), "%d cameras are too many for one process", c.N)
	}
	if c.Bind != "" {
		if _, err := netip.ParseAddr(c.Bind); err != nil {
			add("bind", "give one such as 127.0.0.1 or 0.0.0.0", "%q is no IP address", c.Bind)
		}
	}
	c.validatePorts(add)
	c.validateAddresses(add)
	if c.Control != "" {
		if reason := badHostPort(c.Control); reason != "" {
			add("control", "give HOST:PORT such as 127.0.0.1:8800; port 0 lets the system pick", "%q: %s", c.Control, reason)
		}
	}
	if len(c.Password) > MaxPassword {
		add("password", fmt.Sprintf("give at most %d bytes", MaxPassword), "the password is too long")
	}
	return errors.Join(all...)
}

// addMistake is how the parts of Validate report.
type addMistake = func(field, hint, text string, args ...any)

// validatePorts checks that the last camera's block ends within the ports there are.
func (c Config) validatePorts(add addMistake) {
	const last = 65535
	if c.BasePort < 0 || c.BasePort > last {
		add("base-port", "give 0 (the system picks) to 65535", "%d is no port", c.BasePort)
		return
	}
	if c.BasePort == 0 || c.Addresses != "" || c.N < 1 || c.N > MaxCameras {
		return
	}
	if c.BasePort+PortsPer*c.N+PortsPer-1 > last {
		fit := (last - PortsPer + 1 - c.BasePort) / PortsPer
		hint := fmt.Sprintf("start at most %d, give a lower --base-port, or let the system pick with --base-port 0", fit)
		if fit < 1 {
			hint = "give a lower one, or 0 to let the system pick"
		}
		add("base-port", hint, "from port %d on there are not %d ports for each of %d cameras", c.BasePort, PortsPer, c.N)
	}
}

// validateAddresses checks that the network has a host address for each camera.
func (c Config) validateAddresses(add addMistake) {
	if c.Addresses == "" {
		return
	}
	const hint = "give one such as 127.20.0.0/16"
	network, err := netip.ParsePrefix(c.Addresses)
	if err != nil {
		add("addresses", hint, "%q is no network in CIDR notation", c.Addresses)
		return
	}
	if network != network.Masked() {
		add("addresses", "give "+network.Masked().String(), "%s has bits set beyond its prefix", c.Addresses)
		return
	}
	bits := network.Addr().BitLen() - network.Bits()
	if bits < 24 && c.N > 1<<bits-2 {
		add("addresses", hint, "%s has %d host addresses for %d cameras", c.Addresses, max(0, 1<<bits-2), c.N)
	}
}

// badHostPort says what is wrong with HOST:PORT, or nothing.
func badHostPort(s string) string {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return "host and port are wanted"
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Sprintf("%q is no port", port)
	}
	if host == "" {
		return "the host is missing"
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "localhost" {
		return fmt.Sprintf("%q is no IP address", host)
	}
	return ""
}
