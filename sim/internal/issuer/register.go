package issuer

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
)

// errFull is the error of a registration when there are too many clients.
var errFull = errors.New("too many clients are registered")

// Register makes a client known, as POST to the registration endpoint does, and
// returns what it is known as. RFC 7591 3.
func (i *Issuer) Register(r Registration) (Registration, error) {
	c, err := r.client(i.config.TLSURL != "")
	if err != nil {
		return Registration{}, err
	}
	if c.ID, err = i.random(16); err != nil {
		return Registration{}, err
	}
	r.RegisteredAs = RegisteredAs{ID: c.ID, Issued: i.config.Clock.Now().Unix()}
	if c.Method.hasSecret() {
		// 48 bytes are 64 characters: enough for HS512 (RFC 7518 3.2).
		if c.Secret, err = i.random(48); err != nil {
			return Registration{}, err
		}
		r.Secret, r.Expires = c.Secret, new(int64)
	}
	i.mu.Lock()
	full := len(i.registered) >= maxClients
	if !full {
		i.registered[c.ID] = registered{r, c}
	}
	i.mu.Unlock()
	if full {
		return Registration{}, fmt.Errorf("%w: %d", errFull, maxClients)
	}
	return r, i.changed()
}

// registered is a client as it described itself, and what came of it.
type registered struct {
	Registration
	client Client
}

// Registrations returns the clients that registered, for [Config].Registrations
// of a later start. It has their secrets.
func (i *Issuer) Registrations() ([]byte, error) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	var list []Registration
	for _, id := range slices.Sorted(maps.Keys(i.registered)) {
		list = append(list, i.registered[id].Registration)
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("registered clients: %w", err)
	}
	return text, nil
}

// restore reads what Registrations returned.
func (i *Issuer) restore(text []byte) error {
	if text == nil {
		return nil
	}
	var list []Registration
	if err := json.Unmarshal(text, &list); err != nil {
		return fmt.Errorf("registered clients: %w", err)
	}
	for n, r := range list {
		// Without TLS a client with a certificate stays known, and waits.
		c, err := r.client(true)
		if err != nil {
			return fmt.Errorf("registered client %d of %d: %w", n+1, len(list), err)
		}
		if r.ID == "" || n == maxClients {
			return fmt.Errorf("registered clients: want at most %d, each with its identifier", maxClients)
		}
		c.ID, c.Secret = r.ID, r.Secret
		i.registered[r.ID] = registered{r, c}
	}
	return nil
}

// client finds a client by its identifier, among those of the configuration
// and those that registered.
func (i *Issuer) client(id string) (Client, bool) {
	for _, c := range i.config.Clients {
		if c.ID == id {
			return c, true
		}
	}
	i.mu.RLock()
	defer i.mu.RUnlock()
	c, ok := i.registered[id]
	return c.client, ok
}

// random returns n random bytes as text (base64url).
func (i *Issuer) random(n int) (string, error) {
	raw := make([]byte, n)
	if _, err := io.ReadFull(i.config.Random, raw); err != nil {
		return "", fmt.Errorf("randomness of the issuer: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// serveRegister is the client registration endpoint. RFC 7591 3.1.
func (i *Issuer) serveRegister(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistration))
	if err != nil {
		refuse(w, http.StatusBadRequest, "invalid_client_metadata", fmt.Sprintf("the registration cannot be read, or is longer than %d bytes", maxRegistration))
		return
	}
	asked, err := parseRegistration(text)
	if err != nil {
		refuse(w, http.StatusBadRequest, "invalid_client_metadata", err.Error())
		return
	}
	made, err := i.Register(asked)
	switch {
	case errors.Is(err, errFull):
		refuse(w, http.StatusServiceUnavailable, "temporarily_unavailable", err.Error())
	case err != nil:
		refuse(w, http.StatusBadRequest, "invalid_client_metadata", err.Error())
	default:
		w.Header().Set("Cache-Control", "no-store")
		reply(w, http.StatusCreated, made)
	}
}
