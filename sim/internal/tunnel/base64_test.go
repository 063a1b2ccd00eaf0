package tunnel

import (
	"bytes"
	"encoding/base64"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// coded are POST bodies and what they hold; "" of an error: none.
func coded() []struct{ text, plain, err string } {
	return []struct{ text, plain, err string }{
		{"", "", ""},
		{"T1BUSU9OUw==", "OPTIONS", ""},
		{"T1BU\r\nSU9O\tUw = =\n", "OPTIONS", ""}, // RTSS-1-1-45
		{"YQ==YmM=ZGVm", "abcdef", ""},            // each request by itself
		{"////++++", "\xff\xff\xff\xfb\xef\xbe", ""},
		{"T1BU!", "OPT", "base64: 0x21 is no digit"},
		{"T1BU-_", "OPT", "base64: 0x2d is no digit"},
		{"\x00", "", "base64: 0x00 is no digit"},
		{"=", "", errPadding.Error()},
		{"A===", "", errPadding.Error()},
		{"AA=A", "", errPadding.Error()},
		{"QUJD=", "ABC", errPadding.Error()},
		{"QUI", "", ""}, // the rest may come yet
	}
}

func TestBase64IsDecodedAsItComes(t *testing.T) {
	t.Parallel()
	for _, tc := range coded() {
		for size := 1; size <= len(tc.text)+1; size++ {
			var d decoder
			var plain []byte
			var err error
			for rest := []byte(tc.text); len(rest) > 0 && err == nil; {
				n := min(size, len(rest))
				plain, err = d.decode(plain, rest[:n])
				rest = rest[n:]
			}
			text := ""
			if err != nil {
				text = err.Error()
			}
			if string(plain) != tc.plain || text != tc.err {
				t.Errorf("%q by %d: %q, %q; want %q, %q", tc.text, size, plain, text, tc.plain, tc.err)
			}
		}
	}
}

// TestBase64OfManyRequestsIsTheirBytes, however they are cut on the way.
func TestBase64OfManyRequestsIsTheirBytes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var text, want []byte
		for range rapid.IntRange(0, 5).Draw(r, "requests") {
			b := rapid.SliceOf(rapid.Byte()).Draw(r, "request")
			want = append(want, b...)
			text = base64.StdEncoding.AppendEncode(text, b)
		}
		var d decoder
		var got []byte
		buf := make([]byte, 7)
		for source := iotest.HalfReader(bytes.NewReader(text)); ; {
			n, end := source.Read(buf[:rapid.IntRange(1, 7).Draw(r, "read")])
			var err error
			if got, err = d.decode(got, buf[:n]); err != nil {
				t.Fatal(err)
			}
			if end != nil {
				break
			}
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("%q is %q, want %q", text, got, want)
		}
	})
}

// FuzzBase64 compares with encoding/base64 where that takes the text.
func FuzzBase64(f *testing.F) {
	for _, tc := range coded() {
		f.Add([]byte(tc.text), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, cut int) {
		var d decoder
		cut = max(0, min(cut, len(text)))
		got, err := d.decode(nil, text[:cut])
		if err == nil {
			got, err = d.decode(got, text[cut:])
		}
		if len(got) > len(text)*3/4 {
			t.Errorf("%d bytes of %d", len(got), len(text))
		}
		if want, bad := base64.StdEncoding.DecodeString(string(text)); bad == nil && (err != nil || !bytes.Equal(got, want)) {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	})
}
