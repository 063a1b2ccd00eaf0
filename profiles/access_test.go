package profiles_test

import (
	"strings"
	"testing"

	"github.com/camfleet/camfleet/profiles"
)

// TestAccessSettingsAreChecked: what a profile says of who gets in.
func TestAccessSettingsAreChecked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{ // "" is a good one
		"access: {classes: {read_media: Anonymous}}":                                                                     "",
		"access: {classes: {read_media: Nobody}}":                                                                        "Nobody",
		"access: {classes: {read_medium: User}}":                                                                         "read_medium",
		"access: {operations: [{operation: 'tds:GetUsers', level: User}]}":                                               "",
		"access: {operations: [{operation: GetUsers, level: User}]}":                                                     "GetUsers",
		"access: {operations: [{operation: 'tds:GetUsers', level: User}, {operation: 'tds:GetUsers', level: Operator}]}": "twice",
		"backoff: {enabled: true, account_failures: 1000, address_failures: 10000}":                                      "",
		"backoff: {enabled: true, account_failures: 1001}":                                                               "1000",
		"backoff: {enabled: true, first: 10s, longest: 5s}":                                                              "longer than",
		"basic: true":                                            "",
		"before_first_user: create_users":                        "",
		"before_first_user: nothing":                             "nothing",
		"digest: {algorithms: [MD5, MD5-sess], user_hash: true}": "",
		"digest: {algorithms: [MD5, SHA-512]}":                   "SHA-512",
		"username_token: {password_text: true}":                  "",
	} {
		p, err := profiles.Parse("test.yaml", []byte("extends: flagship\nauth: {"+text+"}\n"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		if err == nil && strings.HasPrefix(text, "access") == p.Auth.Access.Default() {
			t.Errorf("%s: is the default policy: %v", text, p.Auth.Access.Default())
		}
	}
	if _, err := profiles.Parse("test.yaml", []byte("extends: flagship\nnetwork: {protocols: {https: false, rtsps: false}}\nauth: {basic: true, jwt: {enabled: false}}\n")); err == nil {
		t.Error("Basic without TLS is good")
	}
}
