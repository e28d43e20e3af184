//! Of a host: scopes whose root key is somewhere else, and the keys that sign in its stead.

use std::path::PathBuf;
use std::sync::Arc;

use icn_core::encode::{Block, Domain, Envelope, SecretKey};
use icn_core::name::{BlockId, Codec, Did};
use icn_core::rules::keys::Brought;
use icn_core::rules::{Refusal, RefusalCode};
use icn_history::StoreError;
use icn_history::directory::{self, Layout};

use super::{Host, ScopeError};
use crate::scope::{PutKeys, PutKeysError};
use crate::shared::now_ms;
use crate::spec::Opening;

/// Why a scope's keys are not changed. Nothing was.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// There is no such scope here.
    #[error("the scope {0} is not here")]
    Unknown(Did),
    /// A delegation or a revocation that does not hold, or does not fit.
    #[error("{0}")]
    Invalid(String),
    /// The key cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The host or the scope does not take it now.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Where a key of a scope is kept.
pub(super) fn file(layout: &Layout, scope: &Did, key: &Did) -> PathBuf {
    if key == scope { layout.scope_key(scope) } else { layout.operating_key(scope, key) }
}

/// What these blocks bring to a scope, judged as an auditor does.
pub(super) fn brought(scope: &Did, delegations: &[Block], revocations: &[Block]) -> Result<Brought, String> {
    let names = |blocks: &[Block]| blocks.iter().map(Block::id).collect::<Vec<_>>();
    let find = |id: &BlockId| delegations.iter().chain(revocations).find(|block| block.id() == *id);
    Brought::read(scope, &names(delegations), &names(revocations), false, find)
        .map_err(|(id, error)| format!("{id}: {error}"))
}

/// That what is brought has a delegation to this key, in force now.
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
        let (ours, theirs) = (&self.shared.origin, &opening.policy.log);
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
        if !self.shared.book.contains_key(scope) {
            return Err(KeysError::Unknown(*scope));
        }
        let key = key.map(Arc::new);
        if let Some(key) = &key {
            delegates_to(&brought, &key.did(), now_ms()).map_err(KeysError::Invalid)?;
            // It is kept before the log says anything of it: whatever a crash leaves, the key is there.
            directory::write_key(
                &file(&self.shared.layout, scope, &key.did()),
                key,
                self.shared.passphrase(),
            )?;
            if let Some(mut listing) = self.shared.book.get_mut(scope) {
                listing.keyring.add(key.clone());
            }
        }
        let unavailable = || {
            let message = "the scope is restarting, or quarantined";
            Refusal::new(RefusalCode::Unavailable, message).retry_after_ms(100)
        };
        let addr = self.scope(scope).ok_or_else(unavailable)?;
        let put = PutKeys { delegations, revocations, brought, key };
        let (id, durable) =
            addr.send(put).await.map_err(|_| unavailable())?.map_err(|error| match error {
                PutKeysError::Invalid(what) => KeysError::Invalid(what),
                PutKeysError::Refused(refusal) => KeysError::Refused(refusal),
            })?;
        let position = durable.await.map_err(|_| crate::dag::closed())??;
        Ok((id, position))
    }
}
