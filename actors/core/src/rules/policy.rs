//! A policy in force: the signed block, checked, with its rolls at hand. Deny is the default.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::refusal::{Refusal, RefusalCode};
use crate::block::{Capability, GrantLimits, Install, Invocation, Policy, PolicyError, Roll, ruling};
use crate::ledger::Actor;
use crate::limits::{self};
use crate::name::{BlockId, Codec, Did, Unit};

/// The role of a scope's administrators.
pub const ROLE_ADMIN: &str = "admin";
/// The role that everyone with a key holds.
pub const ROLE_ANYONE: &str = "anyone";

/// The most that one invocation gets in a scope that nobody bounds further: the host's limits, and no network.
pub const GRANT_DEFAULT: GrantLimits =
    GrantLimits { fuel: limits::FUEL_PER_INVOCATION_MAX, memory: limits::MEMORY_PAGES_MAX, network: 0 };

/// Resources that a scope's treasury is given when the scope is opened and nobody says how much.
#[must_use]
pub fn resources_default() -> [(Unit, u64); 4] {
    [
        (Unit::fuel(), 1_000_000_000_000_000_000),
        (Unit::storage(), 1 << 34),
        (Unit::network(), 1 << 40),
        (Unit::memory(), 1 << 50),
    ]
}

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
        let fail = |why: String| Err(PolicyError(why));
        if policy.modules.len() > limits::POLICY_MODULES_MAX || policy.roles.len() > limits::POLICY_ROLES_MAX
        {
            return fail(format!(
                "{} modules and {} roles where at most {} and {} are allowed",
                policy.modules.len(),
                policy.roles.len(),
                limits::POLICY_MODULES_MAX,
                limits::POLICY_ROLES_MAX
            ));
        }
        if policy.name.is_empty() || policy.name.len() > limits::NAME_BYTES_MAX {
            return fail(format!(
                "a name of {} bytes where 1 to {} are allowed",
                policy.name.len(),
                limits::NAME_BYTES_MAX
            ));
        }
        for (name, role) in &policy.roles {
            if name == ROLE_ADMIN || name == ROLE_ANYONE {
                return fail(format!("the role `{name}` is built in"));
            }
            if role.named.len() > limits::ROLE_NAMED_MAX || role.rolls.len() > limits::ROLE_ROLLS_MAX {
                return fail(format!("the role `{name}` names too many: put members on rolls"));
            }
            if let Some(missing) = role.rolls.iter().find(|id| !rolls.contains_key(*id)) {
                return fail(format!("the role `{name}` links the roll {missing}, which is not here"));
            }
        }
        for (at, install) in policy.modules.iter().enumerate() {
            if ruling::is_of_ledger(&install.module) {
                return fail(format!("module {at} is the ledger's own, which is in every scope"));
            }
            if install.module.codec() != Codec::Raw {
                return fail(format!("module {at} is not named by a raw CID"));
            }
            if policy.modules[..at].iter().any(|other| other.module == install.module) {
                return fail(format!("module {} is installed twice", install.module));
            }
            for (entry, role) in &install.entries {
                let known = role == ROLE_ADMIN || role == ROLE_ANYONE || policy.roles.contains_key(role);
                if !known {
                    return fail(format!(
                        "entry `{entry}` of module {at} asks for the role `{role}`, which is not defined"
                    ));
                }
                if entry.is_empty() || entry.len() > limits::ENTRY_NAME_BYTES_MAX || entry.starts_with("__") {
                    return fail(format!("`{entry}` of module {at} is not an entry's name"));
                }
            }
        }
        if policy.issue.iter().any(|issue| issue.amount == 0 || i64::try_from(issue.amount).is_err()) {
            return fail("an issued amount is not between 1 and 2^63 - 1".into());
        }
        if let Some(issue) = policy.issue.iter().find(|issue| issue.to.is_moved_by_the_runtime_alone()) {
            return fail(format!("units are issued to `{}`, which the runtime alone moves", issue.to));
        }
        if policy.token.as_ref().is_some_and(Unit::is_resource) {
            return fail("the default token is a resource of the runtime".into());
        }
        let others = &policy.counterparts;
        if others.len() > limits::POLICY_COUNTERPARTS_MAX {
            return fail(format!(
                "{} counterparts where at most {} are allowed",
                others.len(),
                limits::POLICY_COUNTERPARTS_MAX
            ));
        }
        if !others.is_sorted_by(|a, b| a < b) || others.contains(&policy.scope) {
            return fail("the counterparts are other scopes, each once, in ascending order".into());
        }
        if policy.grant.memory > limits::MEMORY_PAGES_MAX
            || policy.grant.fuel > limits::FUEL_PER_INVOCATION_MAX
            || policy.grant.network > limits::NETWORK_BYTES_MAX
        {
            return fail("the grant limits are over the host's".into());
        }
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
    pub fn actor(&self, member: Did, module: BlockId) -> Actor {
        let admin = self.policy.admins.contains(&member).then(|| ROLE_ADMIN.to_owned());
        let held = self.policy.roles.keys().filter(|role| self.holds_role(&member, role)).cloned();
        Actor::new(member, module, held.chain(admin).collect())
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
