package api

import (
	"errors"
	"strings"
	"testing"
)

func TestConfigLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		config Config
		field  string // of the mistake; empty: none
	}{
		{"zero value", Config{}, ""},
		{"most cameras", Config{N: MaxCameras}, ""},
		{"one more", Config{N: MaxCameras + 1}, "n"},
		{"fewer than none", Config{N: -1}, "n"},
		{"last port", Config{BasePort: 65535}, ""},
		{"one more", Config{BasePort: 65536}, "base-port"},
		{"negative port", Config{BasePort: -1}, "base-port"},
		{"block that just fits", Config{N: 1, BasePort: 65535 - 2*PortsPer + 1}, ""},
		{"block that does not", Config{N: 1, BasePort: 65535 - 2*PortsPer + 2}, "base-port"},
		{"blocks that just fit", Config{N: 4552, BasePort: 20000}, ""},
		{"blocks that do not", Config{N: 4553, BasePort: 20000}, "base-port"},
		{"blocks do not matter with addresses", Config{N: 4553, BasePort: 20000, Addresses: "127.20.0.0/16"}, ""},
		{"network that just fits", Config{N: 254, Addresses: "127.20.0.0/24"}, ""},
		{"network that does not", Config{N: 255, Addresses: "127.20.0.0/24"}, "addresses"},
		{"network without hosts", Config{N: 1, Addresses: "127.20.0.1/32"}, "addresses"},
		{"IPv6 network", Config{N: 1000, Addresses: "fd00::/64"}, ""},
		{"everything", Config{N: 1000, Addresses: "0.0.0.0/0"}, ""},
		{"IPv6 address", Config{Bind: "::1"}, ""},
		{"name", Config{Bind: "localhost"}, "bind"},
		{"IPv6 control", Config{Control: "[::1]:8800"}, ""},
		{"control by name", Config{Control: "localhost:0"}, ""},
		{"control by another name", Config{Control: "example.org:80"}, "control"},
		{"control without host", Config{Control: ":8800"}, "control"},
		{"control with a wrong port", Config{Control: "127.0.0.1:65536"}, "control"},
		{"longest password", Config{Password: strings.Repeat("x", MaxPassword)}, ""},
		{"longer password", Config{Password: strings.Repeat("x", MaxPassword+1)}, "password"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.config.Validate()
			var bad *ConfigError
			switch {
			case tt.field == "" && err != nil:
				t.Error(err)
			case tt.field != "" && (!errors.As(err, &bad) || bad.Field != tt.field || bad.Hint == ""):
				t.Errorf("%v, want a mistake in %s", err, tt.field)
			}
			if err != nil && tt.config.Password != "" && strings.Contains(err.Error(), tt.config.Password) {
				t.Error("the password got out")
			}
		})
	}
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	err := Config{N: -1, Bind: "x", BasePort: -1, Addresses: "x", Control: "x"}.Validate()
	if got := strings.Count(err.Error(), "\n") + 1; got != 5 {
		t.Errorf("%d mistakes: %v", got, err)
	}
}
