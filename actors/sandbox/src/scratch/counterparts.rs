//! Other scopes, which deal with a throwaway scope: their policies, their chains, their accounts.

use std::collections::BTreeMap;
use std::sync::Arc;

use icn_core::block::{Command, Limits, Policy};
use icn_core::fold::Chain;
use icn_core::ledger::{Context, Group};
use icn_core::name::{AccountId, Did, Owner, Unit};
use icn_core::rules::PolicyInForce;

use super::error::ScratchError;
use super::keys::counterpart_key;
use super::scope::{Scratch, in_force};

impl Scratch {
    /// Adds another federation scope of this name, and gives its DID. Each of the two scopes names the other as one
    /// it deals with, and the other gives this one a credit of `credit` units. The same name is the same scope in
    /// every scratch.
    pub fn counterpart(&mut self, name: &str, unit: &Unit, credit: u64) -> Result<Did, ScratchError> {
        let invalid = |e: &dyn std::fmt::Display| ScratchError::Invalid(e.to_string());
        let key = counterpart_key(name);
        let (scope, other) = (self.scope(), key.did());
        if !self.counterparts.contains_key(&other) {
            self.amend(|policy| {
                policy.counterparts.push(other);
                policy.counterparts.sort();
            })?;
            let ours = self.chain.policy().policy().clone();
            let theirs = Policy {
                scope: other,
                name: name.to_owned(),
                counterparts: vec![scope],
                admins: Vec::new(),
                roles: BTreeMap::new(),
                modules: Vec::new(),
                token: None,
                issue: Vec::new(),
                ..ours
            };
            let chain = Chain::open(in_force(&key, theirs)?).map_err(|e| invalid(&e))?;
            self.counterparts.insert(other, (key, chain));
        }
        let account = |scope, owner| AccountId { scope, owner, unit: unit.clone() };
        let claim = account(other, Owner::Claim(scope));
        let mut commands = Vec::new();
        for of in [scope, other] {
            if self.ledger().scale(of, unit).is_none() {
                commands.push(Command::OpenUnit { scope: of, unit: unit.clone(), scale: 0 });
            }
        }
        let limits = Limits { credit, balance_max: None };
        commands.push(Command::SetLimits { account: claim, limits });
        let group = Group { id: None, scope: other, commands };
        let context = Context::runtime(self.chain.time());
        self.ledger().apply(&group, &context).map_err(|e| invalid(&e))?;
        Ok(other)
    }
    /// The available balance of an account of another scope: its holds are left out.
    #[must_use]
    pub fn balance_of_counterpart(&self, scope: Did, owner: Owner, unit: Unit) -> i128 {
        self.ledger().account(&AccountId { scope, owner, unit }).unwrap_or_default().available()
    }

    pub(super) fn counterpart_policies(&self) -> Vec<Arc<PolicyInForce>> {
        self.counterparts.values().map(|(_, chain)| chain.policy().clone()).collect()
    }
}
