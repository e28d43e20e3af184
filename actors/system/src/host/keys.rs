//! Scopes whose root key is not on this host, and the operating keys that sign instead.
//!
//! A delegation of the root gives an operating key its authority; a revocation takes it back. Both are brought to a scope in
//! a block of keys. A key is always kept before the log says anything of it.

use std::sync::Arc;

use icn_core::encode::{Block, Domain, Envelope, SecretKey};
use icn_core::name::{BlockId, Codec, Did};
use icn_core::rules::keys::Brought;
use icn_core::rules::{Refusal, RefusalCode};
use icn_history::directory;

use super::error::{KeysError, ScopeError};
use super::handle::Host;
use super::opening::{brought, key_path};
use super::spec::Opening;
use crate::clock::now_ms;
use crate::fail_stop::host_stopped;
use crate::message::scope::{KeysHandedOver, PutKeys, PutKeysError};

/// Checks that a delegation to this key is brought, and has not ended.
fn delegates_to(brought: &Brought, key: &Did, now_ms: u64) -> Result<(), String> {
    let to_key = || brought.delegations.iter().filter(|delegation| delegation.audience == *key);
    if to_key().next().is_none() {
        let found: Vec<String> = brought.delegations.iter().map(|d| d.audience.to_string()).collect();
        return Err(format!("expected a delegation to {key}, found {}", words(&found)));
    }
    let now_s = i64::try_from(now_ms / 1000).unwrap_or(i64::MAX);
    if to_key().any(|delegation| delegation.expires_s.is_some_and(|end| now_s < end)) {
        Ok(())
    } else {
        Err(format!("expected a delegation to {key} that has not ended at {now_s} s"))
    }
}

fn words(found: &[String]) -> String {
    if found.is_empty() { "none".to_owned() } else { format!("one to {}", found.join(", ")) }
}

impl Host {
    /// Opens a scope whose root key is not on this host: with the first policy that the root signed (`envelope` is what
    /// [`Opening::sign`] gives, anywhere), which brings a delegation to `key`. That key alone stays here, and signs for the
    /// scope while its delegation is in force.
    pub async fn open_operated(
        &self,
        opening: Opening,
        envelope: &[u8],
        key: SecretKey,
    ) -> Result<Did, ScopeError> {
        let invalid = |what: String| ScopeError::Invalid(what);
        let scope = opening.policy.scope;
        let signed = Envelope::from_bytes(envelope).map_err(|error| invalid(error.to_string()))?;
        if !signed.is_by(&scope, Domain::Policy, &opening.payload) {
            let flaw = signed.flaw(&scope, Domain::Policy, &opening.payload);
            return Err(invalid(format!("expected the policy's envelope, signed by {scope}, found {flaw}")));
        }
        let (ours, theirs) = (&self.identity.origin, &opening.policy.log);
        if ours != theirs {
            return Err(invalid(format!("expected a policy for the log {ours}, found one for {theirs}")));
        }
        let (now, time) = (now_ms(), opening.policy.time);
        if time > now {
            return Err(invalid(format!(
                "expected a policy of a time that has come, found {time} ms at {now} ms"
            )));
        }
        let brought = brought(&scope, &opening.delegations, &[]).map_err(invalid)?;
        delegates_to(&brought, &key.did(), now).map_err(invalid)?;
        let envelope = Block::new(Codec::DagCbor, envelope.to_vec());
        self.begin_opening(opening, envelope, Arc::new(key)).await
    }

    /// From the next receipt on this key signs for the scope, by a delegation of its root: the bytes of a UCAN. The key
    /// before signs the block that says so while it is in force, else the new one does. The delegation of the key before
    /// stays in force to its end, or until it is revoked. Gives the block of keys and its position, once it is durable.
    pub async fn rotate_key(
        &self,
        scope: &Did,
        key: SecretKey,
        delegation: &[u8],
    ) -> Result<(BlockId, u64), KeysError> {
        self.put_keys(scope, Some(key), &[delegation], &[]).await
    }

    /// A delegation of the scope's root counts no more behind the block that says so: `revocation` is a UCAN of the root's.
    /// When no other key of the scope that is here may sign, the scope answers `unavailable` until one is brought. Gives
    /// the block of keys and its position, once it is durable.
    pub async fn revoke(&self, scope: &Did, revocation: &[u8]) -> Result<(BlockId, u64), KeysError> {
        self.put_keys(scope, None, &[], &[revocation]).await
    }

    /// Both in one block: a key that a delegation here is to, other delegations, and revocations, which count behind the
    /// block.
    pub async fn put_keys(
        &self,
        scope: &Did,
        key: Option<SecretKey>,
        delegations: &[&[u8]],
        revocations: &[&[u8]],
    ) -> Result<(BlockId, u64), KeysError> {
        let blocks = |ucans: &[&[u8]]| -> Vec<Block> {
            ucans.iter().map(|ucan| Block::new(Codec::DagCbor, ucan.to_vec())).collect()
        };
        let (delegations, revocations) = (blocks(delegations), blocks(revocations));
        let brought = brought(scope, &delegations, &revocations).map_err(KeysError::Invalid)?;
        if !self.book.contains(scope) {
            return Err(KeysError::Unknown(*scope));
        }
        let key = key.map(Arc::new);
        if let Some(key) = &key {
            delegates_to(&brought, &key.did(), now_ms()).map_err(KeysError::Invalid)?;
            self.keep_key(scope, key)?;
        }
        let unavailable = || {
            let message = "the scope is restarting, or quarantined";
            Refusal::new(RefusalCode::Unavailable, message).retry_after_ms(100)
        };
        let addr = self.book.addr(scope).ok_or_else(unavailable)?;
        let put = PutKeys { delegations, revocations, brought, key };
        let handed_over = addr.send(put).await.map_err(|_| unavailable())?;
        let KeysHandedOver { id, durable } = handed_over.map_err(|error| match error {
            PutKeysError::Invalid(what) => KeysError::Invalid(what),
            PutKeysError::Refused(refusal) => KeysError::Refused(refusal),
        })?;
        let position = durable.await.map_err(|_| host_stopped())??;
        Ok((id, position))
    }

    /// Keeps a key of a scope: on the disk, and for each actor that the scope will have.
    fn keep_key(&self, scope: &Did, key: &Arc<SecretKey>) -> Result<(), KeysError> {
        // Before the log says anything of it: whatever a crash leaves, the key is there.
        let path = key_path(&self.files.layout, scope, &key.did());
        directory::write_key(&path, key, self.files.passphrase())?;
        if let Some(mut listing) = self.book.get_mut(scope) {
            listing.keyring.add(key.clone());
        }
        Ok(())
    }
}
