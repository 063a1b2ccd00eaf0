package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClientFindsItsAddress(t *testing.T) {
	t.Parallel()
	tests := []struct{ control, want string }{
		{"127.0.0.1:8800", "http://127.0.0.1:8800"},
		{"0.0.0.0:8800", "http://127.0.0.1:8800"},
		{"[::]:8800", "http://127.0.0.1:8800"},
		{"cameras.example:80", "http://cameras.example:80"},
		{"http://127.0.0.1:8800/", "http://127.0.0.1:8800"},
		{"https://cameras.example/fleet/", "https://cameras.example/fleet"},
		{"8800", ""}, {"127.0.0.1", ""}, {":8800", ""}, {"127.0.0.1:0", ""}, {"ftp://127.0.0.1", ""}, {"http://", ""}, {"http://a b", ""}, {"", ""},
	}
	for _, tt := range tests {
		t.Run(tt.control, func(t *testing.T) {
			t.Parallel()
			c, err := NewClient(tt.control, "", nil)
			var bad *ConfigError
			switch {
			case tt.want == "" && (!errors.As(err, &bad) || bad.Field != "control"):
				t.Errorf("%v", err)
			case tt.want != "" && (err != nil || c.Address() != tt.want):
				t.Errorf("%v %+v", err, c)
			}
		})
	}
}

func TestClientTellsRefusalFromSilence(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t" {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":"no token","field":"Authorization","hint":"send it"}`))
			return
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	defer s.Close()
	for token, want := range map[string]string{"": "Authorization: no token; send it", "t": "HTTP status 418 I'm a teapot"} {
		c, err := NewClient(s.URL, token, s.Client())
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Fleet(t.Context())
		var refused *RequestError
		if !errors.As(err, &refused) || errors.Is(err, ErrNoFleet) {
			t.Fatalf("%v", err)
		}
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	c, err := NewClient("127.0.0.1:1", "", s.Client())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Ready(t.Context()); !errors.Is(err, ErrNoFleet) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.CA(ctx, "", false); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
