package security

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/job"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/onvif/tas"
	"github.com/camfleet/camfleet/sim/internal/soap"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/svc"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

// createRSAKeyPair starts generating a key and answers before it exists.
// Security 5.2.6.2.1; WRITE_SYSTEM.
func createRSAKeyPair(c *svc.Call, req *tas.CreateRSAKeyPair) (*tas.CreateRSAKeyPairResponse, error) {
	id, estimate, err := startKey(c, keystore.Spec{Algorithm: keystore.RSA, Bits: req.KeyLength}, req.Alias)
	if err != nil {
		return nil, err
	}
	return &tas.CreateRSAKeyPairResponse{KeyID: id, EstimatedCreationTime: estimate}, nil
}

// createECCKeyPair starts generating a key and answers before it exists.
// Security 5.2.6.2.2; WRITE_SYSTEM.
func createECCKeyPair(c *svc.Call, req *tas.CreateECCKeyPair) (*tas.CreateECCKeyPairResponse, error) {
	spec, err := keystore.SpecOfCurve(req.EllipticCurve)
	if err != nil {
		return nil, err
	}
	id, estimate, err := startKey(c, spec, req.Alias)
	if err != nil {
		return nil, err
	}
	return &tas.CreateECCKeyPairResponse{KeyID: id, EstimatedCreationTime: estimate}, nil
}

// startKey adds a key with status generating and the job that ends it; the
// KeyStatus events follow from the state.
func startKey(c *svc.Call, spec keystore.Spec, alias *string) (id string, estimate soap.Duration, err error) {
	how := generation(c.Profile.Keys.Generation, spec, c.Vault.Estimate(spec))
	var task keystore.Task
	err = c.Update(func(tx *state.Tx) error {
		key, t, err := tx.Keystore().StartKey(spec, text(alias), how, c.Jobs.Now(), tx.Random())
		if err != nil {
			return err
		}
		id, task = key.ID, t
		return tx.Jobs().Put(job.Job{Name: t.Name, Due: t.Due, What: t.What})
	})
	return id, soap.DurationOf(roundUp(task.Estimate)), err
}

// generation says how the camera makes keys of one kind.
func generation(g profiles.Generation, spec keystore.Spec, work time.Duration) keystore.Generation {
	how := keystore.Generation{Work: work, CorruptEvery: g.CorruptEvery}
	switch {
	case spec.Algorithm == keystore.ECDSA:
		how.Takes = g.ECDSA
	case spec.Bits == 2048:
		how.Takes = g.RSA2048
	case spec.Bits == 3072:
		how.Takes = g.RSA3072
	case spec.Bits == 4096:
		how.Takes = g.RSA4096
	}
	return how
}

// roundUp rounds an estimate up to a tenth of a second: it is no more exact,
// and never nothing.
func roundUp(d time.Duration) time.Duration {
	const step = 100 * time.Millisecond
	return max(step, (d+step-1)/step*step)
}

// text is an optional text, empty if it is left out.
func text(t *string) string {
	if t == nil {
		return ""
	}
	return *t
}

// deleteKey removes a key; one that is being generated is not finished any
// more. Security 5.2.6.2.7; UNRECOVERABLE.
func deleteKey(c *svc.Call, req *tas.DeleteKey) (*tas.DeleteKeyResponse, error) {
	err := c.Update(func(tx *state.Tx) error {
		if err := tx.Keystore().DeleteKey(req.KeyID); err != nil {
			return err
		}
		if name := keystore.TaskName(req.KeyID); waiting(tx, name) {
			tx.Jobs().Remove(name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &tas.DeleteKeyResponse{}, nil
}

// waiting reports whether there is a job of that name, without touching the
// jobs.
func waiting(tx *state.Tx, name string) bool {
	_, ok := tx.View().Jobs.Job(name)
	return ok
}

// FinishKey does a job of [keystore.Task]: it makes the key, of random where
// the TPM does not make it, and ends its generation. A key that was deleted
// meanwhile is forgotten; one that cannot be made is corrupt, and the error
// says why. When ctx ends the job stays, for the next start of the camera.
func FinishKey(ctx context.Context, st *state.Camera, v *vault.Vault, random io.Reader, j job.Job) error {
	id := keystore.KeyOfTask(j.Name)
	var made *vault.Made
	var failed error
	if key, err := st.View().Keystore.Key(id); err == nil && j.What == keystore.TaskGenerate {
		made, failed = v.Make(ctx, key.Spec, random)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err := st.Update(func(tx *state.Tx) error {
		if !waiting(tx, j.Name) {
			return nil // the key is gone, and its job
		}
		tx.Jobs().Remove(j.Name)
		if key, err := tx.View().Keystore.Key(id); err != nil || key.Status != keystore.StatusGenerating {
			return nil //nolint:nilerr // nothing is to be done
		}
		keys := tx.Keystore()
		if made != nil {
			if failed = finish(keys, v, id, made); failed == nil {
				return nil
			}
		}
		return keys.FailKey(id)
	})
	return errors.Join(failed, err)
}

// finish gives the key its halves.
func finish(keys *keystore.Section, v *vault.Vault, id string, made *vault.Made) error {
	blob, err := v.Keep(keys, made)
	if err != nil {
		return err
	}
	return keys.FinishKey(id, made.Public, blob)
}
