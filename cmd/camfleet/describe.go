package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/camfleet/camfleet/sim/api"
)

// describe prints a running fleet for people: a line a camera, how to get in,
// what to try.
func (p *program) describe(f api.Fleet) error {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range f.Cameras {
		rtsp, rtsps := "", ""
		if len(c.Streams) > 0 {
			rtsp, rtsps = c.Streams[0].RTSP, c.Streams[0].RTSPS
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", c.Name, c.Profile, first(c.DeviceURL, c.DeviceURLTLS), rtsp, rtsps)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, note := range f.Notes {
		fmt.Fprintf(&b, "note       %s\n", note)
	}
	dashboard := f.Control + "/"
	if f.ControlToken != "" {
		fmt.Fprintf(&b, "token      %s (for the control API and the dashboard)\n", f.ControlToken)
		dashboard += "#token=" + url.QueryEscape(f.ControlToken)
	}
	fmt.Fprintf(&b, "dashboard  %s\n", dashboard)
	fmt.Fprintf(&b, "accounts   %s\n", accounts(f.Cameras))
	for i, line := range p.suggestions(f) {
		label := "try"
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(&b, "%-9s  %s\n", label, line)
	}
	cameras := "cameras"
	if len(f.Cameras) == 1 {
		cameras = "camera"
	}
	fmt.Fprintf(&b, "ready: %d %s in %.1f s\n", len(f.Cameras), cameras, f.ReadySeconds)
	_, err := p.stdout.Write([]byte(b.String()))
	return err
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// accounts sums up who can log in: the accounts that all cameras share, and
// whether some have others.
func accounts(cameras []api.Camera) string {
	if len(cameras) == 0 {
		return "none"
	}
	var shared []api.Account
	others := false
	for _, a := range cameras[0].Accounts {
		everywhere := true
		for _, c := range cameras[1:] {
			everywhere = everywhere && hasAccount(c, a)
		}
		if everywhere {
			shared = append(shared, a)
		}
	}
	for _, c := range cameras {
		others = others || len(c.Accounts) > len(shared)
	}
	text := accountList(shared)
	if others {
		text += "; some cameras have others: see ls --json"
	}
	return text
}

func hasAccount(c api.Camera, a api.Account) bool {
	for _, b := range c.Accounts {
		if a == b {
			return true
		}
	}
	return false
}

// accountList names accounts with their passwords, once if it is one for all.
func accountList(list []api.Account) string {
	if len(list) == 0 {
		return "none that all cameras share"
	}
	same := true
	for _, a := range list {
		same = same && a.Password == list[0].Password
	}
	names := make([]string, len(list))
	for i, a := range list {
		names[i] = fmt.Sprintf("%s (%s)", a.User, a.Level)
		if !same && a.Password != "" {
			names[i] = fmt.Sprintf("%s / %s (%s)", a.User, a.Password, a.Level)
		}
	}
	text := strings.Join(names, ", ")
	switch {
	case same && list[0].Password == "": // not the one from the factory any more
		text += "; with the passwords that were set"
	case same:
		text += "; password " + list[0].Password
	}
	return text
}

// suggestions are three commands to copy: play, play with a token, take a
// picture; each for the first camera that can do it.
func (p *program) suggestions(f api.Fleet) []string {
	makers := []func(api.Fleet, api.Camera) string{p.playCommand, p.playWithTokenCommand, p.pictureCommand}
	var lines []string
	for _, command := range makers {
		for _, c := range f.Cameras {
			if line := command(f, c); line != "" {
				lines = append(lines, line)
				break
			}
		}
	}
	return lines
}

// playCommand plays RTSP with Digest; empty: this camera cannot.
func (p *program) playCommand(_ api.Fleet, c api.Camera) string {
	if len(c.Streams) == 0 || c.Streams[0].RTSP == "" || len(c.Accounts) == 0 || least(c).Password == "" {
		return ""
	}
	return "ffplay -rtsp_transport tcp " + shell(withUser(reachable(c.Streams[0].RTSP), least(c)))
}

// playWithTokenCommand plays RTSPS with a token. ffplay has no flag for header
// lines of RTSP, but writes its user agent as it is.
func (p *program) playWithTokenCommand(f api.Fleet, c api.Camera) string {
	if len(c.Streams) == 0 || c.Streams[0].RTSPS == "" || !c.Tokens {
		return ""
	}
	return fmt.Sprintf(`ffplay -rtsp_transport tcp -user_agent "$(printf 'ffplay\r\nAuthorization: Bearer %%s' "$(%s)")" %s`,
		p.tokenCommand(f), shell(reachable(c.Streams[0].RTSPS)))
}

// pictureCommand saves a snapshot.
func (p *program) pictureCommand(_ api.Fleet, c api.Camera) string {
	if c.Snapshot == "" || len(c.Accounts) == 0 {
		return ""
	}
	user := least(c)
	if user.Password == "" {
		return fmt.Sprintf("curl -s --digest -u %s -o %s %s", shell(user.User), shell(c.Name+".jpg"), shell(reachable(c.Snapshot))) // asks for it
	}
	return fmt.Sprintf("curl -s --digest -u %s -o %s %s", shell(user.User+":"+user.Password), shell(c.Name+".jpg"), shell(reachable(c.Snapshot)))
}

// least is the account with the fewest rights: the last one, as profiles list them.
func least(c api.Camera) api.Account { return c.Accounts[len(c.Accounts)-1] }

// tokenCommand is `camfleet token` as it reaches this fleet.
func (p *program) tokenCommand(f api.Fleet) string {
	command := shell(p.name) + " token --role User"
	if u, err := url.Parse(f.Control); err == nil && u.Host != "127.0.0.1:8800" {
		command += " --control " + shell(hostPort(u))
	}
	if f.ControlToken != "" {
		command += " --control-token " + shell(f.ControlToken)
	}
	return command
}

// reachable replaces an unspecified host, which one can listen on but not call.
func reachable(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	u.Host = hostPort(u)
	return u.String()
}

func hostPort(u *url.URL) string {
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && a.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", u.Port())
	}
	return u.Host
}

// withUser puts an account into a URL.
func withUser(raw string, a api.Account) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	u.User = url.UserPassword(a.User, a.Password)
	return u.String()
}

// shell quotes a word for a POSIX shell where it needs to be.
func shell(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+=,"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
