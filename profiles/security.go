package profiles

import (
	"fmt"
	"slices"
	"strings"
)

// Security is what the Security service offers where the standard leaves a
// choice (Security 25.06 5.8): what its capabilities name, and nothing else is
// taken. An empty list switches off what needs it. How many of a kind there is
// room for stands in limits.keystore.
type Security struct {
	// RSAKeyLengths in bits; none: no RSA keys are made or taken.
	RSAKeyLengths []int `yaml:"rsa_key_lengths" default:"2048,3072,4096" jsonschema:"enum=2048,enum=3072,enum=4096,uniqueItems=true"`
	// EllipticCurves by their names in the IANA registry of TLS groups; none: no
	// such keys are made or taken. Releases before 23.12 have none.
	EllipticCurves []string `yaml:"elliptic_curves" default:"secp256r1,secp384r1,secp521r1" jsonschema:"enum=secp256r1,enum=secp384r1,enum=secp521r1,uniqueItems=true"`
	// SignatureAlgorithms of requests, certificates and revocation lists (RFC 3279, RFC 4055, RFC 5758);
	// those of keys the camera does not have fall away.
	SignatureAlgorithms []string `yaml:"signature_algorithms" default:"sha1-WithRSAEncryption,sha256WithRSAEncryption,sha384WithRSAEncryption,sha512WithRSAEncryption,id-RSASSA-PSS,ecdsa-with-SHA1,ecdsa-with-SHA256,ecdsa-with-SHA384,ecdsa-with-SHA512" jsonschema:"enum=sha1-WithRSAEncryption,enum=sha256WithRSAEncryption,enum=sha384WithRSAEncryption,enum=sha512WithRSAEncryption,enum=id-RSASSA-PSS,enum=ecdsa-with-SHA1,enum=ecdsa-with-SHA256,enum=ecdsa-with-SHA384,enum=ecdsa-with-SHA512,uniqueItems=true,minItems=1"`
	// PasswordBased is how containers with keys may be protected.
	PasswordBased PasswordBased `yaml:"password_based"`
	// Dot1XMethods of IEEE 802.1X, outermost first; EAP-PEAP/MSCHAPv2 is among them, or there is no 802.1X.
	Dot1XMethods []string `yaml:"dot1x_methods" default:"EAP-PEAP/MSCHAPv2,EAP-TLS,EAP-MD5,EAP-PEAP/EAP-TLS,EAP-TTLS/MSCHAPv2,EAP-TTLS/PAP,EAP-TTLS/CHAP,EAP-TTLS/EAP-MD5,EAP-TTLS/EAP-TLS" jsonschema:"enum=EAP-PEAP/MSCHAPv2,enum=EAP-TLS,enum=EAP-MD5,enum=EAP-PEAP/EAP-TLS,enum=EAP-TTLS/MSCHAPv2,enum=EAP-TTLS/PAP,enum=EAP-TTLS/CHAP,enum=EAP-TTLS/EAP-MD5,enum=EAP-TTLS/EAP-TLS,uniqueItems=true"`
	// AuthorizationServers are the kinds of them that can be configured.
	AuthorizationServers AuthorizationServers `yaml:"authorization_servers"`
	// MediaSigning gives the camera a factory key that signs media; releases before 24.12 have none.
	MediaSigning bool `yaml:"media_signing" default:"true"`
	// UserSigningKey lets a client assign a certification path for media signing.
	UserSigningKey bool `yaml:"user_signing_key" default:"true"`
}

// PasswordBased are the protections of PKCS #8 and PKCS #12 structures that are
// taken. Without an encryption no key can be uploaded.
type PasswordBased struct {
	// Encryption schemes (RFC 7292 appendix C, RFC 8018 6).
	Encryption []string `yaml:"encryption" default:"pbeWithSHAAnd128BitRC4,pbeWithSHAAnd40BitRC4,pbeWithSHAAnd3-KeyTripleDES-CBC,pbeWithSHAAnd2-KeyTripleDES-CBC,pbeWithSHAAnd128BitRC2-CBC,pbeWithSHAAnd40BitRC2-CBC,pbeWithMD5AndDES-CBC,pbeWithMD5AndRC2-CBC,pbeWithSHA1AndDES-CBC,pbeWithSHA1AndRC2-CBC,PBES2" jsonschema:"enum=pbeWithSHAAnd128BitRC4,enum=pbeWithSHAAnd40BitRC4,enum=pbeWithSHAAnd3-KeyTripleDES-CBC,enum=pbeWithSHAAnd2-KeyTripleDES-CBC,enum=pbeWithSHAAnd128BitRC2-CBC,enum=pbeWithSHAAnd40BitRC2-CBC,enum=pbeWithMD5AndDES-CBC,enum=pbeWithMD5AndRC2-CBC,enum=pbeWithSHA1AndDES-CBC,enum=pbeWithSHA1AndRC2-CBC,enum=PBES2,uniqueItems=true"`
	// Ciphers within PBES2 (RFC 8018 B.2).
	Ciphers []string `yaml:"ciphers" default:"aes128-CBC,aes192-CBC,aes256-CBC,des-EDE3-CBC" jsonschema:"enum=aes128-CBC,enum=aes192-CBC,enum=aes256-CBC,enum=des-EDE3-CBC,uniqueItems=true"`
	// MAC are the integrity protections of PKCS #12; the HMACs among them count for PBES2 as well.
	// PBMAC1 is that of RFC 9579, with such an HMAC.
	MAC []string `yaml:"mac" default:"hmacWithSHA1,hmacWithSHA224,hmacWithSHA256,hmacWithSHA384,hmacWithSHA512,hmacWithSHA512-224,hmacWithSHA512-256,PBMAC1" jsonschema:"enum=hmacWithSHA1,enum=hmacWithSHA224,enum=hmacWithSHA256,enum=hmacWithSHA384,enum=hmacWithSHA512,enum=hmacWithSHA512-224,enum=hmacWithSHA512-256,enum=PBMAC1,uniqueItems=true"`
}

// AuthorizationServers are what configurations of authorization servers may
// hold (Security 25.06 Tables 6 and 7).
type AuthorizationServers struct {
	Types                []string `yaml:"types" default:"OAuthAuthorizationCode,OAuthClientCredentials,OIDC2AuthorizationCode" jsonschema:"enum=OAuthAuthorizationCode,enum=OAuthClientCredentials,enum=OIDC2AuthorizationCode,uniqueItems=true"`
	ClientAuthentication []string `yaml:"client_authentication" default:"client_secret_basic,client_secret_post,client_secret_jwt,private_key_jwt,tls_client_auth,self_signed_tls_client_auth" jsonschema:"enum=client_secret_basic,enum=client_secret_post,enum=client_secret_jwt,enum=private_key_jwt,enum=tls_client_auth,enum=self_signed_tls_client_auth,uniqueItems=true"`
}

// TLSAddon is the name of the TLS Configuration add-on among onvif.addons.
const TLSAddon = "TLSServerConfiguration"

// security checks what the capabilities of the Security service demand of each
// other (Security 25.06 Table 13).
func (c *checker) security() {
	s := c.Security
	if len(s.Dot1XMethods) > 0 && !slices.Contains(s.Dot1XMethods, "EAP-PEAP/MSCHAPv2") {
		c.at("security.dot1x_methods", "EAP-PEAP/MSCHAPv2 cannot be left out (Security Table 13)")
	}
	if c.ONVIF.Release < "25.12" { // later the Security Baseline says what is mandatory
		c.algorithms()
	}
	k := c.Limits.Keystore
	if k.CertificationPathPolicies < 2 {
		for _, f := range []struct {
			key   string
			limit int
		}{
			{"tls_certification_path_validation_policies", k.TLSCertificationPathPolicies},
			{"authorization_servers", k.AuthorizationServers},
		} {
			if f.limit > 0 {
				c.at("limits.keystore."+f.key+" limits.keystore.certification_path_validation_policies",
					"%s needs limits.keystore.certification_path_validation_policies of at least 2 (Security Table 13)", f.key)
			}
		}
	}
	if slices.Contains(c.ONVIF.Addons, TLSAddon) {
		c.tlsAddon()
	}
}

// algorithms checks those that Table 13 names, of what is not switched off.
func (c *checker) algorithms() {
	s := c.Security
	rsa, ecc, upload := len(s.RSAKeyLengths) > 0, len(s.EllipticCurves) > 0 && c.ONVIF.Release >= "23.12", len(s.PasswordBased.Encryption) > 0
	for _, f := range []struct {
		key, operation string
		needed         bool
		have           []string
		want           []string
	}{
		{"signature_algorithms", "CreateSelfSignedCertificate", rsa, s.SignatureAlgorithms, []string{"sha1-WithRSAEncryption", "sha256WithRSAEncryption"}},
		{"signature_algorithms", "CreatePKCS10CSR", ecc, s.SignatureAlgorithms, []string{"ecdsa-with-SHA1", "ecdsa-with-SHA256"}},
		{"password_based.encryption", "UploadKeyPairInPKCS8", upload, s.PasswordBased.Encryption, []string{"pbeWithSHAAnd3-KeyTripleDES-CBC"}},
		{"password_based.mac", "UploadCertificateWithPrivateKeyInPKCS12", upload, s.PasswordBased.MAC, []string{"hmacWithSHA256"}},
	} {
		for _, name := range f.want {
			if f.needed && !slices.Contains(f.have, name) && !slices.Contains(c.ONVIF.OperationsOff, "tas:"+f.operation) {
				c.at("security."+f.key+" onvif.release",
					"release %s demands %s for tas:%s (Security Table 13): list it, switch the operation off, or claim 26.06", c.ONVIF.Release, name, f.operation)
			}
		}
	}
}

// tlsAddon checks what the TLS Configuration add-on asks for (version RC 1.4,
// chapters 4 and 7).
func (c *checker) tlsAddon() {
	k := c.Limits.Keystore
	for _, f := range []struct {
		holds       bool
		path, wants string
	}{
		{c.ONVIF.Release >= "22.06", "onvif.release", "release 22.06 or later"},
		{slices.Contains(c.ONVIF.Services, "security"), "onvif.services", "the security service"},
		{slices.Contains(c.ONVIF.Services, "event"), "onvif.services", "the event service"},
		{len(c.Security.RSAKeyLengths) > 0, "security.rsa_key_lengths", "RSA keys"},
		{k.Keys >= 16, "limits.keystore.keys", "room for 16 keys"},
		{k.Certificates >= 16, "limits.keystore.certificates", "room for 16 certificates"},
	} {
		if !f.holds {
			c.at(f.path+" onvif.addons", "the add-on %s needs %s", TLSAddon, f.wants)
		}
	}
	for _, name := range TLSAddonOperations() {
		if i := slices.Index(c.ONVIF.OperationsOff, name); i >= 0 {
			c.at(fmt.Sprintf("onvif.operations_off.%d onvif.addons", i), "the add-on %s needs %s", TLSAddon, name)
		}
	}
}

// TLSAddonOperations are those of the add-on's function list (RC 1.4 7.1.3,
// 7.2.3).
func TLSAddonOperations() []string {
	list := []string{"tds:GetServices", "tds:GetServiceCapabilities", "tds:SetNetworkProtocols"}
	for name := range strings.FieldsSeq(`AddServerCertificateAssignment CreateCertificationPath CreatePKCS10CSR CreateRSAKeyPair
		CreateSelfSignedCertificate DeleteCertificate DeleteCertificationPath DeleteKey GetAllCertificates GetAllCertificationPaths
		GetAllKeys GetAssignedServerCertificates GetCertificate GetCertificationPath GetKeyStatus GetServiceCapabilities
		RemoveServerCertificateAssignment ReplaceServerCertificateAssignment UploadCertificate`) {
		list = append(list, "tas:"+name)
	}
	return list
}
