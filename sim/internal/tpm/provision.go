package tpm

import (
	"context"
	"crypto"
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpm2"
)

// Persistent handles: where TCG's provisioning guidance and the registry of
// reserved handles have these keys.
const (
	HandleSRK   = 0x81000001 // ECC P-256 storage root key
	HandleEKRSA = 0x81010001 // RSA-2048 endorsement key; not used, it is made when asked for
	HandleEKECC = 0x81010002 // ECC P-256 endorsement key
)

// leastSlots is the number of transient objects every TPM has room for.
const leastSlots = 3

// provision gives a new TPM its keys and looks at those of one that has been
// used before.
func (t *TPM) provision() error {
	if err := t.countSlots(); err != nil {
		return err
	}
	if t.borrowed {
		return t.machine.opened()
	}
	srk, err := t.persistentPrimary(tpm2.TPMRHOwner, tpm2.ECCSRKTemplate, HandleSRK)
	if err != nil {
		return fmt.Errorf("storage root key: %w", err)
	}
	t.srkName = tpm2.TPM2BName{Buffer: objectName(tpm2.Marshal(*srk))}
	ek, err := t.persistentPrimary(tpm2.TPMRHEndorsement, tpm2.ECCEKTemplate, HandleEKECC)
	if err != nil {
		return fmt.Errorf("endorsement key: %w", err)
	}
	if t.ek, err = tpm2.Pub(*ek); err != nil {
		return err
	}
	return t.machine.opened()
}

// root finds the storage root key of a TPM just switched on. A borrowed one's
// is made anew: it is the same each time and leaves no trace.
func (t *TPM) root() error {
	if !t.borrowed {
		t.srk = HandleSRK
		return nil
	}
	made, err := t.primary(tpm2.TPMRHOwner, tpm2.ECCSRKTemplate)
	if err != nil {
		return fmt.Errorf("storage root key: %w", err)
	}
	t.srk, t.srkName = made.ObjectHandle, made.Name
	return nil
}

// countSlots asks how many transient objects there is room for (Part 2, 6.13,
// TPM_PT_HR_TRANSIENT_MIN).
func (t *TPM) countSlots() error {
	t.slots = leastSlots
	answer, err := tpm2.GetCapability{
		Capability: tpm2.TPMCapTPMProperties, Property: uint32(tpm2.TPMPTHRTransientMin), PropertyCount: 1,
	}.Execute(raw{t})
	if err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	properties, err := answer.CapabilityData.Data.TPMProperties()
	if err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	for _, p := range properties.TPMProperty {
		if p.Property == tpm2.TPMPTHRTransientMin {
			t.slots = max(leastSlots, int(p.Value))
		}
	}
	return nil
}

// primary makes a primary key in a transient slot, which the caller flushes.
func (t *TPM) primary(hierarchy tpm2.TPMHandle, template tpm2.TPMTPublic) (*tpm2.CreatePrimaryResponse, error) {
	if err := t.makeRoom(leastSlots); err != nil {
		return nil, err
	}
	return tpm2.CreatePrimary{
		PrimaryHandle: tpm2.AuthHandle{Handle: hierarchy, Auth: tpm2.PasswordAuth(nil)},
		InPublic:      tpm2.New2B(template),
	}.Execute(raw{t})
}

// persistentPrimary returns the public area of the primary key that is
// persistent at the handle, and makes it if it is not there.
func (t *TPM) persistentPrimary(hierarchy tpm2.TPMHandle, template tpm2.TPMTPublic, at tpm2.TPMHandle) (*tpm2.TPMTPublic, error) {
	public, _, err := t.readPublic(at)
	if !errors.Is(err, ErrNotFound) {
		return public, err
	}
	made, err := t.primary(hierarchy, template)
	if err != nil {
		return nil, err
	}
	err = t.evictControl(made.ObjectHandle, made.Name, at)
	if flushed := t.flush(made.ObjectHandle); err == nil {
		err = flushed
	}
	if err != nil {
		return nil, err
	}
	return made.OutPublic.Contents()
}

// readPublic returns the public area and name of an object in the TPM, or
// ErrNotFound.
func (t *TPM) readPublic(at tpm2.TPMHandle) (*tpm2.TPMTPublic, tpm2.TPM2BName, error) {
	answer, err := tpm2.ReadPublic{ObjectHandle: at}.Execute(raw{t})
	if err != nil {
		return nil, tpm2.TPM2BName{}, meaning(err, rule{tpm2.TPMRCHandle, ErrNotFound})
	}
	public, err := answer.OutPublic.Contents()
	return public, answer.Name, err
}

// evictControl makes a transient object persistent at a handle, or a
// persistent object (then object is at) transient: it goes. Part 3, 28.5.
func (t *TPM) evictControl(object tpm2.TPMHandle, name tpm2.TPM2BName, at tpm2.TPMHandle) error {
	_, err := tpm2.EvictControl{
		Auth:             tpm2.AuthHandle{Handle: tpm2.TPMRHOwner, Auth: tpm2.PasswordAuth(nil)},
		ObjectHandle:     &tpm2.NamedHandle{Handle: object, Name: name},
		PersistentHandle: at,
	}.Execute(raw{t})
	return meaning(err)
}

// EK returns the public endorsement key. The ECC one (P-256) is always there;
// the RSA one (2048 bits) takes a tenth of a second the first time.
func (t *TPM) EK(ctx context.Context, a Algorithm) (public crypto.PublicKey, err error) {
	err = t.do(ctx, "endorsement key", func() error {
		known, template := &t.ek, tpm2.ECCEKTemplate
		if a == RSA {
			known, template = &t.ekRSA, tpm2.RSAEKTemplate
		}
		if *known == nil {
			if *known, err = t.primaryPublic(tpm2.TPMRHEndorsement, template); err != nil {
				return err
			}
		}
		public = *known
		return nil
	})
	return public, err
}

// primaryPublic makes a primary key for its public part.
func (t *TPM) primaryPublic(hierarchy tpm2.TPMHandle, template tpm2.TPMTPublic) (crypto.PublicKey, error) {
	made, err := t.primary(hierarchy, template)
	if err != nil {
		return nil, err
	}
	if err := t.flush(made.ObjectHandle); err != nil {
		return nil, err
	}
	public, err := made.OutPublic.Contents()
	if err != nil {
		return nil, err
	}
	return tpm2.Pub(*public)
}
