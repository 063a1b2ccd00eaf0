package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// decode reads a bounded JSON body into v. Unknown fields, values of the wrong
// type and anything after the object are refused with the field's name.
func (s *server) decode(w http.ResponseWriter, r *http.Request, v any) error {
	if t := r.Header.Get("Content-Type"); t != "" {
		if media, _, err := mime.ParseMediaType(t); err != nil || media != "application/json" {
			return &problem{
				Status: http.StatusUnsupportedMediaType, Field: "Content-Type",
				Text: quote(t) + " is not read here", Hint: "send application/json",
			}
		}
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, s.Limits.Body))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			return badBody("", "more than one JSON value")
		}
	}
	return s.bodyProblem(err)
}

// bodyProblem says what a JSON error means for the client.
func (s *server) bodyProblem(err error) error {
	var large *http.MaxBytesError
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &large):
		return &problem{
			Status: http.StatusRequestEntityTooLarge,
			Text:   fmt.Sprintf("the body is longer than %d bytes", s.Limits.Body),
		}
	case errors.As(err, &kind):
		if kind.Field == "" {
			return badBody("", fmt.Sprintf("a JSON object is wanted, not a %s", kind.Value))
		}
		return badBody(kind.Field, fmt.Sprintf("%s does not fit: %s is wanted", kind.Value, kind.Type))
	case errors.As(err, &syntax):
		return badBody("", fmt.Sprintf("no JSON: %v at byte %d", syntax, syntax.Offset))
	case errors.Is(err, io.EOF):
		return badBody("", "the body is empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return badBody("", "the JSON ends too early")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return badBody(strings.Trim(name, `"`), "there is no such field")
	}
	return badBody("", err.Error())
}

func badBody(field, text string) *problem {
	return &problem{
		Status: http.StatusBadRequest, Field: field, Text: text,
		Hint: "/v1/openapi.json describes the bodies",
	}
}
