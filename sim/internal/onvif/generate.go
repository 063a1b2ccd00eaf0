// Package onvif is the root of the generated ONVIF and OASIS types: one package
// below it for each XML namespace, named by the prefix the standards use (tds,
// trt, tr2, tas, tev, tt, wsnt …). The metadata stream shares the namespace of
// tt and has a package of its own, metadatastream, since the schemas it imports
// import tt back.
//
// The code is made from the WSDL and XSD files and the operation table in
// ../shared; ONVIF_DIR (the folder that holds wsdl/ and external/),
// ONVIF_WSDL_DIR (wsdl/ alone) and ONVIF_OPERATIONS (the table) name others.
package onvif

//go:generate go run ./gen
