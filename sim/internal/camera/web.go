package camera

import (
	"bytes"
	"context"
	"net/http"

	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/oauth"
	"github.com/camfleet/camfleet/sim/internal/web"
)

// page is what the camera's web page knows of its camera.
type page struct{ run *run }

func newPage(r *run) *web.Site {
	c := r.camera
	return web.New(web.Config{Camera: page{r}, Clock: c.config.Clock, Random: c.fresh("web"), Log: c.log})
}

// servePage answers with the page, as slowly as any answer may be taken.
func (r *run) servePage(w http.ResponseWriter, req *http.Request) {
	held := held{header: w.Header(), status: http.StatusOK}
	r.page.ServeHTTP(&held, req)
	r.send(w, held.status, held.body.Bytes())
}

// held is an answer before it is sent.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *held) Header() http.Header { return h.header }

func (h *held) WriteHeader(status int) { h.status = status }

func (h *held) Write(b []byte) (int, error) { return h.body.Write(b) }

func (p page) Names() (manufacturer, model, serial string) {
	i := p.run.camera.config.State.View().Device.Identity
	return i.Manufacturer, i.Model, i.SerialNumber
}

// Servers are the authorization servers that users sign in at.
func (p page) Servers() []web.Server {
	var list []web.Server
	for _, s := range p.run.camera.config.State.View().Keystore.Authorization {
		if s.Type != oauth.ClientCredentials {
			list = append(list, web.Server{Token: s.Token, URI: s.ServerURI})
		}
	}
	return list
}

func (p page) Client(token string) (*oauth.Client, error) {
	keys := p.run.camera.config.State.View().Keystore
	server, err := keys.AuthServer(token)
	if err != nil {
		return nil, err
	}
	return p.run.camera.oauthClient(keys, server)
}

func (p page) Identify(q auth.Request) (auth.Identity, error) { return settled{p.run}.Identify(q) }

func (p page) Media(id auth.Identity) bool { return p.run.access.snapshot(id) }

func (p page) Streams() []string {
	var names []string
	for _, picture := range p.run.pictures {
		names = append(names, picture.stream.Profile.Stream)
	}
	return names
}

func (p page) Still(ctx context.Context, stream string) ([]byte, error) {
	return p.run.camera.Still(ctx, stream)
}
