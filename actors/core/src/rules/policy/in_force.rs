//! A policy in force: the signed block, checked, with its rolls at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::built_in::{ROLE_ADMIN, ROLE_ANYONE};
use super::check::check;
use crate::block::{Capability, Install, Invocation, Policy, PolicyError, Roll, ruling};
use crate::ledger::Asker;
use crate::name::{BlockId, Did, Unit};
use crate::rules::refusal::{Refusal, RefusalCode};

/// A checked policy and its rolls: an immutable snapshot, shared by reference.
///
/// Format: docs/formats.md, "Policy".
#[derive(Debug)]
pub struct PolicyInForce {
    id: BlockId,
    policy: Policy,
    rolls: BTreeMap<BlockId, Arc<Roll>>,
    /// Who is named for each role, to be found: every invocation asks, and for the ledger all roles are asked.
    named: BTreeMap<String, BTreeSet<Did>>,
}

impl PolicyInForce {
    /// Checks a policy; `id` is its envelope, `rolls` what its roles link.
    pub fn new(
        id: BlockId,
        policy: Policy,
        rolls: BTreeMap<BlockId, Arc<Roll>>,
    ) -> Result<Self, PolicyError> {
        check(&policy, &rolls).map_err(PolicyError)?;
        let named =
            policy.roles.iter().map(|(name, role)| (name.clone(), role.named.iter().copied().collect()));
        Ok(Self { id, named: named.collect(), policy, rolls })
    }

    /// The envelope's name.
    #[must_use]
    pub const fn id(&self) -> BlockId {
        self.id
    }
    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }
    /// The installed module of that name.
    #[must_use]
    pub fn install(&self, module: &BlockId) -> Option<&Install> {
        self.policy.modules.iter().find(|install| install.module == *module)
    }
    /// Whether the module has the capability.
    #[must_use]
    pub fn grants(&self, module: &BlockId, capability: Capability) -> bool {
        self.install(module).is_some_and(|install| install.capabilities.contains(&capability))
    }

    /// Whether it names another scope as one that it deals with.
    #[must_use]
    pub fn deals_with(&self, other: &Did) -> bool {
        self.policy.counterparts.binary_search(other).is_ok()
    }

    /// Whether the member holds the role.
    #[must_use]
    pub fn holds_role(&self, member: &Did, role: &str) -> bool {
        match role {
            ROLE_ANYONE => true,
            ROLE_ADMIN => self.policy.admins.contains(member),
            _ => {
                let is_on = |id: &BlockId| self.rolls.get(id).is_some_and(|roll| roll.contains(member));
                self.named.get(role).is_some_and(|named| named.contains(member))
                    || self.policy.roles.get(role).is_some_and(|role| role.rolls.iter().any(is_on))
            }
        }
    }

    /// Who a member is to the ledger when that module runs: with every role that the member holds.
    #[must_use]
    pub fn actor(&self, member: Did, module: BlockId) -> Asker {
        let admin = self.policy.admins.contains(&member).then(|| ROLE_ADMIN.to_owned());
        let held = self.policy.roles.keys().filter(|role| self.holds_role(&member, role)).cloned();
        Asker::new(member, module, held.chain(admin).collect())
    }

    /// The role that an entry of a module asks for.
    fn role_of(&self, module: &BlockId, entry: &str) -> Result<&str, Refusal> {
        if ruling::is_of_ledger(module) && entry == ruling::ENTRY {
            return Ok(ROLE_ADMIN);
        }
        let installed = self.install(module).map(|install| &install.entries);
        let none = BTreeMap::new();
        let entries =
            installed.or_else(|| ruling::is_of_ledger(module).then_some(&none)).ok_or_else(|| {
                Refusal::new(
                    RefusalCode::UnknownModule,
                    format!("module {module} is not installed in this scope"),
                )
            })?;
        let role = installed.and_then(|entries| entries.get(entry));
        role.map(String::as_str).ok_or_else(|| {
            let mut open: Vec<&str> = entries.keys().map(String::as_str).collect();
            open.extend(ruling::is_of_ledger(module).then_some(ruling::ENTRY));
            let open = if open.is_empty() { "none".to_owned() } else { open.join(", ") };
            Refusal::new(RefusalCode::UnknownEntry, format!("entry `{entry}` is not open; open are: {open}"))
        })
    }

    /// Whether the caller may run that entry of that module with that much fuel.
    pub fn allows(&self, invocation: &Invocation) -> Result<(), Refusal> {
        let role = self.role_of(&invocation.module, &invocation.entry)?;
        if !self.holds_role(&invocation.caller, role) {
            return Err(Refusal::new(
                RefusalCode::Denied,
                format!(
                    "entry `{}` asks for the role `{role}`, which {} does not hold",
                    invocation.entry, invocation.caller
                ),
            ));
        }
        if invocation.fuel > self.policy.grant.fuel {
            return Err(Refusal::new(
                RefusalCode::Exhausted,
                format!(
                    "a fuel limit of {} where this scope grants at most {}",
                    invocation.fuel, self.policy.grant.fuel
                ),
            ));
        }
        Ok(())
    }
}

/// What of each resource a run may take, at most: what caps are asked for before it.
#[must_use]
pub fn resource_needs(invocation: &Invocation, policy: &PolicyInForce) -> [(Unit, u64); 3] {
    let grant = policy.policy().grant;
    [(Unit::fuel(), invocation.fuel), (Unit::memory(), grant.memory), (Unit::network(), grant.network)]
}
