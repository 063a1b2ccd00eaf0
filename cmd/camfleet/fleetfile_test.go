package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestFleetFileHasALimit(t *testing.T) {
	t.Parallel()
	for size, ok := range map[int]bool{maxFleetFile: true, maxFleetFile + 1: false} {
		file := filepath.Join(t.TempDir(), "fleet.yaml")
		text := "n: 2\n#"
		write(t, file, text+strings.Repeat("x", size-len(text)))
		if _, err := readFleetFile(file); (err == nil) != ok {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func TestEmptyFleetFileSaysNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "null\n"} {
		f, err := parseFleetFile("fleet.yaml", []byte(text))
		if err != nil || len(f.values) != 0 {
			t.Errorf("%q: %v %+v", text, err, f)
		}
	}
}

func FuzzFleetFile(f *testing.F) {
	for _, text := range []string{
		"", "n: 4\n", "# a fleet\nn: 7\nprofile: [flagship, ./my.yaml]\nseed: 0x10\njson: true\n", "n: [1, 2]\n", "profile:\n  a: b\n", "n: 1\nn: 2\n",
		"- n: 1\n", "n: [1\nbind: x\n", "n: 1\n---\nn: 2\n", "&a n: *a\n", "? [x]\n: y\n", "n: !!binary aGk=\n", "<<: {n: 1}\n", "bind: |\n  x\n", "\"\\q\": 1\n", "\tn: 1\n",
	} {
		f.Add(text)
	}
	place := regexp.MustCompile(`^fleet\.yaml(:\d+:\d+)?: `)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := parseFleetFile("fleet.yaml", []byte(text))
		if err == nil {
			err = file.check(nil)
		}
		var wrong *usage
		if err != nil && !errors.As(err, &wrong) {
			t.Errorf("%T is no usage error", err)
		}
		for _, one := range flatten(err) {
			if one != nil && !place.MatchString(one.Error()) {
				t.Errorf("%q has no place", one)
			}
		}
	})
}

func TestUnreadableFleetFileIsNamed(t *testing.T) {
	t.Parallel()
	_, err := readFleetFile(filepath.Join(t.TempDir(), "none.yaml"))
	if !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
