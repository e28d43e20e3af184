//! What an author sets up before a call: modules, roles, grants, units, members, the time.

use std::collections::BTreeSet;
use std::sync::Arc;

use icn_core::block::{Capability, GrantLimits, Install, Issue};
use icn_core::name::{BlockId, Did, Owner, Unit};
use icn_core::rules::{ROLE_ADMIN, ROLE_ANYONE};

use super::error::{ScratchError, unknown_module};
use super::keys::member_key;
use super::scope::Scratch;
use crate::run::{Module, check_install, no_entry};

impl Scratch {
    /// Installs a module, grants it these capabilities, and opens all its entries to everyone. Installing it again
    /// changes its capabilities alone.
    pub fn install(
        &mut self,
        module: Arc<Module>,
        capabilities: &BTreeSet<Capability>,
    ) -> Result<BlockId, ScratchError> {
        let id = module.id();
        let open = module.shape().entries.keys().filter(|entry| !entry.is_empty());
        let install = Install {
            module: id,
            capabilities: capabilities.clone(),
            entries: open.map(|entry| (entry.clone(), ROLE_ANYONE.to_owned())).collect(),
        };
        check_install(&install, &module).map_err(ScratchError::Invalid)?;
        self.amend(|policy| match policy.modules.iter_mut().find(|known| known.module == id) {
            // The roles for its entries stay as they were.
            Some(known) => known.capabilities = install.capabilities,
            None => policy.modules.push(install),
        })?;
        self.modules.insert(id, module);
        Ok(id)
    }

    /// Opens an entry only to members with a role: `admin`, or one that was [given](Self::give_role).
    pub fn require_role(&mut self, module: BlockId, entry: &str, role: &str) -> Result<(), ScratchError> {
        let installed = self.modules.get(&module).ok_or_else(|| unknown_module(module))?;
        if !installed.shape().entries.contains_key(entry) {
            return Err(ScratchError::Invalid(no_entry(installed, entry)));
        }
        self.amend(|policy| {
            if let Some(install) = policy.modules.iter_mut().find(|install| install.module == module) {
                install.entries.insert(entry.to_owned(), role.to_owned());
            }
        })
    }

    /// Defines a role that nobody has yet, if there is none of this name.
    pub fn define_role(&mut self, role: &str) -> Result<(), ScratchError> {
        if matches!(role, ROLE_ADMIN | ROLE_ANYONE) {
            return Ok(());
        }
        self.amend(|policy| {
            policy.roles.entry(role.to_owned()).or_default();
        })
    }

    /// Gives a member a role. The role `admin` makes an administrator.
    pub fn give_role(&mut self, role: &str, member: Did) -> Result<(), ScratchError> {
        self.amend(|policy| {
            let holders = match role {
                ROLE_ADMIN => &mut policy.admins,
                _ => &mut policy.roles.entry(role.to_owned()).or_default().named,
            };
            if !holders.contains(&member) {
                holders.push(member);
            }
        })
    }

    /// Sets the scope's default token.
    pub fn set_token(&mut self, unit: Unit) -> Result<(), ScratchError> {
        self.amend(|policy| policy.token = Some(unit))
    }

    /// Sets the grant: the most resources that one invocation gets.
    pub fn set_grant(&mut self, grant: GrantLimits) -> Result<(), ScratchError> {
        self.amend(|policy| policy.grant = grant)
    }

    /// Issues units of a token to an account.
    pub fn issue(&mut self, unit: Unit, to: Owner, amount: u64) -> Result<(), ScratchError> {
        if unit.is_resource() {
            return Err(ScratchError::Invalid(format!(
                "`{unit}` is a resource of the runtime, and none is issued: a scratch has plenty",
            )));
        }
        let scope = self.scope();
        let issued = self.ledger().issue(scope, &[Issue { unit, to, amount }]);
        issued.map_err(|e| ScratchError::Invalid(e.to_string()))
    }

    /// Sets the wall clock, in milliseconds since the Unix epoch. As in a host, no guest is told an earlier time
    /// than the guests before it.
    pub const fn set_time(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
    }

    /// Adds the member of this name, with a key of their own, and gives the DID. Their calls are signed and verified.
    pub fn member(&mut self, name: &str) -> Did {
        let key = member_key(name);
        let did = key.did();
        self.members.insert(did, key);
        did
    }
}
