package pki

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// The kinds of general names that constraints are processed for (RFC 5280
// 4.2.1.6); constructed4 is the directory name, a choice with a tag of its own.
const (
	mailName asn1.Tag = 0x81
	hostName asn1.Tag = 0x82
	dirName  asn1.Tag = 0xa4
	uriName  asn1.Tag = 0x86
	ipName   asn1.Tag = 0x87
)

// generalName is a name of a certificate, or the base of a constraint.
type generalName struct {
	kind asn1.Tag
	body []byte
	rdns []string // of a directory name, canonical
}

func readGeneralName(s *cryptobyte.String) (n generalName, ok bool) {
	var body cryptobyte.String
	if !s.ReadAnyASN1(&body, &n.kind) {
		return n, false
	}
	n.body = body
	if n.kind == dirName {
		n.rdns = canonicalRDNs(body)
	}
	return n, true
}

// constraints are NameConstraints (RFC 5280 4.2.1.10).
type constraints struct{ permitted, excluded []generalName }

func readConstraints(der []byte) (c constraints, err error) {
	s, ok := readOnly(der, asn1.SEQUENCE)
	for _, f := range []struct {
		tag asn1.Tag
		out *[]generalName
	}{{constructed0, &c.permitted}, {constructed1, &c.excluded}} {
		var list cryptobyte.String
		ok = ok && s.ReadOptionalASN1(&list, nil, f.tag)
		for ok && !list.Empty() {
			var subtree cryptobyte.String
			var base generalName
			ok = list.ReadASN1(&subtree, asn1.SEQUENCE)
			if ok {
				base, ok = readGeneralName(&subtree)
			}
			ok = ok && subtree.Empty() // minimum and maximum are not used in RFC 5280
			*f.out = append(*f.out, base)
		}
	}
	if !ok || !s.Empty() || len(c.permitted)+len(c.excluded) == 0 {
		return c, errors.New("malformed name constraints")
	}
	return c, nil
}

// names are all the names of a certificate that constraints apply to (RFC
// 5280 6.1.3 (b)).
func (n *node) names() ([]generalName, error) {
	var out []generalName
	rdns := canonicalRDNs(n.RawSubject)
	if len(rdns) > 0 {
		out = append(out, generalName{kind: dirName, rdns: rdns})
	}
	mail := false
	for _, e := range n.Extensions {
		if e.Id.String() != oidSubjectAltName {
			continue
		}
		list, ok := readOnly(e.Value, asn1.SEQUENCE)
		for ok && !list.Empty() {
			var name generalName
			name, ok = readGeneralName(&list)
			mail = mail || name.kind == mailName
			out = append(out, name)
		}
		if !ok {
			return nil, errors.New("malformed subjectAltName")
		}
	}
	if !mail { // then the addresses in the subject count
		for _, a := range n.Subject.Names {
			if address, ok := a.Value.(string); ok && a.Type.String() == "1.2.840.113549.1.9.1" {
				out = append(out, generalName{kind: mailName, body: []byte(address)})
			}
		}
	}
	return out, nil
}

// checkNames checks each certificate's names against the constraints of all
// those above it. It returns the index of the certificate at fault.
func (s *search) checkNames(path []*node) (int, error) {
	var all []constraints
	for i := len(path) - 1; i >= 0; i-- {
		c := path[i]
		if len(all) > 0 && (i == 0 || !c.selfIssued()) {
			names, err := c.names()
			if err != nil {
				return i, err
			}
			for _, n := range names {
				if err := s.checkName(n, all); err != nil {
					return i, err
				}
			}
		}
		for _, e := range c.Extensions {
			if i > 0 && e.Id.String() == oidNameConstraints {
				read, err := readConstraints(e.Value)
				if err != nil {
					return i, err
				}
				all = append(all, read)
			}
		}
	}
	return 0, nil
}

// checkName: the name must be inside of one of the permitted subtrees of its
// kind in each set that has some, and outside of all the excluded ones.
func (s *search) checkName(n generalName, all []constraints) error {
	for _, c := range all {
		for _, base := range c.excluded {
			in, err := s.inside(n, base, true)
			if err != nil || in {
				return errors.Join(err, fmt.Errorf("name %s is excluded", n))
			}
		}
		permitted, asked := false, false
		for _, base := range c.permitted {
			in, err := s.inside(n, base, false)
			if err != nil {
				return err
			}
			asked, permitted = asked || base.kind == n.kind, permitted || in
		}
		if asked && !permitted {
			return fmt.Errorf("name %s is not permitted", n)
		}
	}
	return nil
}

func (n generalName) String() string {
	if n.kind == dirName {
		return fmt.Sprintf("%.100q", strings.Join(n.rdns, ","))
	}
	return fmt.Sprintf("%.100q", n.body)
}

// inside reports whether a name is in a subtree. A wildcard host counts as
// inside of an excluded subtree if some host it stands for is. Kinds of names
// that are not known here are an error if both sides have them.
func (s *search) inside(n, base generalName, excluded bool) (bool, error) {
	if n.kind != base.kind {
		return false, nil
	}
	if s.names++; s.names > s.policy.Limits.Names {
		return false, &LimitError{Limit: "Names", Have: int64(s.names), Max: int64(s.policy.Limits.Names)}
	}
	name, tree := string(n.body), strings.ToLower(string(base.body))
	switch n.kind {
	case dirName:
		return len(n.rdns) >= len(base.rdns) && slices.Equal(n.rdns[:len(base.rdns)], base.rdns), nil
	case hostName:
		host := strings.ToLower(name)
		if rest, wild := strings.CutPrefix(host, "*."); wild && excluded && hostInside(tree, "."+rest) {
			return true, nil
		}
		return tree == "" || host == tree || hostInside(host, "."+strings.TrimPrefix(tree, ".")), nil
	case mailName:
		return mailInside(name, string(base.body))
	case uriName:
		u, err := url.Parse(name)
		if err != nil || u.Hostname() == "" {
			return false, fmt.Errorf("URI %.100q has no host", name)
		}
		if _, err := netip.ParseAddr(u.Hostname()); err == nil {
			return false, fmt.Errorf("URI %.100q has an address for a host", name)
		}
		host := strings.ToLower(u.Hostname())
		return host == tree || hostInside(host, tree), nil
	case ipName:
		return addressInside(n.body, base.body)
	}
	return false, fmt.Errorf("constraint of a kind of name (%#x) that is not known here", n.kind)
}

// hostInside reports whether a tree begins with a dot and the host ends in it.
func hostInside(host, tree string) bool {
	return strings.HasPrefix(tree, ".") && strings.HasSuffix(host, tree) && len(host) > len(tree)
}

// mailInside: a mailbox, all mailboxes on a host, or those on all the hosts
// below a domain.
func mailInside(address, tree string) (bool, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return false, fmt.Errorf("mail address %.100q has no host", address)
	}
	host := strings.ToLower(address[at+1:])
	if i := strings.LastIndexByte(tree, '@'); i >= 0 {
		return address[:at] == tree[:i] && host == strings.ToLower(tree[i+1:]), nil
	}
	tree = strings.ToLower(tree)
	return host == tree || hostInside(host, tree), nil
}

// addressInside: the base is an address and a mask of the same length.
func addressInside(address, base []byte) (bool, error) {
	if len(base) != 8 && len(base) != 32 || len(address) != 4 && len(address) != 16 {
		return false, errors.New("malformed IP address")
	}
	if len(base) != 2*len(address) {
		return false, nil
	}
	for i, b := range address {
		if mask := base[len(address)+i]; b&mask != base[i]&mask {
			return false, nil
		}
	}
	return true, nil
}
