package keystore_test

import (
	"strings"
	"testing"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/google/go-cmp/cmp"
)

func claim(name string, values ...string) keystore.JWT {
	return keystore.JWT{CustomClaims: []keystore.CustomClaim{{Name: name, SupportedValues: values}}}
}

func TestJWTConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k, _ := b.key()
	policy := b.policy()
	long, most := strings.Repeat("x", 1025), strings.Repeat("x", 1024)
	var claims []keystore.CustomClaim
	for i := range 17 {
		claims = append(claims, keystore.CustomClaim{Name: strings.Repeat("c", i+1), SupportedValues: []string{"v"}})
	}
	values := strings.Split(strings.Repeat("v ", 32)+"v", " ")
	for name, c := range map[string]struct {
		jwt  keystore.JWT
		want error
	}{
		"nothing":           {keystore.JWT{}, nil},
		"policy":            {keystore.JWT{ValidationPolicy: policy}, nil},
		"16 claims":         {keystore.JWT{CustomClaims: claims[:16]}, nil},
		"32 values":         {claim("a", values[:32]...), nil},
		"1024 bytes":        {keystore.JWT{Audiences: []string{most}, CustomClaims: claim(most, most).CustomClaims}, nil},
		"issuer over HTTP":  {keystore.JWT{TrustedIssuers: []string{"http://127.0.0.1:1/issuer"}}, nil},
		"long audience":     {keystore.JWT{Audiences: []string{long}}, keystore.ErrTooManyAudiences},
		"empty audience":    {keystore.JWT{Audiences: []string{""}}, keystore.ErrJWT},
		"audience of two":   {keystore.JWT{Audiences: []string{"a b"}}, keystore.ErrJWT},
		"no issuer":         {keystore.JWT{TrustedIssuers: []string{""}}, keystore.ErrURI},
		"long issuer":       {keystore.JWT{TrustedIssuers: []string{"https://" + long}}, keystore.ErrURI},
		"relative issuer":   {keystore.JWT{TrustedIssuers: []string{"issuer"}}, keystore.ErrURI},
		"key twice":         {keystore.JWT{KeyIDs: []string{k.ID, k.ID}}, keystore.ErrJWT},
		"claim of no name":  {claim("", "v"), keystore.ErrJWT},
		"claim long name":   {claim(long, "v"), keystore.ErrJWT},
		"claim of no value": {claim("a"), keystore.ErrJWT},
		"empty value":       {claim("a", ""), keystore.ErrJWT},
		"value of two":      {claim("a", "b c"), keystore.ErrJWT},
		"long value":        {claim("a", long), keystore.ErrJWT},
		"33 values":         {claim("a", values...), keystore.ErrJWT},
		"17 claims":         {keystore.JWT{CustomClaims: claims}, keystore.ErrJWT},
		"claim twice":       {keystore.JWT{CustomClaims: append(claims[:1:1], claims[0])}, keystore.ErrJWT},
	} {
		set := func(s *keystore.Section) error { return s.SetJWT(c.jwt) }
		if c.want != nil {
			t.Log(name)
			b.refuses(c.want, set)
			continue
		}
		if err := set(b.Section); err != nil || !cmp.Equal(c.jwt, b.JWT) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestJWTTakesEveryKeyOfTheKeystore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Limits.Keys = 12
	var ids []string
	for range 12 {
		k, _ := b.key()
		ids = append(ids, k.ID)
	}
	if err := b.SetJWT(keystore.JWT{KeyIDs: ids}); err != nil {
		t.Error(err)
	}
}

func TestJWTSharesNothingWithTheCaller(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	j := claim("a", "v")
	if err := b.SetJWT(j); err != nil {
		t.Fatal(err)
	}
	j.CustomClaims[0].SupportedValues[0] = "w"
	if b.JWT.CustomClaims[0].SupportedValues[0] != "v" {
		t.Error("the section shares what the caller holds")
	}
}
