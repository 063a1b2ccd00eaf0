// Package soap reads and writes SOAP messages as ONVIF uses them: the envelope
// of SOAP 1.2 (1.1 is tolerated), the header with WS-Addressing and WS-Security,
// faults with their normative reasons (Core 5.8.2), and the binder between the
// generated types of sim/internal/onvif and etree elements.
//
// Every element tree the package makes uses the prefixes the standards use
// (PrefixOf) and leaves them undeclared; Render declares those that occur once,
// on the envelope.
package soap
