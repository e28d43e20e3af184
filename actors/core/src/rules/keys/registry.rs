//! All scopes' keys.

use std::collections::BTreeMap;

use super::brought::Brought;
use super::scope::Keys;
use crate::block::{BrokenRule, Flaw, KeysBlock, Signer};
use crate::name::{BlockId, Did};

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
    pub fn follow(&mut self, scope: &Did, signer: Option<&Signer>, time: u64) -> Result<(), BrokenRule> {
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
        taken.map_err(|flaw| {
            let signer = keys.signer.as_ref();
            let other = (flaw.block == block).then(|| self.of_another_scope(&keys.scope, signer)).flatten();
            Flaw { broken: other.unwrap_or(flaw.broken), ..flaw }
        })
    }

    /// Whether a delegation that this scope does not know is another's.
    fn of_another_scope(&self, scope: &Did, signer: Option<&Signer>) -> Option<BrokenRule> {
        let delegation = signer?.delegation;
        if self.of(scope).is_some_and(|keys| keys.knows(&delegation)) {
            return None;
        }
        let (other, _) = self.0.iter().find(|(_, keys)| keys.knows(&delegation))?;
        Some(BrokenRule::new("scope of the delegation", scope, format!("a delegation of {other}")))
    }
}
