package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Sources says where the files are that the code is made from.
type Sources struct {
	WSDL       string // folder of the ONVIF WSDL and XSD files
	External   string // folder of the OASIS and W3C files they import
	Operations string // the operation table, operations.json
	Output     string // folder the packages are written below
}

// findSources finds the sources beside the module that holds dir; getenv may
// name other places (ONVIF_DIR, ONVIF_WSDL_DIR, ONVIF_OPERATIONS).
func findSources(dir string, getenv func(string) string) (Sources, error) {
	root, err := moduleRoot(dir)
	if err != nil {
		return Sources{}, err
	}
	shared := filepath.Join(filepath.Dir(root), "shared")
	onvif := cmp.Or(getenv("ONVIF_DIR"), filepath.Join(shared, "onvif"))
	s := Sources{
		WSDL:       cmp.Or(getenv("ONVIF_WSDL_DIR"), filepath.Join(onvif, "wsdl")),
		External:   filepath.Join(onvif, "external"),
		Operations: cmp.Or(getenv("ONVIF_OPERATIONS"), filepath.Join(shared, "spec", "operations.json")),
		Output:     filepath.Join(root, "sim", "internal", "onvif"),
	}
	for _, p := range []string{s.WSDL, s.External, s.Operations} {
		if _, err := os.Stat(p); err != nil {
			return Sources{}, fmt.Errorf("the ONVIF files are needed (ONVIF_DIR, ONVIF_WSDL_DIR and ONVIF_OPERATIONS name other places): %w", err)
		}
	}
	return s, nil
}

// moduleRoot is the nearest folder at or above dir that holds a go.mod.
func moduleRoot(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod at or above the working directory")
		}
		dir = parent
	}
}

// document is one schema or WSDL file to read.
type document struct {
	path    string // below the WSDL or the external folder
	ext     bool   // it is below the external folder
	pkg     string // Go package of its types; empty: only looked up
	service string // as in the operation table; empty: no service
}

// documents are the files read, in the order of their packages' dependence.
func documents() []document {
	return []document{
		{path: "xml.xsd", ext: true},
		{path: "soap-envelope.xsd", ext: true, pkg: "env"},
		{path: "xmlmime.xsd", ext: true, pkg: "xmime"},
		{path: "xop-include.xsd", ext: true, pkg: "xop"},
		{path: "ws-addr.xsd", ext: true, pkg: "wsa"},
		{path: "bf-2.xsd", ext: true, pkg: "wsrfbf"},
		{path: "r-2.xsd", ext: true, pkg: "wsrfr"},
		{path: "t-1.xsd", ext: true, pkg: "wstop"},
		{path: "b-2.xsd", ext: true, pkg: "wsnt"},
		{path: "bw-2.wsdl", ext: true, pkg: "wsnt", service: "event"},
		{path: "ver10/schema/common.xsd", pkg: "tt"},
		{path: "ver10/schema/onvif.xsd", pkg: "tt"},
		{path: "ver20/analytics/humanbody.xsd", pkg: "bd"},
		{path: "ver20/analytics/humanface.xsd", pkg: "fc"},
		{path: "ver10/schema/metadatastream.xsd", pkg: "metadatastream"},
		{path: "ver10/device/wsdl/devicemgmt.wsdl", pkg: "tds", service: "device"},
		{path: "ver10/media/wsdl/media.wsdl", pkg: "trt", service: "media"},
		{path: "ver20/media/wsdl/media.wsdl", pkg: "tr2", service: "media2"},
		{path: "ver10/events/wsdl/event.wsdl", pkg: "tev", service: "event"},
		{path: "ver10/advancedsecurity/wsdl/advancedsecurity.wsdl", pkg: "tas", service: "security"},
		{path: "ver20/ptz/wsdl/ptz.wsdl", pkg: "tptz", service: "ptz"},
		{path: "ver20/imaging/wsdl/imaging.wsdl", pkg: "timg", service: "imaging"},
		{path: "ver10/deviceio.wsdl", pkg: "tmd", service: "deviceio"},
		{path: "ver10/recording.wsdl", pkg: "trc", service: "recording"},
		{path: "ver10/search.wsdl", pkg: "tse", service: "search"},
		{path: "ver10/replay.wsdl", pkg: "trp", service: "replay"},
		{path: "ver20/analytics/wsdl/analytics.wsdl", pkg: "tan", service: "analytics"},
	}
}
