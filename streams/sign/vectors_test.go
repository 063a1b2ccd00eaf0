package sign_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/camfleet/camfleet/streams"
	"github.com/camfleet/camfleet/streams/sign"
)

// vectors is where the vectors of the reference signer are kept.
const vectors = "../../../shared/vectors/media-signing"

func load(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectors, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func root(t *testing.T, name string) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(load(t, name))
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func codecOf(name string) streams.Codec {
	if strings.Contains(name, "h265") {
		return streams.H265
	}
	return streams.H264
}

// read returns the access units of a vector.
func read(t *testing.T, name string) []*streams.AccessUnit {
	t.Helper()
	if strings.HasSuffix(name, ".mp4") {
		return samples(t, name)
	}
	return units(codecOf(name), annexB(load(t, name)))
}

func annexB(b []byte) (nals [][]byte) {
	for _, part := range bytes.Split(b, []byte{0, 0, 1})[1:] {
		nals = append(nals, bytes.TrimRight(part, "\x00"))
	}
	return nals
}

// units groups NAL units: a picture begins with its first slice or what goes
// before it.
func units(codec streams.Codec, nals [][]byte) (all []*streams.AccessUnit) {
	au := &streams.AccessUnit{}
	pictured := false
	for _, nal := range nals {
		vcl, first := nal[0]&0x1f >= 1 && nal[0]&0x1f <= 5, nal[1]&0x80 != 0
		if codec == streams.H265 {
			vcl, first = nal[0]>>1&0x3f < 32, nal[2]&0x80 != 0
		}
		if pictured && (!vcl || first) {
			all = append(all, au)
			au, pictured = &streams.AccessUnit{}, false
		}
		au.NALs, pictured = append(au.NALs, nal), pictured || vcl
	}
	return append(all, au)
}

// samples reads the samples of an MP4 file where ffprobe finds them, those
// without a picture left out.
func samples(t *testing.T, name string) (all []*streams.AccessUnit) {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "quiet", "-select_streams", "v", "-show_packets",
		"-show_entries", "packet=pos,size", "-of", "csv=p=0", filepath.Join(vectors, name)).Output()
	if err != nil {
		t.Fatalf("ffprobe: %v", err)
	}
	file := load(t, name)
	for _, line := range strings.Fields(string(out)) {
		fields := strings.Split(strings.Trim(line, ","), ",")
		size, err := strconv.Atoi(fields[0])
		if err != nil {
			t.Fatal(err)
		}
		at, err := strconv.Atoi(fields[1])
		if err != nil {
			t.Fatal(err)
		}
		au := &streams.AccessUnit{}
		for b := file[at : at+size]; len(b) > 0; {
			n := binary.BigEndian.Uint32(b)
			au.NALs, b = append(au.NALs, b[4:4+n]), b[4+n:]
		}
		if len(au.NALs) == 1 && sign.IsSEI(codecOf(name), au.NALs[0]) {
			continue
		}
		all = append(all, au)
	}
	return all
}

// verify runs access units through a verifier.
func verify(t *testing.T, c sign.VerifierConfig, all []*streams.AccessUnit) ([]sign.Verdict, sign.Report) {
	t.Helper()
	v, err := sign.NewVerifier(c)
	if err != nil {
		t.Fatal(err)
	}
	var verdicts []sign.Verdict
	for _, au := range all {
		verdicts = append(verdicts, v.Push(au)...)
	}
	rest, report := v.Close()
	return append(verdicts, rest...), report
}

func TestVectorsGetTheVerdictsOfTheReferenceValidator(t *testing.T) {
	t.Parallel()
	then := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		file, root       string
		at               time.Time
		ok, missing, not int
		open             int
		total            sign.Authenticity
		provenance       sign.Provenance
		cause            sign.Cause
		frame            int
	}{
		{file: "test_signed_h264.mp4", root: "ca.pem", at: then, ok: 4, open: 8, total: sign.Authentic, provenance: sign.Trusted},
		{file: "test_signed_h264.mp4", root: "ca.pem", at: then.AddDate(1, 0, 0), ok: 4, open: 8, total: sign.Authentic, provenance: sign.Untrusted},
		{file: "test_signed_h265.mp4", root: "ca.pem", at: then, ok: 4, open: 54, total: sign.Authentic, provenance: sign.Trusted},
		{file: "sample_escaped_h264.h264", root: "ca.pem", at: then, ok: 5, total: sign.Authentic, provenance: sign.Trusted},
		{file: "sample_escaped_h265.h265", root: "ca.pem", at: then, ok: 5, total: sign.Authentic, provenance: sign.Trusted},
		{file: "tampered_flip_h264.mp4", root: "ca.pem", at: then, ok: 3, not: 1, open: 8, total: sign.NotAuthentic, provenance: sign.Trusted, cause: sign.SliceChanged, frame: 100},
		{file: "tampered_swap_h265.mp4", root: "ca.pem", at: then, ok: 3, not: 1, open: 54, total: sign.NotAuthentic, provenance: sign.Trusted, cause: sign.SliceMoved, frame: 101},
		{file: "v2_h264.h264", root: "v2_root.pem", ok: 6, open: 25, total: sign.Authentic, provenance: sign.Trusted},
		{file: "v2_h264.h264", root: "ca.pem", ok: 6, open: 25, total: sign.Authentic, provenance: sign.Untrusted},
		{file: "v2_h265.h265", root: "v2_root.pem", ok: 6, open: 25, total: sign.Authentic, provenance: sign.Trusted},
		{file: "v2_h264_3slices_partial.h264", root: "v2_root.pem", ok: 20, open: 5, total: sign.Authentic, provenance: sign.Trusted},
		{file: "v2_h265_certsei_lowbitrate.h265", root: "v2_root.pem", ok: 6, open: 25, total: sign.Authentic, provenance: sign.Trusted},
		{file: "tampered_drop_v2.h264", root: "v2_root.pem", ok: 5, missing: 1, open: 25, total: sign.AuthenticWithMissing, provenance: sign.Trusted, cause: sign.SliceMissing, frame: -1},
	} {
		t.Run(tt.file+" "+tt.root+" "+tt.at.Format("2006"), func(t *testing.T) {
			t.Parallel()
			c := sign.VerifierConfig{Codec: codecOf(tt.file), Roots: []*x509.Certificate{root(t, tt.root)}, At: tt.at}
			verdicts, r := verify(t, c, read(t, tt.file))
			if r.Counts[sign.Authentic] != tt.ok || r.Counts[sign.AuthenticWithMissing] != tt.missing || r.Counts[sign.NotAuthentic] != tt.not ||
				len(verdicts) != tt.ok+tt.missing+tt.not || r.Open != tt.open {
				t.Errorf("%d verdicts %v, %d open: want %d authentic, %d with missing, %d not, %d open",
					len(verdicts), r.Counts, r.Open, tt.ok, tt.missing, tt.not, tt.open)
			}
			if r.Authenticity != tt.total || r.Provenance != tt.provenance {
				t.Errorf("in all %q, %q: want %q, %q", r.Authenticity, r.Provenance, tt.total, tt.provenance)
			}
			var causes []sign.Reason
			for _, d := range verdicts {
				if d.Authenticity != sign.Authentic {
					causes = append(causes, d.Reasons...)
				}
			}
			if tt.cause == "" && len(causes) > 0 || tt.cause != "" && !has(causes, tt.cause, tt.frame) {
				t.Errorf("reasons %+v: want %q in frame %d", causes, tt.cause, tt.frame)
			}
		})
	}
}

func has(reasons []sign.Reason, cause sign.Cause, frame int) bool {
	for _, r := range reasons {
		if r.Cause == cause && r.Frame == frame {
			return true
		}
	}
	return false
}

// vector is the description beside a file.
type vector struct {
	SEIs []struct {
		Size      int    `json:"document_bytes"`
		Document  string `json:"document_sha256"`
		Signature string `json:"signature_der"`
	}
}

func TestVectorsAreReadAsTheyAreDescribed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"v2_h264", "v2_h265", "v2_h264_3slices_partial", "v2_h265_certsei_lowbitrate"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := describe(t, name)
			var seis []*sign.SEI
			for _, nal := range annexB(load(t, fileOf(name))) {
				if sign.IsSEI(codecOf(name), nal) {
					s, err := sign.ParseSEI(codecOf(name), nal)
					if err != nil {
						t.Fatal(err)
					}
					seis = append(seis, s)
				}
			}
			if len(seis) != len(want.SEIs) {
				t.Fatalf("%d SEIs: want %d", len(seis), len(want.SEIs))
			}
			for i, w := range want.SEIs {
				s := seis[i]
				document, err := s.Document()
				if err != nil {
					t.Fatal(err)
				}
				if sum := sha256.Sum256(document); len(document) != w.Size || hex.EncodeToString(sum[:]) != w.Document {
					t.Errorf("SEI %d: document of %d bytes, %x: want %d, %s", i, len(document), sum, w.Size, w.Document)
				}
				if hex.EncodeToString(s.Signature) != w.Signature {
					t.Errorf("SEI %d: signature %x: want %s", i, s.Signature, w.Signature)
				}
				written, err := s.NAL()
				if err != nil {
					t.Fatal(err)
				}
				s.Edit()
				if again, err := s.NAL(); err != nil || !bytes.Equal(again, written) {
					t.Errorf("SEI %d is not written as it was read: %v", i, err)
				}
			}
		})
	}
}

func fileOf(name string) string { return name + "." + string(codecOf(name)) }

func describe(t *testing.T, name string) vector {
	t.Helper()
	var v vector
	if err := json.Unmarshal(load(t, name+".json"), &v); err != nil {
		t.Fatal(err)
	}
	return v
}
