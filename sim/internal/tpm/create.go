package tpm

import (
	"context"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// CreateKey makes a key under the storage root key: it signs and decrypts (or
// agrees on secrets) in any scheme, needs no authorisation and is outside the
// dictionary attack logic. An RSA key may take a second and more. Errors:
// ErrUnsupportedKey, ErrNoTPM, ErrClosed, ErrDead. TPM2_Create, Part 3, 12.1.
func (t *TPM) CreateKey(s KeySpec) (Blob, error) {
	return t.create("create "+s.String()+" key", s, ownKey)
}

// CreateAttestationKey makes a key that signs only statements the TPM makes
// itself ([TPM.Certify], [TPM.Quote]), with SHA-256; RSA in PKCS #1 v1.5.
// Errors: as CreateKey.
func (t *TPM) CreateAttestationKey(s KeySpec) (Blob, error) {
	return t.create("create "+s.String()+" attestation key", s, attestationKey)
}

// template completes the public area of a key to be created.
type template func(KeySpec, *tpm2.TPMTPublic)

func ownKey(_ KeySpec, p *tpm2.TPMTPublic) {
	p.ObjectAttributes.SignEncrypt = true
	p.ObjectAttributes.Decrypt = true
}

func attestationKey(s KeySpec, p *tpm2.TPMTPublic) {
	p.ObjectAttributes.SignEncrypt = true
	p.ObjectAttributes.Restricted = true
	if s.Algorithm == RSA {
		p.Parameters = tpm2.NewTPMUPublicParms(tpm2.TPMAlgRSA, &tpm2.TPMSRSAParms{
			KeyBits: tpm2.TPMKeyBits(s.Bits),
			Scheme: tpm2.TPMTRSAScheme{
				Scheme:  tpm2.TPMAlgRSASSA,
				Details: tpm2.NewTPMUAsymScheme(tpm2.TPMAlgRSASSA, &tpm2.TPMSSigSchemeRSASSA{HashAlg: tpm2.TPMAlgSHA256}),
			},
		})
		return
	}
	c, _ := curveOf(s.Bits)
	p.Parameters = tpm2.NewTPMUPublicParms(tpm2.TPMAlgECC, &tpm2.TPMSECCParms{
		CurveID: c.id,
		Scheme: tpm2.TPMTECCScheme{
			Scheme:  tpm2.TPMAlgECDSA,
			Details: tpm2.NewTPMUAsymScheme(tpm2.TPMAlgECDSA, &tpm2.TPMSSigSchemeECDSA{HashAlg: tpm2.TPMAlgSHA256}),
		},
	})
}

func (t *TPM) create(op string, s KeySpec, complete template) (blob Blob, err error) {
	parms, ok := s.parms()
	if t.machine != nil && !ok {
		return Blob{}, fmt.Errorf("%s: %w", op, ErrUnsupportedKey)
	}
	area := tpm2.TPMTPublic{
		Type: s.alg(), NameAlg: tpm2.TPMAlgSHA256, Parameters: parms,
		ObjectAttributes: tpm2.TPMAObject{
			FixedTPM: true, FixedParent: true, SensitiveDataOrigin: true, UserWithAuth: true, NoDA: true,
		},
	}
	complete(s, &area)
	err = t.do(context.Background(), op, func() error {
		if ok, err := t.supports(s); err != nil || !ok {
			return orUnsupported(err)
		}
		blob, err = t.createObject(area, nil)
		return err
	})
	return blob, err
}

func orUnsupported(err error) error {
	if err == nil {
		err = ErrUnsupportedKey
	}
	return err
}

// createObject makes a child of the storage root key, with data in it if it
// is to be sealed.
func (t *TPM) createObject(area tpm2.TPMTPublic, data []byte) (Blob, error) {
	if err := t.makeRoom(leastSlots); err != nil {
		return Blob{}, err
	}
	create := tpm2.Create{
		ParentHandle: tpm2.AuthHandle{Handle: t.srk, Name: t.srkName, Auth: tpm2.PasswordAuth(nil)},
		InPublic:     tpm2.New2B(area),
	}
	if data != nil {
		create.InSensitive = tpm2.TPM2BSensitiveCreate{Sensitive: &tpm2.TPMSSensitiveCreate{
			Data: tpm2.NewTPMUSensitiveCreate(&tpm2.TPM2BSensitiveData{Buffer: data}),
		}}
	}
	made, err := create.Execute(raw{t})
	if err != nil {
		return Blob{}, meaning(err, rule{tpm2.TPMRCValue, ErrUnsupportedKey}, rule{tpm2.TPMRCCurve, ErrUnsupportedKey})
	}
	return newBlob(made.OutPrivate, made.OutPublic), nil
}
