package rtsp

import (
	"strconv"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
)

// response is what a request is answered with: status, header fields in order
// and a body. Status line, CSeq, Server, Date and Content-Length are written by
// [response.bytes].
type response struct {
	status base.StatusCode
	fields [][2]string
	body   []byte
	ends   bool // the connection ends after it
	sent   bool // somebody has written it already
}

// answer returns a response with header fields given as name, value, name, …
func answer(status base.StatusCode, fields ...string) *response {
	r := &response{status: status}
	for i := 0; i+1 < len(fields); i += 2 {
		r.add(fields[i], fields[i+1])
	}
	return r
}

// add adds a header field.
func (r *response) add(name, value string) { r.fields = append(r.fields, [2]string{name, value}) }

// bytes writes the response. The CSeq is left out where the request had none.
func (r *response) bytes(cseq, server, date string) []byte {
	var b strings.Builder
	b.WriteString("RTSP/1.0 ")
	b.WriteString(strconv.Itoa(int(r.status)))
	b.WriteByte(' ')
	b.WriteString(statusText(r.status))
	b.WriteString("\r\n")
	field := func(name, value string) {
		b.WriteString(name)
		b.WriteString(": ")
		b.WriteString(value)
		b.WriteString("\r\n")
	}
	if cseq != "" {
		field("CSeq", cseq)
	}
	if server != "" {
		field("Server", server)
	}
	field("Date", date)
	for _, f := range r.fields {
		field(f[0], f[1])
	}
	if len(r.body) > 0 {
		field("Content-Length", strconv.Itoa(len(r.body)))
	}
	if r.ends {
		field("Connection", "close")
	}
	b.WriteString("\r\n")
	b.Write(r.body)
	return []byte(b.String())
}

// statusText returns the reason phrase of a status. RFC 2326 7.1.1.
func statusText(s base.StatusCode) string {
	switch s {
	case base.StatusOK:
		return "OK"
	case base.StatusBadRequest:
		return "Bad Request"
	case base.StatusUnauthorized:
		return "Unauthorized"
	case base.StatusForbidden:
		return "Forbidden"
	case base.StatusNotFound:
		return "Not Found"
	case base.StatusNotAcceptable:
		return "Not Acceptable"
	case base.StatusRequestEntityTooLarge:
		return "Request Entity Too Large"
	case base.StatusRequestURITooLong:
		return "Request-URI Too Large"
	case base.StatusParameterNotUnderstood:
		return "Parameter Not Understood"
	case base.StatusNotEnoughBandwidth:
		return "Not Enough Bandwidth"
	case base.StatusSessionNotFound:
		return "Session Not Found"
	case base.StatusMethodNotValidInThisState:
		return "Method Not Valid in This State"
	case base.StatusInvalidRange:
		return "Invalid Range"
	case base.StatusAggregateOperationNotAllowed:
		return "Aggregate operation not allowed"
	case base.StatusOnlyAggregateOperationAllowed:
		return "Only aggregate operation allowed"
	case base.StatusUnsupportedTransport:
		return "Unsupported transport"
	case base.StatusInternalServerError:
		return "Internal Server Error"
	case base.StatusNotImplemented:
		return "Not Implemented"
	case base.StatusServiceUnavailable:
		return "Service Unavailable"
	case base.StatusRTSPVersionNotSupported:
		return "RTSP Version not supported"
	case base.StatusOptionNotSupported:
		return "Option not supported"
	}
	return "Status " + strconv.Itoa(int(s))
}
