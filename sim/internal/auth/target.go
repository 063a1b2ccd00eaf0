package auth

import "strings"

// sameTarget reports whether the uri of a Digest answer names what the request
// line does. RFC 7616 3.4.6.
//
// Over HTTP path and query must be equal; the absolute form and the origin form
// of one address are. RTSP clients are laxer: live555 names the base address
// for each track, others put a slash at the end or leave out the host, and
// behind a NAT the host is another one. So there one path must be the other or
// lead to it.
func sameTarget(r Request, uri string) bool {
	if uri == r.URI {
		return true
	}
	asked, said := pathOf(r.URI), pathOf(uri)
	if !r.RTSP {
		return asked == said && asked != "" && sameHost(r.URI, uri)
	}
	asked, said = strings.TrimRight(asked, "/"), strings.TrimRight(said, "/")
	return asked == said || leadsTo(asked, said) || leadsTo(said, asked)
}

// leadsTo reports whether path lies below base; nothing lies below the root.
func leadsTo(base, path string) bool {
	return base != "" && base != "*" && strings.HasPrefix(path, base) && path[len(base)] == '/'
}

// pathOf returns path and query of an address, without a fragment.
func pathOf(uri string) string {
	if _, rest, absolute := strings.Cut(uri, "://"); absolute && !strings.HasPrefix(uri, "/") {
		slash := strings.IndexAny(rest, "/?")
		if slash < 0 {
			return "/"
		}
		uri = rest[slash:]
		if uri[0] == '?' {
			uri = "/" + uri
		}
	}
	uri, _, _ = strings.Cut(uri, "#")
	return uri
}

// sameHost reports whether two addresses do not name two different hosts.
func sameHost(a, b string) bool {
	return hostOf(a) == "" || hostOf(b) == "" || strings.EqualFold(hostOf(a), hostOf(b))
}

// hostOf returns host and port of an absolute address, "" of any other.
func hostOf(uri string) string {
	_, rest, absolute := strings.Cut(uri, "://")
	if !absolute || strings.HasPrefix(uri, "/") {
		return ""
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return rest[strings.LastIndexByte(rest, '@')+1:]
}
