package rtsp

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
)

// header holds the header fields of a request by lower-case name, values in
// the order they came.
type header map[string][]string

// get returns the first value of a field, "" if there is none. The name is in
// lower case.
func (h header) get(name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// request is one RTSP request. RFC 2326 6.
type request struct {
	method base.Method
	uri    string   // as sent
	url    *url.URL // nil for *
	header header
	body   []byte
}

// badRequest says that a request cannot be understood, and how to answer it.
type badRequest struct {
	status base.StatusCode
	reason string
	cseq   string // of the request, as far as it was read
	ends   bool   // nobody can tell where the next request begins
}

func (e *badRequest) Error() string { return e.reason }

// errResponse is what reading a client's answer gives: nothing was asked.
var errResponse = errors.New("a response")

// readRequest reads a request whose first byte has come. The error is a
// [*badRequest], [errResponse], or that of the connection.
func readRequest(br *bufio.Reader, l Limits) (*request, error) {
	line, err := readLine(br, l.RequestLine)
	if err != nil {
		return nil, tooLong(err, base.StatusRequestURITooLong, "request line", "")
	}
	if !printable(line) {
		return nil, &badRequest{status: base.StatusBadRequest, reason: "not an RTSP request", ends: true}
	}
	r := &request{header: header{}}
	fault, err := r.readHeader(br, l)
	if err != nil {
		return nil, err
	}
	cseq := r.header.get("cseq")
	if err := r.readBody(br, l, cseq); err != nil {
		return nil, err
	}
	if strings.HasPrefix(line, "RTSP/") {
		return nil, errResponse
	}
	bad := r.parseLine(line)
	if bad == nil {
		bad = fault
	}
	if bad != nil {
		bad.cseq = cseq
		return nil, bad
	}
	return r, nil
}

// errLineTooLong is readLine's error for a line over its limit.
var errLineTooLong = errors.New("line too long")

// tooLong turns errLineTooLong into an answer.
func tooLong(err error, status base.StatusCode, what, cseq string) error {
	if errors.Is(err, errLineTooLong) {
		return &badRequest{status: status, reason: what + " too long", cseq: cseq, ends: true}
	}
	return err
}

// readLine reads a line of at most limit bytes and returns it without its end,
// which is LF or CR LF.
func readLine(br *bufio.Reader, limit int) (string, error) {
	var line []byte
	for {
		part, err := br.ReadSlice('\n')
		if len(line)+len(part) > limit+2 {
			return "", errLineTooLong
		}
		line = append(line, part...)
		if err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
	}
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if len(line) > limit {
		return "", errLineTooLong
	}
	return string(line), nil
}

// printable reports whether a line has text only: no control characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// readHeader reads the header lines up to the empty one. A line that is no
// field is a fault, but the rest is read all the same, so that the connection
// can go on; after an error it cannot.
func (r *request) readHeader(br *bufio.Reader, l Limits) (fault *badRequest, err error) {
	last, left := "", l.HeaderBytes
	for lines := 0; ; lines++ {
		line, err := readLine(br, left)
		if err != nil {
			return nil, tooLong(err, base.StatusBadRequest, "header", r.header.get("cseq"))
		}
		if line == "" {
			return fault, nil
		}
		if lines >= l.HeaderLines {
			return nil, &badRequest{status: base.StatusBadRequest, reason: "too many header lines", cseq: r.header.get("cseq"), ends: true}
		}
		left -= len(line)
		if (line[0] == ' ' || line[0] == '\t') && last != "" { // continuation, RFC 2068 2.2
			values := r.header[last]
			values[len(values)-1] += " " + strings.TrimSpace(line)
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		name = strings.ToLower(strings.TrimRight(name, " \t"))
		if !ok || name == "" || strings.ContainsAny(name, " \t") || !printable(line) {
			fault, last = &badRequest{status: base.StatusBadRequest, reason: "malformed header line"}, ""
			continue
		}
		last = name
		r.header[name] = append(r.header[name], strings.TrimSpace(value))
	}
}

// readBody reads as many bytes as Content-Length says.
func (r *request) readBody(br *bufio.Reader, l Limits, cseq string) error {
	values := r.header["content-length"]
	if len(values) == 0 {
		return nil
	}
	n, err := strconv.ParseUint(values[0], 10, 63)
	if err != nil || len(values) > 1 {
		return &badRequest{status: base.StatusBadRequest, reason: "malformed Content-Length", cseq: cseq, ends: true}
	}
	if n > uint64(l.BodyBytes) {
		return &badRequest{status: base.StatusRequestEntityTooLarge, reason: "body too large", cseq: cseq, ends: true}
	}
	r.body = make([]byte, n)
	_, err = io.ReadFull(br, r.body)
	return err
}

// parseLine reads the request line, whose parts stand one space apart.
func (r *request) parseLine(line string) *badRequest {
	bad := func(format string, args ...any) *badRequest {
		return &badRequest{status: base.StatusBadRequest, reason: fmt.Sprintf(format, args...)}
	}
	method, rest, ok := strings.Cut(line, " ")
	at := strings.LastIndexByte(rest, ' ')
	if !ok || at < 0 {
		return bad("malformed request line")
	}
	uri, version := strings.TrimSpace(rest[:at]), rest[at+1:]
	if !token(method) || uri == "" || strings.ContainsAny(uri, " \t") {
		return bad("malformed request line")
	}
	switch {
	case strings.HasPrefix(version, "HTTP/"):
		b := bad("an HTTP request")
		b.ends = true
		return b
	case !strings.HasPrefix(version, "RTSP/"):
		return bad("malformed protocol version")
	case version != "RTSP/1.0":
		return &badRequest{status: base.StatusRTSPVersionNotSupported, reason: "protocol version " + version}
	}
	r.method, r.uri = base.Method(method), uri
	if uri == "*" {
		return nil
	}
	u, err := url.Parse(uri)
	if err != nil || u.Opaque != "" || u.Fragment != "" {
		return bad("malformed URL")
	}
	switch strings.ToLower(u.Scheme) {
	case "rtsp", "rtsps", "rtspu":
		if u.Host == "" {
			return bad("URL without host")
		}
	case "": // only a path: some clients do
		if !strings.HasPrefix(u.Path, "/") {
			return bad("malformed URL")
		}
	default:
		return bad("URL of scheme %s", u.Scheme)
	}
	u.User = nil
	r.url = u
	return nil
}

// token reports whether s is a token as a method must be. RFC 2326 15.1.
func token(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// session returns the id of the Session header, "" if there is none. Clients
// may send its timeout parameter back.
func (r *request) session() string {
	id, _, _ := strings.Cut(r.header.get("session"), ";")
	return strings.TrimSpace(id)
}
