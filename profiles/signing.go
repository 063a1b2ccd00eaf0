package profiles

// MediaSigning says how streams are signed (ONVIF Media Signing). They can be if
// security.media_signing is true; clients switch it for each encoder.
type MediaSigning struct {
	// Enabled has the streams signed when the camera leaves the factory.
	Enabled bool `yaml:"enabled" default:"true"`
	// CertificateSEI sends the certificates in a SEI of their own, at the start of a stream,
	// whenever a reader joins and with each synchronization point, instead of in every SEI.
	CertificateSEI bool `yaml:"certificate_sei" default:"false"`
	// LowBitrate leaves the hash lists out: a loss cannot be told from a change.
	LowBitrate bool `yaml:"low_bitrate" default:"false"`
	// PartialGOP is after how many pictures a GOP is cut and signed in parts; 0: after
	// five seconds, as the specification advises.
	PartialGOP int `yaml:"partial_gop" default:"0" min:"0" max:"600"`
	// Pending is how many signatures may be due while the key is slow or gone.
	Pending int `yaml:"pending" default:"16" min:"1" max:"64"`
}
