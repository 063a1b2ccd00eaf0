package main

import (
	"fmt"
	"io"
)

// quietFleet is how many cameras start without a progress line.
const quietFleet = 8

// progress tells how far a big fleet is: on a terminal one line that is
// rewritten, elsewhere a line for each further tenth.
type progress struct {
	w        io.Writer
	terminal bool
	tenth    int
	shown    bool
}

func newProgress(w io.Writer, terminal bool) *progress {
	return &progress{w: w, terminal: terminal}
}

// show is told of every camera that is up.
func (p *progress) show(done, total int) {
	if total <= quietFleet || done > total {
		return
	}
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[Kstarting: %d of %d cameras", done, total)
		p.shown = true
		return
	}
	if tenth := done * 10 / total; tenth > p.tenth {
		p.tenth = tenth
		fmt.Fprintf(p.w, "starting: %d of %d cameras\n", done, total)
	}
}

// clear takes the line away.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
