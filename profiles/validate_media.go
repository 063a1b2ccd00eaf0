package profiles

import (
	"fmt"
	"regexp"
	"strings"
)

// The largest picture and macroblock rate of H.264 level 5.1 (Recommendation
// H.264 table A-1), which is the highest level the encoder writes.
const (
	maxMacroblocks       = 36864
	maxMacroblocksSecond = 983040
)

func (c *checker) sources() {
	if len(c.Media.Sources) == 0 {
		c.at("media.sources", "a camera needs at least one video source")
	}
	seen := map[string]bool{}
	for i, s := range c.Media.Sources {
		at := fmt.Sprintf("media.sources.%d.", i)
		c.token(at+"token", s.Token, true, seen)
		c.size(at, s.Width, s.Height, s.FPS)
	}
}

func (c *checker) streams() {
	if len(c.Media.Streams) == 0 {
		c.at("media.streams", "a camera needs at least one stream")
	}
	if len(c.Media.Streams) > c.Limits.Media.Profiles {
		c.at("limits.media.profiles media.streams", "the profile has %d streams", len(c.Media.Streams))
	}
	names, tokens := map[string]bool{}, map[string]bool{}
	for i, s := range c.Media.Streams {
		at := fmt.Sprintf("media.streams.%d.", i)
		if !names[s.Name] || s.Token != "" { // a name used twice is one mistake, not two
			c.token(at+"token", s.ProfileToken(), false, tokens)
		}
		c.token(at+"name", s.Name, true, names)
		c.size(at, s.Width, s.Height, s.FPS)
		c.within(at, i, s)
	}
}

// token checks that a name or token is there, is an ASCII word and is not used
// twice. Where it may be empty its emptiness was resolved before.
func (c *checker) token(at, token string, required bool, seen map[string]bool) {
	switch {
	case token == "" && required:
		key := at[strings.LastIndexByte(at, '.')+1:]
		c.at(at, "%s has no %s", pathText(strings.Split(strings.TrimSuffix(at, "."+key), ".")), key)
	case token == "":
	case seen[token]:
		c.at(at, "%q is used twice", token)
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>&"'`, r) }):
		c.at(at, "%q: a token is printable ASCII without spaces, quotes and <>&", token)
	}
	seen[token] = true
}

// size checks a picture's size and rate against what the encoder can write.
func (c *checker) size(at string, width, height, fps int) {
	if width%2 != 0 {
		c.at(at+"width", "%d is odd: want an even number of pixels", width)
	}
	if height%2 != 0 {
		c.at(at+"height", "%d is odd: want an even number of pixels", height)
	}
	blocks := ((width + 15) / 16) * ((height + 15) / 16)
	if blocks > maxMacroblocks || blocks*fps > maxMacroblocksSecond {
		c.at(fmt.Sprintf("%[1]sfps %[1]swidth %[1]sheight", at), "%dx%d at %d pictures a second is beyond H.264 level 5.1", width, height, fps)
	}
}

// within checks a stream against its video source.
func (c *checker) within(at string, i int, s Stream) {
	source, ok := c.Media.SourceOf(s)
	switch {
	case !ok && s.Source != "":
		c.at(at+"source media.sources", "media.streams[%d]: there is no video source %q", i, s.Source)
	case !ok:
	case s.Width > source.Width || s.Height > source.Height:
		c.at(at+"width "+at+"height media.sources", "%dx%d is larger than the video source %q, %dx%d", s.Width, s.Height, source.Token, source.Width, source.Height)
	case s.FPS > source.FPS:
		c.at(at+"fps media.sources", "%d is faster than the video source %q, %d", s.FPS, source.Token, source.FPS)
	}
}

// SourceOf returns the video source of a stream; false if there is none.
func (m Media) SourceOf(s Stream) (VideoSource, bool) {
	for _, source := range m.Sources {
		if s.Source == "" || s.Source == source.Token {
			return source, true
		}
	}
	return VideoSource{}, false
}

// ProfileToken returns the token of the stream's media profile.
func (s Stream) ProfileToken() string {
	if s.Token == "" {
		return s.Name
	}
	return s.Token
}

// GovLength returns the distance of key pictures, in pictures.
func (s Stream) GovLength() int {
	if s.GOP == 0 {
		return 2 * s.FPS
	}
	return s.GOP
}

func (c *checker) clock() {
	if !isPOSIXTimezone(c.Clock.Timezone) {
		c.at("clock.timezone", "%q is not a POSIX time zone such as UTC0 or CET-1CEST,M3.5.0,M10.5.0/3", c.Clock.Timezone)
	}
}

// isPOSIXTimezone reports whether text has the form of IEEE 1003.1 section 8.3:
// std offset [dst [offset] [,start[/time],end[/time]]].
func isPOSIXTimezone(text string) bool {
	const (
		name   = `([A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)`
		time   = `([0-9]|[01][0-9]|2[0-4])(:[0-5][0-9](:[0-5][0-9])?)?`
		offset = `[+-]?` + time
		date   = `(J[0-9]{1,3}|[0-9]{1,3}|M([1-9]|1[0-2])\.[1-5]\.[0-6])(/` + time + `)?`
	)
	return regexp.MustCompile(`^` + name + offset + `(` + name + `(` + offset + `)?(,` + date + `,` + date + `)?)?$`).MatchString(text)
}
