package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func sources(t *testing.T) Sources {
	t.Helper()
	s, err := findSources(".", os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCommittedCodeIsWhatTheGeneratorMakes(t *testing.T) {
	t.Parallel()
	s := sources(t)
	files, err := generate(s)
	if err != nil {
		t.Fatal(err)
	}
	different, err := compare(s.Output, files)
	if err != nil {
		t.Fatal(err)
	}
	if len(different) > 0 {
		t.Errorf("run go generate ./...: these differ: %v", different)
	}
}

func TestGeneratingTwiceMakesTheSame(t *testing.T) {
	t.Parallel()
	s := sources(t)
	first, err := generate(s)
	if err != nil {
		t.Fatal(err)
	}
	second, err := generate(s)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != len(second) {
		t.Fatalf("%d and %d files", len(first), len(second))
	}
	for path, src := range first {
		if string(src) != string(second[path]) {
			t.Errorf("%s differs", path)
		}
	}
}

func TestCompareFindsChangedMissingAndSurplusFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path, text := range map[string]string{"a/types.go": "same", "b/types.go": "old", "c/operations.go": "surplus"} {
		full := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := compare(dir, map[string][]byte{"a/types.go": []byte("same"), "b/types.go": []byte("new"), "d/types.go": []byte("missing")})
	if err != nil {
		t.Fatal(err)
	}
	if want := "b/types.go c/operations.go d/types.go"; strings.Join(got, " ") != want {
		t.Errorf("different: %v, want %v", got, want)
	}
}

func TestEnvironmentNamesOtherPlaces(t *testing.T) {
	t.Parallel()
	s := sources(t)
	env := map[string]string{"ONVIF_WSDL_DIR": s.WSDL, "ONVIF_OPERATIONS": s.Operations}
	if got, err := findSources(".", func(k string) string { return env[k] }); err != nil || got.WSDL != s.WSDL || got.Operations != s.Operations {
		t.Errorf("%+v, %v", got, err)
	}
	env["ONVIF_WSDL_DIR"] = filepath.Join(t.TempDir(), "none")
	if _, err := findSources(".", func(k string) string { return env[k] }); err == nil || !strings.Contains(err.Error(), "ONVIF_WSDL_DIR") {
		t.Errorf("error %v, want one that names ONVIF_WSDL_DIR", err)
	}
}

func TestGoNames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"token": "Token", "KeyID": "KeyID", "GetStreamUri": "GetStreamUri", "EAN-13": "EAN13",
		"G.711": "G711", "802.1x": "N8021x", "": "Empty", "RTP/RTSP": "RTPRTSP",
	} {
		if got := goName(in); got != want {
			t.Errorf("goName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestBrokenSourcesAreErrors(t *testing.T) {
	t.Parallel()
	for what, text := range map[string]string{
		"neither a schema": `<a/>`,
		"not handled":      `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x"><xs:notation/></xs:schema>`,
		"EOF":              `<xs:schema`,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x.xsd"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readSchemas(Sources{WSDL: dir}, []document{{path: "x.xsd", pkg: "tt"}})
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: error %v", what, err)
		}
	}
}

func TestNamespaceWithoutUsualPrefixIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:strange"><xs:element name="a" type="xs:string"/></xs:schema>`
	if err := os.WriteFile(filepath.Join(dir, "x.xsd"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := readSchemas(Sources{WSDL: dir}, []document{{path: "x.xsd", pkg: "strange"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := build(all); err == nil || !strings.Contains(err.Error(), "urn:strange") {
		t.Errorf("error %v, want one that names urn:strange", err)
	}
}

func TestEveryOperationOfTheTableIsResolved(t *testing.T) {
	t.Parallel()
	s := sources(t)
	all, err := readSchemas(s, documents())
	if err != nil {
		t.Fatal(err)
	}
	ops, err := readOperations(s.Operations)
	if err != nil {
		t.Fatal(err)
	}
	if len(ops) != 449 {
		t.Errorf("%d operations, want 449", len(ops))
	}
	actions := map[string]string{
		"tev:PullMessages": "http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/PullMessagesResponse",
		"tev:Unsubscribe":  "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeResponse",
		"wsnt:Renew":       "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewResponse",
		"tds:GetServices":  "http://www.onvif.org/ver10/device/wsdl/Device/GetServicesResponse",
	}
	for _, o := range ops {
		if err := all.resolve(o); err != nil {
			t.Error(err)
		}
		if o.Action == "" || o.request.local == "" || o.replyAction == "" && o.Name != "Notify" {
			t.Errorf("%s:%s is incomplete: %+v", o.Prefix, o.Name, o)
		}
		if want, ok := actions[o.Prefix+":"+o.Name]; ok && o.replyAction != want {
			t.Errorf("%s:%s: reply action %s, want %s", o.Prefix, o.Name, o.replyAction, want)
		}
	}
}
