package keystore_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/google/go-cmp/cmp"
)

func TestGenerationEndsWhenTheHardwareWould(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	for name, c := range map[string]struct {
		how      keystore.Generation
		due      time.Duration
		what     string
		estimate time.Duration
	}{
		"as fast as can be": {keystore.Generation{}, 0, keystore.TaskGenerate, 0},
		"slow machine":      {keystore.Generation{Takes: time.Second, Work: 3 * time.Second}, 0, keystore.TaskGenerate, 3 * time.Second},
		"slow hardware":     {keystore.Generation{Takes: 8 * time.Second, Work: 3 * time.Second}, 5 * time.Second, keystore.TaskGenerate, 8 * time.Second},
		"corrupt":           {keystore.Generation{Takes: 8 * time.Second, Work: 3 * time.Second, CorruptEvery: 1}, 8 * time.Second, keystore.TaskCorrupt, 8 * time.Second},
	} {
		b := newBench(t)
		k, task, err := b.StartKey(p256(), "a", c.how, now, b.random)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := keystore.Task{Name: "keystore/" + k.ID, Due: now.Add(c.due), What: c.what, Estimate: c.estimate}
		if keystore.KeyOfTask(task.Name) != k.ID {
			t.Errorf("%s: the job is not of the key", name)
		}
		if diff := cmp.Diff(want, task); diff != "" || k.Status != keystore.StatusGenerating || task.Name != keystore.TaskName(k.ID) {
			t.Errorf("%s: %s", name, diff)
		}
	}
	b := newBench(t)
	b.refuses(nil, func(s *keystore.Section) error {
		if _, _, err := s.StartKey(p256(), "", keystore.Generation{Takes: -1}, now, b.random); err == nil {
			t.Error("it is ready before it is asked for")
		}
		return nil
	})
}

func TestEveryThirdKeyIsCorrupt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var what []string
	for range 6 {
		k, task, err := b.StartKey(p256(), "", keystore.Generation{CorruptEvery: 3}, time.Unix(0, 0), b.random)
		if err != nil {
			t.Fatal(err)
		}
		what = append(what, task.What)
		if err := b.DeleteKey(k.ID); err != nil {
			t.Fatal(err)
		}
	}
	good, bad := keystore.TaskGenerate, keystore.TaskCorrupt
	if diff := cmp.Diff([]string{good, good, bad, good, good, bad}, what); diff != "" {
		t.Error(diff)
	}
}

func TestKeysAreOfOfferedSizes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	begin := func(algorithm keystore.Algorithm, bits int) func(*keystore.Section) error {
		return func(s *keystore.Section) error {
			_, err := s.BeginKey(keystore.Spec{Algorithm: algorithm, Bits: bits}, "", b.random)
			return err
		}
	}
	for _, bits := range []int{2048, 3072, 4096} {
		if err := begin(keystore.RSA, bits)(b.Section); err != nil {
			t.Error(err)
		}
	}
	for name, bits := range map[string]int{"secp256r1": 256, "secp384r1": 384, "secp521r1": 521} {
		spec, err := keystore.SpecOfCurve(name)
		if err != nil || spec.Bits != bits || spec.Curve() != name {
			t.Errorf("%s: %+v, %v", name, spec, err)
		}
		if err := begin(spec.Algorithm, spec.Bits)(b.Section); err != nil {
			t.Error(err)
		}
	}
	if _, err := keystore.SpecOfCurve("P-256"); !errors.Is(err, keystore.ErrCurve) {
		t.Error(err)
	}
	for _, bits := range []int{0, 1024, 2047, 2049, 4097, 1 << 30} {
		b.refuses(keystore.ErrKeyLength, begin(keystore.RSA, bits))
	}
	b.refuses(keystore.ErrCurve, begin(keystore.ECDSA, 224))
	b.refuses(keystore.ErrPublicKey, begin("DSA", 2048))
	b.Abilities = keystore.Abilities{RSAKeyLengths: []int{3072}, EllipticCurves: []string{}}
	b.refuses(keystore.ErrKeyLength, begin(keystore.RSA, 2048))
	b.refuses(keystore.ErrCurve, begin(keystore.ECDSA, 256))
}

func TestKeysWithoutAJobAreFound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.key()
	one, _, err := b.StartKey(p256(), "", keystore.Generation{}, time.Unix(0, 0), b.random)
	if err != nil {
		t.Fatal(err)
	}
	two, task, err := b.StartKey(p256(), "", keystore.Generation{}, time.Unix(0, 0), b.random)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Unfinished(func(name string) bool { return name == task.Name }); !slices.Equal(got, []string{one.ID}) {
		t.Errorf("%v; %q has a job", got, two.ID)
	}
}

func TestCorruptKeyKeepsItsCertificates(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	p := b.path()
	leaf, err := b.Certificate(p.CertificateIDs[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.AssignServerPath(p.ID), b.FailKey(leaf.KeyID), b.Validate()); err != nil {
		t.Fatal(err)
	}
	b.refuses(keystore.ErrReferenceExists, func(s *keystore.Section) error { return s.DeleteKey(leaf.KeyID) })
	b.refuses(keystore.ErrNoPrivateKey, func(s *keystore.Section) error { return s.AssignSigningPath(p.ID, keystore.SigningUse{}) })
	b.refuses(keystore.ErrDuplicate, func(s *keystore.Section) error {
		_, err := s.AddCertificate(keystore.NewCertificate{DER: leaf.DER}, b.random)
		return err
	})
	key, err := b.Key(leaf.KeyID)
	if err != nil {
		t.Fatal(err)
	}
	b.refuses(keystore.ErrKeyStatus, func(s *keystore.Section) error {
		_, err := s.AddCertificate(keystore.NewCertificate{DER: b.issue(parse(t, key.Public))}, b.random)
		return err
	})
}

func TestSigningKeysAreCompleteAndReady(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	k, _ := b.key()
	half, err := b.AddKey(newKey(t, b.random).Public(), keystore.Blob{}, "", true, b.random)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := b.BeginKey(p256(), "", b.random)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]error{k.ID: nil, half.ID: keystore.ErrKeyID, slow.ID: keystore.ErrKeyStatus, "none": keystore.ErrKeyID} {
		if _, err := b.SigningKey(id); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", id, err, want)
		}
	}
	for _, c := range []struct {
		oid  string
		spec keystore.Spec
		want error
	}{
		{"1.2.840.10045.4.3.2", p256(), nil},
		{"1.2.840.113549.1.1.5", keystore.Spec{Algorithm: keystore.RSA, Bits: 2048}, nil},
		{"1.2.840.113549.1.1.5", p256(), keystore.ErrAlgorithmMismatch},
		{"1.2.840.10045.4.1", keystore.Spec{Algorithm: keystore.RSA, Bits: 2048}, keystore.ErrAlgorithmMismatch},
		{"1.2.3", p256(), keystore.ErrSignatureAlgorithm},
	} {
		if err := b.CheckAlgorithm(c.oid, c.spec); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.oid, err, c.want)
		}
	}
}
