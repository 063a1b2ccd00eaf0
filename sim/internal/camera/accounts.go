package camera

import (
	"github.com/camfleet/camfleet/profiles"
	"github.com/camfleet/camfleet/sim/internal/auth"
	"github.com/camfleet/camfleet/sim/internal/keystore"
	"github.com/camfleet/camfleet/sim/internal/state"
	"github.com/camfleet/camfleet/sim/internal/users"
	"github.com/camfleet/camfleet/sim/internal/vault"
)

// realmOf is the realm of all the camera's challenges.
func realmOf(p *profiles.Profile) string {
	if p.Auth.Realm != "" {
		return p.Auth.Realm
	}
	return p.Identity.Model
}

// SealPasswords puts what the vault sealed in the place of passwords that are in
// the clear: of a camera that comes from the factory, or that an older camfleet
// stored. It belongs before the tree is stored; a tree without such passwords
// stays as it is. Keys of Digest are made anew where the profile has another realm.
// What a factory default brings back is treated alike.
func SealPasswords(t *state.Tree, p *profiles.Profile, v *vault.Vault) error {
	realm := realmOf(p)
	if t.Users == nil || t.Keystore == nil {
		return nil
	}
	fresh := t.Origin != nil && t.Origin.Users == t.Users && t.Origin.Keystore == t.Keystore
	accounts, keys, err := sealed(t.Users, t.Keystore, realm, v)
	if err != nil {
		return err
	}
	t.Users, t.Keystore = accounts, keys
	if t.Origin == nil {
		return nil
	}
	o := *t.Origin
	if o.Users, o.Keystore = accounts, keys; !fresh {
		if o.Users, o.Keystore, err = sealed(t.Origin.Users, t.Origin.Keystore, realm, v); err != nil {
			return err
		}
	}
	if o != *t.Origin {
		t.Origin = &o
	}
	return nil
}

// sealed returns accounts that are settled for a realm, and the keystore whose
// vault sealed their passwords: new ones where they are not the ones given.
func sealed(accounts *users.Section, keys *keystore.Section, realm string, v *vault.Vault) (*users.Section, *keystore.Section, error) {
	if accounts.Settled(realm) {
		return accounts, keys, nil
	}
	accounts = accounts.Clone()
	if len(accounts.Users) > 0 && !vault.Ready(keys) {
		keys = keys.Clone()
	}
	open := func(sealed []byte) ([]byte, error) { return v.Open(keys, vault.Password, sealed) }
	return accounts, keys, accounts.Settle(realm, users.Seal(v.Sealer(keys, vault.Password)), open)
}

// sealPasswords is SealPasswords for the camera's own state.
func (c *Camera) sealPasswords() error {
	now := c.config.State.View()
	realm := realmOf(c.config.Profile)
	if now.Users.Settled(realm) && (now.Origin == nil || now.Origin.Users.Settled(realm)) {
		return nil
	}
	return c.config.State.Update(func(tx *state.Tx) error {
		t := *tx.View()
		if err := SealPasswords(&t, c.config.Profile, c.vault); err != nil {
			return err
		}
		tx.Replace(t)
		return nil
	})
}

// accountsOf are the camera's accounts as they are at each moment.
type accountsOf struct{ c *Camera }

// Account finds an account.
func (a accountsOf) Account(name string) (auth.Account, bool) {
	return a.c.config.State.View().Users.Account(name)
}

// Password opens an account's password; of a name that is none it opens another.
func (a accountsOf) Password(name string) (string, bool) {
	tree := a.c.config.State.View()
	sealed, found := tree.Users.Sealed(name)
	if sealed == nil {
		return "", false
	}
	plain, err := a.c.vault.Open(tree.Keystore, vault.Password, sealed)
	if err != nil {
		a.c.log.Error("a password cannot be opened", "error", err)
		return "", false
	}
	return string(plain), found
}

// Names lists the accounts.
func (a accountsOf) Names() []string { return a.c.config.State.View().Users.Names() }
