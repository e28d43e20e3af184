//! One scope's keys, as its blocks so far have them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::brought::Brought;
use crate::block::ucan::{Delegation, Revocation};
use crate::block::{BrokenRule, Flaw, KeysBlock, Signer};
use crate::limits;
use crate::name::{BlockId, Did};

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
    pub(super) time: u64,
}

impl Keys {
    /// Whether a block of this time may be signed so, next.
    ///
    /// Format: docs/formats.md, "Who may sign in a scope's name".
    ///
    /// # Errors
    /// Why not.
    pub fn judge(&self, signer: Option<&Signer>, time: u64) -> Result<(), BrokenRule> {
        let Some(Signer { key, delegation }) = signer else { return Ok(()) };
        let known = self.delegations.get(delegation).ok_or_else(|| {
            BrokenRule::new("unknown delegation", "one that the scope's log brought before", delegation)
        })?;
        if known.given.key != *key {
            return Err(BrokenRule::new("audience of the delegation", known.given.key, key));
        }
        if self.revoked.contains(delegation) {
            return Err(BrokenRule::new("revoked delegation", "one that is not revoked", delegation));
        }
        if time < known.given.from_ms {
            let from = format!("a time from {} ms on", known.given.from_ms);
            return Err(BrokenRule::new("start of the delegation", from, format!("{time} ms")));
        }
        if time >= known.given.until_ms {
            let until = format!("a time before {} ms", known.given.until_ms);
            return Err(BrokenRule::new("end of the delegation", until, format!("{time} ms")));
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

    pub(super) fn check_time(&self, time: u64) -> Result<(), BrokenRule> {
        if time >= self.time {
            return Ok(());
        }
        Err(BrokenRule::new("time", format!("at least {}", self.time), time))
    }

    /// Takes delegations alone, as the first part of a block of keys.
    ///
    /// # Errors
    /// One that came before, or one too many.
    pub fn delegate(&mut self, delegations: &[Delegation]) -> Result<(), Flaw> {
        for delegation in delegations {
            let place = self.delegations.len();
            let flaw = |expected, found| BrokenRule::new("keys", expected, found).of(delegation.id);
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

    pub(super) fn revoke(&mut self, revocations: &[Revocation]) -> Result<(), Flaw> {
        for revocation in revocations {
            let flaw = |expected, found| BrokenRule::new("keys", expected, found).of(revocation.id);
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
            return Err(BrokenRule::new("keys", "a delegation or a revocation", "neither").of(block));
        }
        self.check_time(keys.time).map_err(|broken| broken.of(block))?;
        self.delegate(&brought.delegations)?;
        self.judge(keys.signer.as_ref(), keys.time).map_err(|broken| broken.of(block))?;
        self.revoke(&brought.revocations)?;
        self.time = keys.time;
        Ok(())
    }
}
