package event

import (
	"fmt"
	"strings"
)

// The dialects of topic expressions a camera understands (Core 9.6.3).
const (
	DialectConcrete    = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"
	DialectConcreteSet = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
)

// below at the end of a path means the topic and all below it.
const below = "//."

// TopicExpression selects topics.
type TopicExpression struct{ alternatives []alternative }

// alternative is one path of an expression.
type alternative struct {
	topic string // as Path.String writes it
	below bool   // and everything below
}

// ParseTopicExpression reads an expression of the dialect: one path
// (Concrete), or paths joined by "|", each of which may end in "//."
// (ConcreteSet). spaceOf gives the namespace of a prefix at that place. l
// bounds the length.
func ParseTopicExpression(dialect, text string, spaceOf func(prefix string) (string, bool), l Limits) (TopicExpression, error) {
	l = l.WithDefaults()
	set := false
	switch trim(dialect) {
	case DialectConcrete:
	case DialectConcreteSet:
		set = true
	default:
		return TopicExpression{}, fmt.Errorf("%w: %.128q", ErrTopicDialect, dialect)
	}
	if len(text) > l.Expression {
		return TopicExpression{}, fmt.Errorf("%w: more than %d bytes", ErrTopicExpression, l.Expression)
	}
	if !set && strings.ContainsAny(text, "|") {
		return TopicExpression{}, fmt.Errorf("%w: a Concrete expression has one path", ErrTopicExpression)
	}
	var e TopicExpression
	for part := range strings.SplitSeq(text, "|") {
		path, deep := trim(part), false
		if set {
			path, deep = strings.CutSuffix(path, below)
		}
		p, err := ParsePath(path, spaceOf)
		if err != nil {
			return TopicExpression{}, err
		}
		e.alternatives = append(e.alternatives, alternative{p.String(), deep})
	}
	return e, nil
}

// Matches reports whether the expression selects the topic of that name.
func (e TopicExpression) Matches(topic string) bool {
	for _, a := range e.alternatives {
		if rest, ok := strings.CutPrefix(topic, a.topic); ok && (rest == "" || a.below && rest[0] == '/') {
			return true
		}
	}
	return false
}
