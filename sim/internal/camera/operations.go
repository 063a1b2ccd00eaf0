package camera

import (
	"slices"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/onvif/tan"
	"github.com/camfleet/camfleet/sim/internal/onvif/timg"
	"github.com/camfleet/camfleet/sim/internal/onvif/tmd"
	"github.com/camfleet/camfleet/sim/internal/onvif/tptz"
	"github.com/camfleet/camfleet/sim/internal/onvif/trc"
	"github.com/camfleet/camfleet/sim/internal/onvif/trp"
	"github.com/camfleet/camfleet/sim/internal/onvif/tse"
	"github.com/camfleet/camfleet/sim/internal/op"
	"github.com/camfleet/camfleet/sim/internal/soap"
)

// Coverage says of one operation whether cameras carry it out.
type Coverage struct {
	Row *op.Row
	// Request is the name of the request's element; zero for services no camera has.
	Request   soap.QName
	Simulated bool
	Off       bool // simulated, and switched off by the profile
}

// Operations lists the operations of all ONVIF services, also of those no
// camera has. Without a profile nothing is off.
func Operations(p *profiles.Profile) []Coverage {
	var list []Coverage
	seen, offOps := map[string]bool{}, map[string]bool{}
	if p != nil {
		offOps = switchedOff(p)
	}
	for _, s := range NewCatalogue().all {
		offered := p == nil || s.Name == "device" || slices.Contains(p.ONVIF.Services, s.Name)
		for _, e := range s.Entries {
			off := p != nil && (!offered || offOps[e.Row.ID()])
			list = append(list, Coverage{Row: e.Row, Request: e.Request, Simulated: e.Call != nil, Off: e.Call != nil && off})
			seen[e.Row.ID()] = true
		}
	}
	for _, rows := range [][]*op.Row{tptz.Rows(), timg.Rows(), tmd.Rows(), trc.Rows(), tse.Rows(), trp.Rows(), tan.Rows()} {
		for _, row := range rows {
			if !seen[row.ID()] {
				list = append(list, Coverage{Row: row})
			}
		}
	}
	return list
}

// OperationNames are the names a profile may switch off.
func OperationNames() []string {
	var names []string
	for _, c := range Operations(nil) {
		names = append(names, c.Row.ID())
	}
	return names
}
