package control

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/camfleet/camfleet/sim/api"
)

const pemType = "application/x-pem-file"

// health is the answer of /healthz.
type health struct {
	OK bool `json:"ok"`
}

func (s *server) getHealth(w http.ResponseWriter, r *http.Request) error {
	s.write(w, r, http.StatusOK, health{OK: true})
	return nil
}

func (s *server) getReady(w http.ResponseWriter, r *http.Request) error {
	ready, status := s.Fleet.Ready(), http.StatusOK
	if !ready.Ready {
		status = http.StatusServiceUnavailable
	}
	s.write(w, r, status, ready)
	return nil
}

func (s *server) getMetrics(w http.ResponseWriter, r *http.Request) error {
	s.metrics.ServeHTTP(w, r)
	return nil
}

func (s *server) getOpenAPI(w http.ResponseWriter, r *http.Request) error {
	s.send(w, r, http.StatusOK, "application/json", s.openapi)
	return nil
}

// getFleet leaves the control token out: who asks has it.
func (s *server) getFleet(w http.ResponseWriter, r *http.Request) error {
	info := s.Fleet.Info()
	info.ControlToken = ""
	if info.Cameras == nil {
		info.Cameras = []api.Camera{}
	}
	s.write(w, r, http.StatusOK, info)
	return nil
}

func (s *server) getStats(w http.ResponseWriter, r *http.Request) error {
	stats := s.Fleet.Stats()
	if stats.Cameras == nil {
		stats.Cameras = []api.CameraStats{}
	}
	if stats.Operations == nil {
		stats.Operations = []api.OperationStats{}
	}
	s.write(w, r, http.StatusOK, stats)
	return nil
}

func (s *server) getCA(w http.ResponseWriter, r *http.Request) error {
	return s.sendCA(w, r, "")
}

func (s *server) getChain(w http.ResponseWriter, r *http.Request) error {
	camera, err := s.camera(r)
	if err != nil {
		return err
	}
	return s.sendCA(w, r, camera.Name)
}

func (s *server) sendCA(w http.ResponseWriter, r *http.Request, camera string) error {
	signing, err := boolQuery(r, "signing")
	if err != nil {
		return err
	}
	pem, err := s.Fleet.CA(camera, signing)
	if err != nil {
		return err
	}
	s.send(w, r, http.StatusOK, pemType, pem)
	return nil
}

func (s *server) getOperations(w http.ResponseWriter, r *http.Request) error {
	ops, err := s.Fleet.Operations(r.URL.Query().Get("profile"))
	if err != nil {
		return err
	}
	s.write(w, r, http.StatusOK, ops)
	return nil
}

func (s *server) postToken(w http.ResponseWriter, r *http.Request) error {
	var req api.TokenRequest
	if err := s.decode(w, r, &req); err != nil {
		return err
	}
	token, err := s.Fleet.Mint(req)
	if err != nil {
		return err
	}
	s.write(w, r, http.StatusCreated, token)
	return nil
}

func (s *server) postRevoke(w http.ResponseWriter, r *http.Request) error {
	var req api.Revocation
	if err := s.decode(w, r, &req); err != nil {
		return err
	}
	done, err := s.Fleet.Revoke(req)
	if err != nil {
		return err
	}
	s.write(w, r, http.StatusOK, done)
	return nil
}

func (s *server) getAuthorizations(w http.ResponseWriter, r *http.Request) error {
	camera, err := s.camera(r)
	if err != nil {
		return err
	}
	list, err := s.Fleet.Authorizations(camera.Name)
	if err != nil {
		return err
	}
	s.write(w, r, http.StatusOK, list)
	return nil
}

func (s *server) postRotate(w http.ResponseWriter, r *http.Request) error {
	keys, err := s.Fleet.RotateIssuer()
	if err != nil {
		return err
	}
	s.write(w, r, http.StatusOK, keys)
	return nil
}

func (s *server) getCameras(w http.ResponseWriter, r *http.Request) error {
	cameras := s.Fleet.Info().Cameras
	if cameras == nil {
		cameras = []api.Camera{}
	}
	s.write(w, r, http.StatusOK, cameras)
	return nil
}

// camera finds the camera that the path names.
func (s *server) camera(r *http.Request) (api.Camera, error) {
	name := r.PathValue("name")
	camera, ok := s.Fleet.Camera(name)
	if !ok {
		return api.Camera{}, &problem{
			Status: http.StatusNotFound, Field: "name",
			Text: "there is no camera " + quote(name), Hint: "GET /v1/cameras lists them",
		}
	}
	return camera, nil
}

func (s *server) getCamera(w http.ResponseWriter, r *http.Request) error {
	camera, err := s.camera(r)
	if err != nil {
		return err
	}
	s.write(w, r, http.StatusOK, camera)
	return nil
}

// getSnapshot answers a picture.
func (s *server) getSnapshot(w http.ResponseWriter, r *http.Request) error {
	camera, err := s.camera(r)
	if err != nil {
		return err
	}
	picture, err := s.snapshot(r, camera.Name)
	if err != nil {
		return err
	}
	s.send(w, r, http.StatusOK, "image/jpeg", picture)
	return nil
}

// snapshot encodes a picture when there is a free slot for it. The slot is free
// again before a client takes its time to read the picture.
func (s *server) snapshot(r *http.Request, camera string) ([]byte, error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return s.Fleet.Snapshot(r.Context(), camera, r.URL.Query().Get("stream"))
}

func (s *server) postReboot(w http.ResponseWriter, r *http.Request) error {
	return s.restart(w, r, s.Fleet.Reboot)
}

func (s *server) postFactoryDefault(w http.ResponseWriter, r *http.Request) error {
	soft, err := boolQuery(r, "soft")
	if err != nil {
		return err
	}
	return s.restart(w, r, func(ctx context.Context, camera string) error { return s.Fleet.FactoryDefault(ctx, camera, !soft) })
}

// restart does what makes a camera reboot, and answers how the camera is then.
func (s *server) restart(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, camera string) error) error {
	camera, err := s.camera(r)
	if err != nil {
		return err
	}
	if err := do(r.Context(), camera.Name); err != nil {
		return err
	}
	if now, ok := s.Fleet.Camera(camera.Name); ok {
		camera = now
	}
	s.write(w, r, http.StatusAccepted, camera)
	return nil
}

// boolQuery reads a query parameter that is true or false; absent is false, and
// a name without a value is true.
func boolQuery(r *http.Request, name string) (bool, error) {
	values := r.URL.Query()
	if !values.Has(name) {
		return false, nil
	}
	if values.Get(name) == "" {
		return true, nil
	}
	b, err := strconv.ParseBool(values.Get(name))
	if err != nil {
		return false, &problem{
			Status: http.StatusBadRequest, Field: name,
			Text: fmt.Sprintf("%s is neither true nor false", quote(values.Get(name))), Hint: "write " + name + "=true",
		}
	}
	return b, nil
}

// unknown answers paths that no route has.
func (s *server) unknown(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, &problem{
		Status: http.StatusNotFound,
		Text:   "there is nothing at " + quote(r.URL.Path), Hint: "/v1/openapi.json lists what there is",
	})
}
