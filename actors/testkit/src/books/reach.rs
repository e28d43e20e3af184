//! What a command reaches: the accounts that it names, and the scopes that it concerns.

use icn_core::block::{CapKey, Command};
use icn_core::ledger::Context;
use icn_core::name::{AccountId, Did};

pub(super) fn scopes(command: &Command) -> Vec<Did> {
    match command {
        Command::OpenUnit { scope, .. }
        | Command::Settle { scope, .. }
        | Command::Void { scope, .. }
        | Command::Expire { scope, .. }
        | Command::Charge { scope, .. }
        | Command::SetCap { cap: CapKey { scope, .. }, .. } => vec![*scope],
        Command::Net { a, b, .. } => vec![*a, *b],
        _ => accounts(command).iter().map(|account| account.scope).collect(),
    }
}

/// The one scope whose part is booked, of a command between two. A hold over two scopes is always refused; which refusal
/// comes first depends on the scopes that it reaches, so it has a part too.
pub(super) fn part(command: &Command, context: &Context) -> Option<Did> {
    let both = match command {
        Command::Transfer { from, to, .. } | Command::Hold { from, to, .. } => [from.scope, to.scope],
        Command::Net { a, b, .. } => [*a, *b],
        _ => return None,
    };
    context.part.filter(|part| both[0] != both[1] && both.contains(part))
}

/// The accounts that a command names.
pub(super) fn accounts(command: &Command) -> Vec<AccountId> {
    match command {
        Command::Open { account: one }
        | Command::Close { account: one }
        | Command::Freeze { account: one }
        | Command::Unfreeze { account: one }
        | Command::SetLimits { account: one, .. }
        | Command::Issue { to: one, .. }
        | Command::Mint { to: one, .. }
        | Command::Burn { from: one, .. } => vec![one.clone()],
        Command::Transfer { from, to, .. } | Command::Hold { from, to, .. } => vec![from.clone(), to.clone()],
        _ => Vec::new(),
    }
}
