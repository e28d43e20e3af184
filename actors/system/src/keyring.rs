//! The signing keys of a scope that are on this host, and which of them signs.
//!
//! `scopes/<scope>.key` holds the scope's own key, its root, where that is on the host; `scopes/<scope>-<key>.key` each
//! operating key. A key file alone gives no authority: what the log says of delegations does.

use std::sync::Arc;

use icn_core::block::Signer;
use icn_core::encode::SecretKey;
use icn_core::name::Did;
use icn_core::rules::keys::Keys;
use icn_history::StoreError;
use icn_history::directory::{self, Layout};
use icn_history::key_file::Passphrase;

/// What is said when none of them may sign.
pub(crate) const NO_KEY: &str = "no key of this scope that is on the host may sign now: its delegation has ended or was \
                                 revoked, or is yet to begin; its administrator must bring another delegation";

/// A scope's keys that are here.
#[derive(Debug, Clone)]
pub(crate) struct Keyring {
    scope: Did,
    keys: Vec<Arc<SecretKey>>,
}

/// A key, and in whose stead it signs.
#[derive(Debug, Clone)]
pub(crate) struct Signing {
    pub(crate) key: Arc<SecretKey>,
    /// None when it is the scope's own.
    pub(crate) signer: Option<Signer>,
}

impl Keyring {
    /// A ring with one key.
    pub(crate) fn of(scope: Did, key: Arc<SecretKey>) -> Self {
        Self { scope, keys: vec![key] }
    }

    /// Reads the key files of a scope: its root's, and those that its log delegated to.
    pub(crate) fn read(
        layout: &Layout,
        scope: &Did,
        keys: &Keys,
        passphrase: Option<&Passphrase>,
    ) -> Result<Self, StoreError> {
        let mut paths = vec![(layout.scope_key(scope), *scope)];
        let mut operating: Vec<&Did> = keys.operating_keys().collect();
        operating.sort();
        operating.dedup();
        paths.extend(operating.into_iter().map(|key| (layout.operating_key(scope, key), *key)));
        let mut found = Vec::new();
        for (path, did) in &paths {
            if path.symlink_metadata().is_ok() {
                found.push(Arc::new(directory::read_key_of(path, did, passphrase)?));
            }
        }
        if found.is_empty() {
            // Of them all, the one that is said to be missing is the last that was delegated to.
            let newest = keys.newest().map_or(*scope, |signer| signer.key);
            let (path, did) = paths.iter().find(|(_, did)| *did == newest).unwrap_or(&paths[0]);
            return Err(directory::missing_key(path, did));
        }
        Ok(Self { scope: *scope, keys: found })
    }

    /// One more key.
    pub(crate) fn add(&mut self, key: Arc<SecretKey>) {
        if self.key(&key.did()).is_none() {
            self.keys.push(key);
        }
    }

    fn key(&self, did: &Did) -> Option<&Arc<SecretKey>> {
        self.keys.iter().find(|key| key.did() == *did)
    }

    /// Until when keys that are here may sign, if nobody brings another; nothing while the scope's own key is here, or when none
    /// may sign now.
    pub(crate) fn signs_until(&self, keys: &Keys, time: u64) -> Option<u64> {
        if self.key(&self.scope).is_some() {
            return None;
        }
        keys.signed_until(time, |key| self.key(key).is_some())
    }

    /// Who signs a block of this time: the operating key whose delegation came last of those that are here and in force,
    /// else the scope's own key.
    pub(crate) fn signing(&self, keys: &Keys, time: u64) -> Option<Signing> {
        let operating = keys.in_force(time).find_map(|signer| {
            self.key(&signer.key).map(|key| Signing { key: key.clone(), signer: Some(signer) })
        });
        operating.or_else(|| self.key(&self.scope).map(|key| Signing { key: key.clone(), signer: None }))
    }
}

#[cfg(test)]
mod tests {
    use icn_core::block::ucan::Delegation;
    use icn_core::rules::keys::{Brought, Registry, delegate};

    use super::*;

    #[test]
    fn the_key_that_was_delegated_to_last_signs_while_it_is_in_force() {
        let key = |n: u8| Arc::new(SecretKey::from_bytes(&[n; 32]));
        let (root, scope) = (key(1), key(1).did());
        let to = |n: u8, until_s| {
            Delegation::read(delegate(&root, key(n).did(), None, until_s, &[n]).bytes()).unwrap()
        };
        let delegations = vec![to(2, 300), to(3, 200), to(4, 400)];
        let mut registry = Registry::default();
        registry.open(scope, 0, &Brought { delegations, revocations: Vec::new() }).unwrap();
        let keys = registry.remove(&scope);
        // The fourth is not here.
        let mut ring = Keyring::of(scope, key(2));
        ring.add(key(3));
        let signs = |ring: &Keyring, at_s: u64| ring.signing(&keys, at_s * 1000).map(|s| s.key.did());
        assert_eq!(signs(&ring, 100), Some(key(3).did()));
        assert_eq!(signs(&ring, 200), Some(key(2).did()));
        assert_eq!(signs(&ring, 300), None);
        let until = |ring: &Keyring, at_s: u64| ring.signs_until(&keys, at_s * 1000);
        assert_eq!(
            (until(&ring, 100), until(&ring, 250), until(&ring, 300)),
            (Some(300_000), Some(300_000), None)
        );
        ring.add(root.clone());
        assert_eq!(signs(&ring, 300), Some(scope));
        assert!(ring.signing(&keys, 300_000).unwrap().signer.is_none());
        assert_eq!(until(&ring, 100), None, "a root has no end");
    }
}
