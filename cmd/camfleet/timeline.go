package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/camfleet/camfleet/sim/api"
)

// writeVerification prints the verdict line, and the timeline below it: GOPs that
// follow each other and are all authentic take one line together.
func writeVerification(w io.Writer, v api.Verification) error {
	fmt.Fprintln(w, verdictLine(v))
	for _, c := range v.Certificates {
		fmt.Fprintf(w, "  certificate %s, valid %s to %s\n", c.Subject, day(c.NotBefore), day(c.NotAfter))
	}
	for _, r := range v.Reasons {
		fmt.Fprintf(w, "  %s\n", reasonText(r))
	}
	if v.Uncovered > 0 {
		fmt.Fprintf(w, "  %d slices are of kinds that signing leaves out: nothing is said of them\n", v.Uncovered)
	}
	gops := withoutRepeats(v.GOPs)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if v.Skipped > 0 {
		fmt.Fprintf(table, "  -\tframes 0-%d\t\tskipped: they come before the first GOP\n", v.Skipped-1)
	}
	for i := 0; i < len(gops); {
		n := 1
		for clean(gops[i], gops[i]) && i+n < len(gops) && clean(gops[i+n], gops[i]) {
			n++
		}
		writeGOPs(table, gops[i:i+n])
		i += n
	}
	if v.Open > 0 {
		fmt.Fprintf(table, "  -\tframes %d-%d\t\topen: no signature covers them yet\n", v.Frames-v.Open, v.Frames-1)
	}
	return table.Flush()
}

// verdictLine sums up in one line.
func verdictLine(v api.Verification) string {
	line := strings.ToUpper(v.Authenticity)
	if v.Authenticity == "missing" {
		line = "AUTHENTIC WITH MISSING FRAMES"
	}
	line += fmt.Sprintf(": %s (%s, %s), %d frames", v.Source, v.Format, v.Codec, v.Frames)
	if len(v.GOPs) > 0 {
		line += fmt.Sprintf(", %d of %d GOPs authentic", v.Counts["authentic"], len(v.GOPs))
	}
	if v.LostPackets+v.BrokenPackets > 0 {
		line += fmt.Sprintf(", %d packets lost, %d broken", v.LostPackets, v.BrokenPackets)
	}
	if v.Authenticity == "unsigned" {
		return line
	}
	switch v.Provenance {
	case "trusted":
		line += ", signed by " + leaf(v)
	case "unknown":
		line += ", signer not judged (give --root)"
	default:
		line += ", SIGNER NOT TRUSTED"
	}
	if !v.Start.IsZero() {
		line += fmt.Sprintf(", %s to %s", instant(v.Start), instant(v.End))
	}
	return line
}

func leaf(v api.Verification) string {
	if len(v.Certificates) == 0 {
		return "-"
	}
	return v.Certificates[0].Subject
}

// clean reports whether there is nothing to say about a GOP but what was said of
// the first of its line.
func clean(g, first api.VerifiedGOP) bool {
	return g.Authenticity == "authentic" && g.Provenance == first.Provenance && g.Found == g.Expected && len(g.Reasons) == 0
}

// withoutRepeats leaves out what was said of the certificates of the GOP before
// already.
func withoutRepeats(gops []api.VerifiedGOP) []api.VerifiedGOP {
	out := slices.Clone(gops)
	said := map[string]bool{}
	for i := range out {
		now := map[string]bool{}
		out[i].Reasons = nil
		for _, r := range gops[i].Reasons {
			key := r.Cause + "\x00" + r.Certificate
			if r.Certificate != "" {
				now[key] = true
			}
			if r.Certificate == "" || !said[key] {
				out[i].Reasons = append(out[i].Reasons, r)
			}
		}
		said = now
	}
	return out
}

// writeGOPs prints a line for GOPs, and one for each reason.
func writeGOPs(w io.Writer, gops []api.VerifiedGOP) {
	first, last := gops[0], gops[len(gops)-1]
	number := fmt.Sprintf("#%d", first.Counter)
	if len(gops) > 1 {
		number += fmt.Sprintf("-%d", last.Counter)
	}
	frames := fmt.Sprintf("frames %d-%d", first.First, last.Last)
	if first.First < 0 {
		frames = "no frames"
	}
	span := ""
	if !first.Start.IsZero() {
		span = instant(first.Start)
	}
	verdict := first.Authenticity
	if first.Found != first.Expected {
		verdict += fmt.Sprintf(" (%d of %d slices)", first.Found, first.Expected)
	}
	if first.Provenance == "untrusted" {
		verdict += ", not trusted"
	}
	fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", number, frames, span, verdict)
	for _, r := range first.Reasons {
		fmt.Fprintf(w, "  \t\t\t  %s\n", reasonText(r))
	}
}

// reasonText is a finding in one line.
func reasonText(r api.VerifiedReason) string {
	text := r.Cause
	if r.Text != "" && !strings.HasPrefix(r.Text, r.Cause) {
		text += ": " + r.Text
	} else if r.Text != "" {
		text = r.Text
	}
	if r.Frame >= 0 && !strings.Contains(text, "frame") {
		text += fmt.Sprintf(", frame %d", r.Frame)
	}
	if r.Hash != "" && !strings.Contains(text, r.Hash) {
		text += ", hash " + r.Hash[:min(12, len(r.Hash))]
	}
	if r.Certificate != "" && !strings.Contains(text, r.Certificate) {
		text += ", certificate " + r.Certificate
	}
	return text
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
