//! What a plain ledger has booked: accounts and open holds.

use std::collections::BTreeMap;

use super::account::{Account, AccountId};
use super::hold::Holds;

/// Accounts and open holds of all scopes.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) accounts: BTreeMap<AccountId, Account>,
    pub(super) holds: Holds,
}
