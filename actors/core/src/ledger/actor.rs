//! Who asks the ledger.

use crate::name::{BlockId, Did};

/// Who asks. Whoever calls the machine knows it from a signature and a policy, and never from a guest's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Actor {
    /// The member whose key signed.
    pub member: Option<Did>,
    /// The module that runs.
    pub module: Option<BlockId>,
    /// The roles that the member holds.
    pub roles: Vec<String>,
}

impl Actor {
    /// A member, in a module.
    #[must_use]
    pub const fn new(member: Did, module: BlockId, roles: Vec<String>) -> Self {
        Self { member: Some(member), module: Some(module), roles }
    }
    /// Whether it is an administrator who rules ([`crate::block::ruling`]): what a ruling consumes counts against no cap.
    #[must_use]
    pub fn rules(&self) -> bool {
        self.module.as_ref().is_some_and(crate::block::ruling::is_of_ledger)
    }
}
