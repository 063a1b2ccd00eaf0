package tunnel

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
)

// contentType is that of both halves of a tunnel.
const contentType = "application/x-rtsp-tunnelled"

// opened answers a GET: what follows has no end and no encoding.
func opened(server string) string {
	return "HTTP/1.0 200 OK\r\nServer: " + server + "\r\nConnection: close\r\nCache-Control: no-store\r\nPragma: no-cache\r\nContent-Type: " + contentType + "\r\n\r\n"
}

// admit answers a request that can be no half of a tunnel; else it returns nil
// or the connection.
func (b *Broker) admit(w http.ResponseWriter, r *http.Request, isGet bool) net.Conn {
	err := b.check(r, isGet)
	switch {
	case errors.Is(err, errPending):
		refuse(w, http.StatusServiceUnavailable, err.Error())
		return nil
	case err != nil:
		refuse(w, http.StatusConflict, err.Error())
		return nil
	case len(r.TransferEncoding) > 0:
		refuse(w, http.StatusNotImplemented, "the POST of a tunnel has no transfer encoding")
		return nil
	}
	nc, err := hijack(w)
	if err != nil {
		b.log.Error("a connection cannot be taken over", "error", err)
		return nil
	}
	return nc
}

// get takes the half that answers and media leave on, and serves the tunnel
// once it is whole.
func (b *Broker) get(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	nc := b.admit(w, r, true)
	if nc == nil {
		return
	}
	defer nc.Close() //nolint:errcheck // it is over
	p, err := b.half(r, nc, true)
	if err != nil {
		b.log.Info("no tunnel", "peer", r.RemoteAddr, "error", err)
		return
	}
	defer b.forget(p, errOver)
	if _, err := io.WriteString(nc, opened(w.Header().Get("Server"))); err != nil {
		return
	}
	var watching sync.WaitGroup
	defer watching.Wait()
	defer nc.Close() //nolint:errcheck // ends the watch
	watching.Go(func() { p.watch(ctx, nc) })
	select {
	case <-p.whole:
	case <-p.over:
		b.log.Info("no tunnel", "peer", r.RemoteAddr, "error", errAlone)
		return
	}
	b.config.Serve(ctx, Carrier{
		Conn: &link{Conn: nc, pair: p}, Name: "HTTP",
		Secure: p.key.secure, Client: p.client, Authorization: p.carried(),
	})
}

// post takes the half that requests come on. It is never answered, unless it is
// not base64. The tunnel outlasts it: the client may send another one.
func (b *Broker) post(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	nc := b.admit(w, r, false)
	if nc == nil {
		return
	}
	defer nc.Close()                                      //nolint:errcheck // it is over
	defer context.AfterFunc(ctx, func() { nc.Close() })() //nolint:errcheck // as above
	p, err := b.half(r, nc, false)
	if err != nil {
		b.log.Info("no tunnel", "peer", r.RemoteAddr, "error", err)
		return
	}
	if err := p.feed(nc); err != nil {
		b.log.Info("a tunnel brings no requests", "peer", r.RemoteAddr, "error", err)
		io.WriteString(nc, "HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\n") //nolint:errcheck // it is over
		b.forget(p, err)
		return
	}
	if !p.hasGet() {
		<-p.over // it may still come
		b.forget(p, errAlone)
	}
}

// postBytes is how much of a POST is decoded at once.
const postBytes = 4096

// feed hands on what a POST brings until it ends, after all that the POST before
// it brought. The error says that it is not base64.
func (p *pair) feed(post net.Conn) error {
	p.feeding.Lock()
	defer p.feeding.Unlock()
	var d decoder
	coded, room := make([]byte, postBytes), make([]byte, postBytes)
	for {
		n, end := post.Read(coded)
		plain, err := d.decode(room[:0], coded[:n])
		if len(plain) > 0 {
			if _, gone := p.writer.Write(plain); gone != nil {
				return nil // the tunnel is over
			}
		}
		if err != nil {
			return err
		}
		if end != nil {
			return nil // however it ends
		}
	}
}
