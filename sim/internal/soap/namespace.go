package soap

// The namespaces the package itself works with.
const (
	SpaceEnvelope12  = "http://www.w3.org/2003/05/soap-envelope"
	SpaceEnvelope11  = "http://schemas.xmlsoap.org/soap/envelope/"
	SpaceError       = "http://www.onvif.org/ver10/error"
	SpaceAddressing  = "http://www.w3.org/2005/08/addressing"
	SpaceAddressing4 = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
	SpaceSecurity    = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
	SpaceUtility     = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
	SpaceBaseFaults  = "http://docs.oasis-open.org/wsrf/bf-2"
	SpaceSchema      = "http://www.w3.org/2001/XMLSchema"
	SpaceInstance    = "http://www.w3.org/2001/XMLSchema-instance"
	SpaceXML         = "http://www.w3.org/XML/1998/namespace"
)

// PrefixOf is the usual prefix of a namespace: the one ONVIF Core and the
// specifications it refers to print.
func PrefixOf(space string) (prefix string, ok bool) {
	for i := range prefixes {
		if prefixes[i].space == space {
			return prefixes[i].prefix, true
		}
	}
	return "", false
}

// SpaceOf is the namespace that usually has the prefix.
func SpaceOf(prefix string) (space string, ok bool) {
	for i := range prefixes {
		if prefixes[i].prefix == prefix {
			return prefixes[i].space, true
		}
	}
	return "", false
}

// prefixes is never changed.
var prefixes = [...]struct{ prefix, space string }{
	{"env", SpaceEnvelope12},
	{"ter", SpaceError},
	{"tt", "http://www.onvif.org/ver10/schema"},
	{"tds", "http://www.onvif.org/ver10/device/wsdl"},
	{"trt", "http://www.onvif.org/ver10/media/wsdl"},
	{"tr2", "http://www.onvif.org/ver20/media/wsdl"},
	{"tas", "http://www.onvif.org/ver10/advancedsecurity/wsdl"},
	{"tev", "http://www.onvif.org/ver10/events/wsdl"},
	{"tptz", "http://www.onvif.org/ver20/ptz/wsdl"},
	{"timg", "http://www.onvif.org/ver20/imaging/wsdl"},
	{"tmd", "http://www.onvif.org/ver10/deviceIO/wsdl"},
	{"trc", "http://www.onvif.org/ver10/recording/wsdl"},
	{"tse", "http://www.onvif.org/ver10/search/wsdl"},
	{"trp", "http://www.onvif.org/ver10/replay/wsdl"},
	{"tan", "http://www.onvif.org/ver20/analytics/wsdl"},
	{"axt", "http://www.onvif.org/ver20/analytics"},
	{"tns1", "http://www.onvif.org/ver10/topics"},
	{"dn", "http://www.onvif.org/ver10/network/wsdl"},
	{"bd", "http://www.onvif.org/ver20/analytics/humanbody"},
	{"fc", "http://www.onvif.org/ver20/analytics/humanface"},
	{"ttr", "http://www.onvif.org/ver20/analytics/radiometry"},
	{"wsa", SpaceAddressing},
	{"wsa4", SpaceAddressing4},
	{"wsnt", "http://docs.oasis-open.org/wsn/b-2"},
	{"wstop", "http://docs.oasis-open.org/wsn/t-1"},
	{"wsrfbf", SpaceBaseFaults},
	{"wsrfr", "http://docs.oasis-open.org/wsrf/r-2"},
	{"wsse", SpaceSecurity},
	{"wsu", SpaceUtility},
	{"d", "http://schemas.xmlsoap.org/ws/2005/04/discovery"},
	{"xmime", "http://www.w3.org/2005/05/xmlmime"},
	{"xop", "http://www.w3.org/2004/08/xop/include"},
	{"soap11", SpaceEnvelope11},
	{"xs", SpaceSchema},
	{"xsi", SpaceInstance},
	{"xml", SpaceXML},
}
