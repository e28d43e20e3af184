//! Who asks the ledger.
//!
//! The caller of the ledger knows the actor from a signature and a policy, and never from the words of a guest.

use crate::name::{BlockId, Did};

/// Who asks the ledger. Everything is empty when the runtime itself asks.
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
    /// A member who runs a module.
    #[must_use]
    pub const fn new(member: Did, module: BlockId, roles: Vec<String>) -> Self {
        Self { member: Some(member), module: Some(module), roles }
    }
    /// Whether the actor is an administrator who makes a ruling ([`crate::block::ruling`]). The resources
    /// that a ruling consumes count against no cap.
    #[must_use]
    pub fn rules(&self) -> bool {
        self.module.as_ref().is_some_and(crate::block::ruling::is_of_ledger)
    }
}
