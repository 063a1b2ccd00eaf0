package pki

import (
	"errors"
)

const anyPolicy = "2.5.29.32.0"

// policies is the state of policy processing (RFC 5280 6.1.2). Qualifiers are
// not asked for and the initial set is any-policy, so that only one thing
// matters of the valid policy tree: whether its lowest level, which maps the
// policies there to what is expected below them, is empty.
type policies struct {
	level                  map[string]map[string]bool
	explicit, mapping, any int
}

// checkPolicies processes certificate policies from the anchor, which is not
// looked at, to the leaf. It returns the index of the certificate at fault.
func checkPolicies(path []*node) (int, error) {
	n := max(len(path)-1, 1)
	p := policies{
		level:    map[string]map[string]bool{anyPolicy: {anyPolicy: true}},
		explicit: n + 1, mapping: n + 1, any: n + 1,
	}
	for i := n - 1; i >= 0; i-- {
		p.descend(path[i], i == 0)
		if p.explicit == 0 && len(p.level) == 0 {
			return i, errors.New("an explicit policy is required")
		}
		if i > 0 {
			if err := p.prepare(path[i]); err != nil {
				return i, err
			}
		}
	}
	leaf := path[0]
	if p.explicit > 0 {
		p.explicit--
	}
	if leaf.RequireExplicitPolicyZero {
		p.explicit = 0
	}
	if p.explicit == 0 && len(p.level) == 0 {
		return 0, errors.New("an explicit policy is required")
	}
	return 0, nil
}

// descend takes the policies of a certificate in (RFC 5280 6.1.3 (d) and (e)).
func (p *policies) descend(c *node, last bool) {
	next := map[string]map[string]bool{}
	hasAny := false
	for _, oid := range c.Policies {
		policy := oid.String()
		if policy == anyPolicy {
			hasAny = true
			continue
		}
		if p.expects(policy) || p.level[anyPolicy] != nil {
			next[policy] = map[string]bool{policy: true}
		}
	}
	if hasAny && (p.any > 0 || !last && c.selfIssued()) {
		for _, expected := range p.level {
			for policy := range expected {
				if next[policy] == nil {
					next[policy] = map[string]bool{policy: true}
				}
			}
		}
	}
	p.level = next
}

func (p *policies) expects(policy string) bool {
	for _, expected := range p.level {
		if expected[policy] {
			return true
		}
	}
	return false
}

// prepare gets ready for the certificate below (RFC 5280 6.1.4 (a), (b), (h)
// to (j)).
func (p *policies) prepare(c *node) error {
	mapped := map[string]map[string]bool{}
	for _, m := range c.PolicyMappings {
		from, to := m.IssuerDomainPolicy.String(), m.SubjectDomainPolicy.String()
		if from == anyPolicy || to == anyPolicy {
			return errors.New("a mapping of any policy")
		}
		if mapped[from] == nil {
			mapped[from] = map[string]bool{}
		}
		mapped[from][to] = true
	}
	for from, to := range mapped {
		switch {
		case p.mapping == 0:
			delete(p.level, from)
		case p.level[from] != nil || p.level[anyPolicy] != nil:
			p.level[from] = to
		}
	}
	if !c.selfIssued() {
		p.explicit, p.mapping, p.any = max(p.explicit-1, 0), max(p.mapping-1, 0), max(p.any-1, 0)
	}
	lower(&p.explicit, c.RequireExplicitPolicy, c.RequireExplicitPolicyZero)
	lower(&p.mapping, c.InhibitPolicyMapping, c.InhibitPolicyMappingZero)
	lower(&p.any, c.InhibitAnyPolicy, c.InhibitAnyPolicyZero)
	return nil
}

// lower takes over a smaller value, if there is one: crypto/x509 tells a zero
// from nothing by a flag.
func lower(counter *int, value int, zero bool) {
	if (value > 0 || zero) && value < *counter {
		*counter = value
	}
}
