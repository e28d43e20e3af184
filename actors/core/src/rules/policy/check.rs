//! Whether a policy can be in force: its own words, and the rolls that it links.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::built_in::{ROLE_ADMIN, ROLE_ANYONE};
use crate::block::{Install, Policy, Roll, ruling};
use crate::limits;
use crate::name::{BlockId, Codec, Unit};

/// What is wrong, for a person.
type Checked = Result<(), String>;

/// Everything, in this order.
pub(super) fn check(policy: &Policy, rolls: &BTreeMap<BlockId, Arc<Roll>>) -> Checked {
    check_sizes(policy)?;
    check_roles(policy, rolls)?;
    for (at, install) in policy.modules.iter().enumerate() {
        check_install(policy, at, install)?;
    }
    check_units(policy)?;
    check_counterparts(policy)?;
    let grant = policy.grant;
    if grant.memory > limits::MEMORY_PAGES_MAX
        || grant.fuel > limits::FUEL_PER_INVOCATION_MAX
        || grant.network > limits::NETWORK_BYTES_MAX
    {
        return Err("the grant limits are over the host's".into());
    }
    Ok(())
}

fn check_sizes(policy: &Policy) -> Checked {
    if policy.modules.len() > limits::POLICY_MODULES_MAX || policy.roles.len() > limits::POLICY_ROLES_MAX {
        return Err(format!(
            "{} modules and {} roles where at most {} and {} are allowed",
            policy.modules.len(),
            policy.roles.len(),
            limits::POLICY_MODULES_MAX,
            limits::POLICY_ROLES_MAX
        ));
    }
    if policy.name.is_empty() || policy.name.len() > limits::NAME_BYTES_MAX {
        let (found, max) = (policy.name.len(), limits::NAME_BYTES_MAX);
        return Err(format!("a name of {found} bytes where 1 to {max} are allowed"));
    }
    Ok(())
}

fn check_roles(policy: &Policy, rolls: &BTreeMap<BlockId, Arc<Roll>>) -> Checked {
    for (name, role) in &policy.roles {
        if name == ROLE_ADMIN || name == ROLE_ANYONE {
            return Err(format!("the role `{name}` is built in"));
        }
        if role.named.len() > limits::ROLE_NAMED_MAX || role.rolls.len() > limits::ROLE_ROLLS_MAX {
            return Err(format!("the role `{name}` names too many: put members on rolls"));
        }
        if let Some(missing) = role.rolls.iter().find(|id| !rolls.contains_key(*id)) {
            return Err(format!("the role `{name}` links the roll {missing}, which is not here"));
        }
    }
    Ok(())
}

fn check_install(policy: &Policy, at: usize, install: &Install) -> Checked {
    if ruling::is_of_ledger(&install.module) {
        return Err(format!("module {at} is the ledger's own, which is in every scope"));
    }
    if install.module.codec() != Codec::Raw {
        return Err(format!("module {at} is not named by a raw CID"));
    }
    if policy.modules[..at].iter().any(|other| other.module == install.module) {
        return Err(format!("module {} is installed twice", install.module));
    }
    for (entry, role) in &install.entries {
        let known = role == ROLE_ADMIN || role == ROLE_ANYONE || policy.roles.contains_key(role);
        if !known {
            return Err(format!(
                "entry `{entry}` of module {at} asks for the role `{role}`, which is not defined"
            ));
        }
        if entry.is_empty() || entry.len() > limits::ENTRY_NAME_BYTES_MAX || entry.starts_with("__") {
            return Err(format!("`{entry}` of module {at} is not an entry's name"));
        }
    }
    Ok(())
}

fn check_units(policy: &Policy) -> Checked {
    if policy.issue.iter().any(|issue| issue.amount == 0 || i64::try_from(issue.amount).is_err()) {
        return Err("an issued amount is not between 1 and 2^63 - 1".into());
    }
    if let Some(issue) = policy.issue.iter().find(|issue| issue.to.is_moved_by_the_runtime_alone()) {
        return Err(format!("units are issued to `{}`, which the runtime alone moves", issue.to));
    }
    if policy.token.as_ref().is_some_and(Unit::is_resource) {
        return Err("the default token is a resource of the runtime".into());
    }
    Ok(())
}

fn check_counterparts(policy: &Policy) -> Checked {
    let others = &policy.counterparts;
    if others.len() > limits::POLICY_COUNTERPARTS_MAX {
        let (found, max) = (others.len(), limits::POLICY_COUNTERPARTS_MAX);
        return Err(format!("{found} counterparts where at most {max} are allowed"));
    }
    if !others.is_sorted_by(|a, b| a < b) || others.contains(&policy.scope) {
        return Err("the counterparts are other scopes, each once, in ascending order".into());
    }
    Ok(())
}
