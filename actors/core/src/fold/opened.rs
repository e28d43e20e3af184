//! What opens a log and a scope in the fold: the host's first block, a scope's first policy. And a scope's blocks of keys.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use super::chain::Chain;
use super::divergence::{Divergence, Place};
use super::machine::{Fold, open_chain};
use crate::block::{Entry, HostBlock, KeysBlock, Policy, Roll};
use crate::rules::PolicyInForce;

impl Fold {
    pub(super) fn apply_host(&mut self, place: Place, host: &HostBlock) -> Result<(), Divergence> {
        if place.position != 0 {
            return Err(place.expects("entry", "a policy or a receipt", "a host's first block"));
        }
        self.host = Some(host.clone());
        Ok(())
    }

    pub(super) fn apply_policy(
        &mut self,
        place: Place,
        policy: &Policy,
        entry: &Entry,
    ) -> Result<(), Divergence> {
        self.origin(place, &policy.log)?;
        let wrong = |e: &dyn Display| place.expects("policy", "a sound one", e);
        let mut rolls = BTreeMap::new();
        for id in policy.roles.values().flat_map(|role| &role.rolls) {
            let roll = entry
                .block(id)
                .ok_or_else(|| place.at(*id).expects("roll", "in the policy's entry", "missing"))?;
            rolls.insert(*id, Arc::new(Roll::from_block(roll.clone()).map_err(|e| wrong(&e))?));
        }
        for install in &policy.modules {
            if self.modules.contains_key(&install.module) {
                continue;
            }
            let module = entry
                .block(&install.module)
                .ok_or_else(|| place.at(install.module).expects("module", "in the log", "missing"))?;
            self.modules.insert(install.module, module.clone());
        }
        let in_force = PolicyInForce::new(place.block, policy.clone(), rolls).map_err(|e| wrong(&e))?;
        let chain = Chain::open(Arc::new(in_force)).map_err(|e| wrong(&e))?;
        self.ledger.issue(policy.scope, &policy.issue).map_err(|e| wrong(&e))?;
        self.chains.insert(policy.scope, chain);
        Ok(())
    }

    pub(super) fn apply_keys(&mut self, place: Place, keys: &KeysBlock) -> Result<(), Divergence> {
        self.origin(place, &keys.log)?;
        let chain = open_chain(&mut self.chains, place, &keys.scope)?;
        chain.apply_keys(keys, place.block).map_err(|broken| place.broken(broken))
    }
}
