//! Names of accounts: scope, owner and unit together. Plain data; whether an account exists is the ledger's to say.

use super::did::Did;
use super::owner::Owner;
use super::unit::Unit;

/// Names an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountId {
    /// The scope whose books have the account.
    pub scope: Did,
    /// The owner inside that scope.
    pub owner: Owner,
    /// The unit that the account counts.
    pub unit: Unit,
}

impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {} of {}", self.owner, self.unit, self.scope)
    }
}
