// Package e2e has no code: its tests drive fleets from outside, with clients
// that others wrote (ffmpeg, GStreamer, gortsplib, OpenSSL, curl, python-zeep,
// the npm package onvif) and with the camfleet program itself.
//
// `make test` installs what they need. A test fails where a client is missing;
// none is skipped.
package e2e
