//! Whose signature counts in a scope's name: the scope's own key, its *root*, always; an *operating key* while a delegation
//! of the root says so.
//!
//! A block that an operating key signs names the key and its delegation ([`Signer`]). So the signature can be verified
//! with the block alone, on any core, and what remains is judged in the log's order, at the block's own position and time,
//! by [`Registry`]:
//!
//! 1. the log brought the delegation before, in this scope ([`KeysBlock`], or its first policy);
//! 2. it is to this key, and the block's `time` is not before its start and before its end;
//! 3. no block before this one revoked it.
//!
//! Nothing later changes a verdict: a block that was signed in time stays valid when its key ends or is revoked.

use std::collections::{BTreeMap, BTreeSet};

use crate::block::ucan::{Delegation, NewDelegation, Revocation, UcanError};
use crate::block::{ChainError, Flaw, KeysBlock, OPERATE, Signer, form};
use crate::encode::Block;
use crate::limits;
use crate::name::{BlockId, Did};

/// Signs a root's delegation to an operating key, in seconds since the Unix epoch; `nonce` makes it another than those
/// before.
#[must_use]
pub fn delegate(
    root: &crate::encode::SecretKey,
    to: Did,
    from_s: Option<i64>,
    until_s: i64,
    nonce: &[u8],
) -> Block {
    let command = OPERATE.to_owned();
    let nonce = nonce.to_vec();
    NewDelegation { audience: to, command, not_before_s: from_s, expires_s: until_s, nonce }.sign(root)
}

/// What one entry brings: read, and right in itself.
///
/// Format: docs/formats.md, "Keys".
#[derive(Debug, Default)]
pub struct Brought {
    /// Delegations.
    pub delegations: Vec<Delegation>,
    /// Revocations.
    pub revocations: Vec<Revocation>,
}

impl Brought {
    /// Reads what an entry of this scope brings, and judges each alone: its form, that the scope's root signed it
    /// (unless `trusted`), and that it is about operating this scope. `block` finds a block of the entry.
    ///
    /// # Errors
    /// The first block that is missing or not right.
    pub fn read<'b>(
        scope: &Did,
        delegations: &[BlockId],
        revocations: &[BlockId],
        trusted: bool,
        block: impl Fn(&BlockId) -> Option<&'b Block>,
    ) -> Result<Self, Flaw> {
        for (what, ids) in [("delegations", delegations), ("revocations", revocations)] {
            if ids.len() > limits::KEYS_BLOCK_UCANS_MAX {
                let max = format!("at most {} {what}", limits::KEYS_BLOCK_UCANS_MAX);
                return Err((ids[0], ChainError::new("keys", max, ids.len())));
            }
        }
        let bytes = |id: &BlockId| {
            form::is_dag_cbor(id).map_err(|error| (*id, error))?;
            match block(id) {
                Some(block) => Ok(block.bytes()),
                None => Err((*id, ChainError::new("block", "in its entry", "missing"))),
            }
        };
        let mut brought = Self::default();
        for id in delegations {
            let read = if trusted { Delegation::read } else { Delegation::read_signed };
            let delegation = read(bytes(id)?).map_err(|error| (*id, ucan_flaw("delegation", &error)))?;
            check_delegation(scope, &delegation).map_err(|error| (*id, error))?;
            brought.delegations.push(delegation);
        }
        for id in revocations {
            let read = if trusted { Revocation::read } else { Revocation::read_signed };
            let revocation = read(bytes(id)?).map_err(|error| (*id, ucan_flaw("revocation", &error)))?;
            if revocation.issuer != *scope {
                return Err((*id, ChainError::new("root of the revocation", scope, revocation.issuer)));
            }
            brought.revocations.push(revocation);
        }
        Ok(brought)
    }
}

fn ucan_flaw(kind: &'static str, error: &UcanError) -> ChainError {
    let what = match (kind, error) {
        ("delegation", UcanError::Signature(_)) => "signature of the delegation",
        ("revocation", UcanError::Signature(_)) => "signature of the revocation",
        ("delegation", UcanError::Command(_)) => "command of the delegation",
        _ => kind,
    };
    ChainError::new(what, "a UCAN that its issuer signed", error)
}

/// Whether a delegation is one of a scope's root to an operating key: by the root, of this scope, of the one command,
/// without further limits, and with an end.
///
/// Format: docs/formats.md, "Delegations and revocations".
///
/// # Errors
/// The first that does not hold.
pub fn check_delegation(scope: &Did, delegation: &Delegation) -> Result<(), ChainError> {
    let subject = delegation.subject.map_or_else(|| "nobody in particular".into(), |did| did.to_string());
    if delegation.subject != Some(*scope) {
        return Err(ChainError::new("scope of the delegation", scope, subject));
    }
    if delegation.issuer != *scope {
        return Err(ChainError::new("root of the delegation", scope, delegation.issuer));
    }
    if delegation.command != OPERATE || delegation.statements != 0 {
        let found = format!("`{}` with {} further conditions", delegation.command, delegation.statements);
        return Err(ChainError::new("command of the delegation", format!("`{OPERATE}` alone"), found));
    }
    if delegation.expires_s.is_none() {
        return Err(ChainError::new("delegation", "an end date", "one that never ends"));
    }
    Ok(())
}

/// A delegation that the log brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delegated {
    /// Its name.
    pub delegation: BlockId,
    /// The operating key that it is to.
    pub key: Did,
    /// From when on, in milliseconds since the Unix epoch; 0 from the beginning.
    pub from_ms: u64,
    /// Until when: the first moment at which it counts no more.
    pub until_ms: u64,
    /// Whether the root took it back.
    pub is_revoked: bool,
}

/// The same, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    given: Delegated,
    /// Its place among the scope's delegations.
    place: usize,
}

impl Known {
    fn of(delegation: &Delegation, place: usize) -> Self {
        let ms = |seconds: i64| u64::try_from(seconds).unwrap_or(0).saturating_mul(1000);
        let given = Delegated {
            delegation: delegation.id,
            key: delegation.audience,
            from_ms: delegation.not_before_s.map_or(0, ms),
            until_ms: delegation.expires_s.map_or(0, ms),
            is_revoked: false,
        };
        Self { given, place }
    }
}

/// One scope's keys, as its blocks so far have them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    delegations: BTreeMap<BlockId, Known>,
    /// Delegations that count no more; also some that the log never brought.
    revoked: BTreeSet<BlockId>,
    /// Of the last block.
    time: u64,
}

impl Keys {
    /// Whether a block of this time may be signed so, next.
    ///
    /// Format: docs/formats.md, "Who may sign in a scope's name".
    ///
    /// # Errors
    /// Why not.
    pub fn judge(&self, signer: Option<&Signer>, time: u64) -> Result<(), ChainError> {
        let Some(Signer { key, delegation }) = signer else { return Ok(()) };
        let known = self.delegations.get(delegation).ok_or_else(|| {
            ChainError::new("unknown delegation", "one that the scope's log brought before", delegation)
        })?;
        if known.given.key != *key {
            return Err(ChainError::new("audience of the delegation", known.given.key, key));
        }
        if self.revoked.contains(delegation) {
            return Err(ChainError::new("revoked delegation", "one that is not revoked", delegation));
        }
        if time < known.given.from_ms {
            let from = format!("a time from {} ms on", known.given.from_ms);
            return Err(ChainError::new("start of the delegation", from, format!("{time} ms")));
        }
        if time >= known.given.until_ms {
            let until = format!("a time before {} ms", known.given.until_ms);
            return Err(ChainError::new("end of the delegation", until, format!("{time} ms")));
        }
        Ok(())
    }

    /// Those who may sign a block of this time, the one whose delegation came last first.
    pub fn in_force(&self, time: u64) -> impl Iterator<Item = Signer> {
        let mut signers: Vec<(usize, Signer)> = self
            .delegations
            .iter()
            .map(|(delegation, known)| {
                (known.place, Signer { key: known.given.key, delegation: *delegation })
            })
            .filter(|(_, signer)| self.judge(Some(signer), time).is_ok())
            .collect();
        signers.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
        signers.into_iter().map(|(_, signer)| signer)
    }

    /// The one that the log delegated to last, whether or not it is in force.
    #[must_use]
    pub fn newest(&self) -> Option<Signer> {
        let (delegation, known) = self.delegations.iter().max_by_key(|(_, known)| known.place)?;
        Some(Signer { key: known.given.key, delegation: *delegation })
    }

    /// Every delegation that the log brought, in its order.
    #[must_use]
    pub fn delegations(&self) -> Vec<Delegated> {
        let mut all: Vec<&Known> = self.delegations.values().collect();
        all.sort_by_key(|known| known.place);
        all.into_iter()
            .map(|known| Delegated { is_revoked: self.is_revoked(&known.given.delegation), ..known.given })
            .collect()
    }

    /// Until when, in milliseconds since the Unix epoch, blocks of this time and later ones can be signed by keys for which
    /// `has` says that they are here, one after the other without a gap; nothing when none can be.
    pub fn signed_until(&self, time: u64, has: impl Fn(&Did) -> bool) -> Option<u64> {
        let mut good = self.delegations();
        good.retain(|given| !given.is_revoked && given.until_ms > time && has(&given.key));
        let mut end = time;
        while let Some(next) = good
            .iter()
            .filter(|given| given.from_ms <= end)
            .map(|given| given.until_ms)
            .max()
            .filter(|next| *next > end)
        {
            end = next;
        }
        (end > time).then_some(end)
    }

    /// Every key that a delegation was for.
    pub fn operating_keys(&self) -> impl Iterator<Item = &Did> {
        self.delegations.values().map(|known| &known.given.key)
    }

    /// Whether the log brought this delegation.
    #[must_use]
    pub fn knows(&self, delegation: &BlockId) -> bool {
        self.delegations.contains_key(delegation)
    }

    /// Whether this delegation counts no more.
    #[must_use]
    pub fn is_revoked(&self, delegation: &BlockId) -> bool {
        self.revoked.contains(delegation)
    }

    fn check_time(&self, time: u64) -> Result<(), ChainError> {
        if time >= self.time {
            return Ok(());
        }
        Err(ChainError::new("time", format!("at least {}", self.time), time))
    }

    /// Takes delegations alone, as the first part of a block of keys.
    ///
    /// # Errors
    /// One that came before, or one too many.
    pub fn delegate(&mut self, delegations: &[Delegation]) -> Result<(), Flaw> {
        for delegation in delegations {
            let place = self.delegations.len();
            let flaw = |expected, found| (delegation.id, ChainError::new("keys", expected, found));
            if place >= limits::SCOPE_UCANS_MAX {
                let max = format!("at most {} delegations of a scope", limits::SCOPE_UCANS_MAX);
                return Err(flaw(max, "one more".into()));
            }
            if self.delegations.insert(delegation.id, Known::of(delegation, place)).is_some() {
                let found = format!("{} again", delegation.id);
                return Err(flaw("delegations that the scope's log did not bring before".into(), found));
            }
        }
        Ok(())
    }

    fn revoke(&mut self, revocations: &[Revocation]) -> Result<(), Flaw> {
        for revocation in revocations {
            let flaw = |expected, found| (revocation.id, ChainError::new("keys", expected, found));
            if self.revoked.len() >= limits::SCOPE_UCANS_MAX {
                let max = format!("at most {} revocations of a scope", limits::SCOPE_UCANS_MAX);
                return Err(flaw(max, "one more".into()));
            }
            if !self.revoked.insert(revocation.delegation) {
                let found = format!("{} again", revocation.delegation);
                return Err(flaw("revocations of what is not revoked".into(), found));
            }
        }
        Ok(())
    }

    /// Takes what a block brings: its delegations, then its signer is judged, then its revocations. So it may be signed
    /// by a key that it delegates to, which takes the place of one that is lost, and by one that it revokes.
    ///
    /// # Errors
    /// What does not hold; then nothing may be built on these keys.
    pub fn take(&mut self, block: BlockId, keys: &KeysBlock, brought: &Brought) -> Result<(), Flaw> {
        if keys.delegations.is_empty() && keys.revocations.is_empty() {
            return Err((block, ChainError::new("keys", "a delegation or a revocation", "neither")));
        }
        self.check_time(keys.time).map_err(|error| (block, error))?;
        self.delegate(&brought.delegations)?;
        self.judge(keys.signer.as_ref(), keys.time).map_err(|error| (block, error))?;
        self.revoke(&brought.revocations)?;
        self.time = keys.time;
        Ok(())
    }
}

/// All scopes' keys, as a log so far has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registry(BTreeMap<Did, Keys>);

impl Registry {
    /// A scope's keys.
    #[must_use]
    pub fn of(&self, scope: &Did) -> Option<&Keys> {
        self.0.get(scope)
    }

    /// Gives up a scope's keys.
    pub fn remove(&mut self, scope: &Did) -> Keys {
        self.0.remove(scope).unwrap_or_default()
    }

    /// Every operating key of every scope.
    pub fn operating_keys(&self) -> impl Iterator<Item = &Did> {
        self.0.values().flat_map(Keys::operating_keys)
    }

    /// A scope is opened by a policy of this time, which its root signed.
    ///
    /// # Errors
    /// What does not hold.
    pub fn open(&mut self, scope: Did, time: u64, brought: &Brought) -> Result<(), Flaw> {
        let keys = self.0.entry(scope).or_default();
        keys.delegate(&brought.delegations)?;
        keys.time = time;
        Ok(())
    }

    /// A block of a scope comes next, of this time, and signed so.
    ///
    /// # Errors
    /// What does not hold.
    pub fn follow(&mut self, scope: &Did, signer: Option<&Signer>, time: u64) -> Result<(), ChainError> {
        let keys = self.0.entry(*scope).or_default();
        keys.check_time(time)?;
        let judged = keys.judge(signer, time);
        keys.time = time;
        judged.map_err(|error| self.of_another_scope(scope, signer).unwrap_or(error))
    }

    /// A block of keys comes next.
    ///
    /// # Errors
    /// What does not hold.
    pub fn take(&mut self, block: BlockId, keys: &KeysBlock, brought: &Brought) -> Result<(), Flaw> {
        let taken = self.0.entry(keys.scope).or_default().take(block, keys, brought);
        taken.map_err(|(id, error)| {
            let other =
                (id == block).then(|| self.of_another_scope(&keys.scope, keys.signer.as_ref())).flatten();
            (id, other.unwrap_or(error))
        })
    }

    /// Whether a delegation that this scope does not know is another's.
    fn of_another_scope(&self, scope: &Did, signer: Option<&Signer>) -> Option<ChainError> {
        let delegation = signer?.delegation;
        if self.of(scope).is_some_and(|keys| keys.knows(&delegation)) {
            return None;
        }
        let (other, _) = self.0.iter().find(|(_, keys)| keys.knows(&delegation))?;
        Some(ChainError::new("scope of the delegation", scope, format!("a delegation of {other}")))
    }
}
