package control

import (
	"net/http"

	"github.com/camfleet/camfleet/sim/api"
)

func (s *server) faultRoutes() []route {
	const all, one = "/v1/cameras/{name}/faults", "/v1/cameras/{name}/faults/{id}"
	return []route{
		{Method: "GET", Path: all, Summary: "The faults of the camera.", Answer: []api.Fault{}, Errors: []int{404}, handle: s.getFaults},
		{Method: "POST", Path: all, Summary: "Puts a fault into the camera, at once.",
			Body: api.Fault{}, Status: http.StatusCreated, Answer: api.Fault{}, Errors: []int{404, 409, 413, 415}, handle: s.postFault},
		{Method: "DELETE", Path: all, Summary: "Takes all faults out of the camera; answers what is left: nothing.",
			Answer: []api.Fault{}, Errors: []int{404}, handle: s.deleteFaults},
		{Method: "GET", Path: one, Summary: "One fault, with how often it has hit.", Answer: api.Fault{}, Errors: []int{404}, handle: s.getFault},
		{Method: "DELETE", Path: one, Summary: "Takes a fault out of the camera; answers it.", Answer: api.Fault{}, Errors: []int{404}, handle: s.deleteFault},
		{Method: "POST", Path: "/v1/reset", Summary: "Takes all faults out of all cameras but those of their profiles.",
			Answer: api.ResetResult{}, handle: s.postReset},
	}
}

func (s *server) getFaults(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Fleet.Faults(r.PathValue("name"))
	if err != nil {
		return err
	}
	s.write(w, r, http.StatusOK, list)
	return nil
}

func (s *server) postFault(w http.ResponseWriter, r *http.Request) error {
	var f api.Fault
	if err := s.decode(w, r, &f); err != nil {
		return err
	}
	if f.Fired != 0 || f.CRL != "" {
		return badBody("fired", "fired and crl stand in answers only")
	}
	added, err := s.Fleet.AddFault(r.PathValue("name"), f)
	if err != nil {
		return err
	}
	s.write(w, r, http.StatusCreated, added)
	return nil
}

func (s *server) getFault(w http.ResponseWriter, r *http.Request) error {
	f, err := s.Fleet.Fault(r.PathValue("name"), r.PathValue("id"))
	if err != nil {
		return err
	}
	s.write(w, r, http.StatusOK, f)
	return nil
}

func (s *server) deleteFault(w http.ResponseWriter, r *http.Request) error {
	f, err := s.Fleet.RemoveFault(r.PathValue("name"), r.PathValue("id"))
	if err != nil {
		return err
	}
	s.write(w, r, http.StatusOK, f)
	return nil
}

func (s *server) deleteFaults(w http.ResponseWriter, r *http.Request) error {
	if err := s.Fleet.ClearFaults(r.PathValue("name")); err != nil {
		return err
	}
	s.write(w, r, http.StatusOK, []api.Fault{})
	return nil
}

func (s *server) postReset(w http.ResponseWriter, r *http.Request) error {
	s.write(w, r, http.StatusOK, s.Fleet.Reset())
	return nil
}
