//! The rulings of administrators about accounts: limits, caps, and whether an account is frozen or closed. It
//! is read from the journals of the log. The audit checked that each ruling is allowed; here only the last
//! ruling counts.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::name::AccountId;
use icn_runtime::ruling::{CapKey, Command, Level, Limits};
use icn_runtime::{Operation, Owner, Receipt};

/// The rulings that hold for one account.
#[derive(Debug, Clone, Copy, Default)]
struct Terms {
    limits: Limits,
    frozen: bool,
    closed: bool,
}

/// All rulings that hold.
#[derive(Debug, Default)]
pub(super) struct Ruled {
    accounts: BTreeMap<AccountId, Terms>,
    /// Each cap: the most that may be spent, and the amount from which a warning is given.
    caps: BTreeMap<CapKey, (u64, Option<u64>)>,
}

impl Ruled {
    /// Applies the rulings in a receipt's journal.
    pub(super) fn receipt(&mut self, receipt: &Receipt) {
        for operation in &receipt.journal {
            if let Operation::Rule(command) = operation {
                self.command(command);
            }
        }
    }

    fn command(&mut self, command: &Command) {
        let mut terms = |account: &AccountId, change: &dyn Fn(&mut Terms)| {
            change(self.accounts.entry(account.clone()).or_default());
        };
        match command {
            Command::Open { account } => terms(account, &|terms| terms.closed = false),
            Command::Close { account } => terms(account, &|terms| terms.closed = true),
            Command::Freeze { account } => terms(account, &|terms| terms.frozen = true),
            Command::Unfreeze { account } => terms(account, &|terms| terms.frozen = false),
            Command::SetLimits { account, limits } => terms(account, &|terms| terms.limits = *limits),
            Command::SetCap { cap, max: Some(max), soft } => {
                self.caps.insert(cap.clone(), (*max, *soft));
            }
            Command::SetCap { cap, max: None, .. } => drop(self.caps.remove(cap)),
            _ => {}
        }
    }

    /// The accounts that are listed because of a ruling, also when nothing moved there. This includes the
    /// accounts in whose rows caps are shown.
    pub(super) fn accounts(&self) -> BTreeSet<AccountId> {
        let capped = self.caps.keys().map(|cap| AccountId {
            scope: cap.scope,
            owner: row(&cap.level),
            unit: cap.unit.clone(),
        });
        self.accounts.keys().cloned().chain(capped).collect()
    }

    /// An account's credit limit, largest balance, state and caps, as text. What it does not have is empty.
    pub(super) fn cells(&self, id: &AccountId) -> [String; 4] {
        let Terms { limits, frozen, closed } = self.accounts.get(id).copied().unwrap_or_default();
        let state = match (closed, frozen) {
            (false, false) => "open",
            (false, true) => "frozen",
            (true, false) => "closed",
            (true, true) => "closed, frozen",
        };
        let theirs =
            |cap: &CapKey| (cap.scope, &cap.unit, row(&cap.level)) == (id.scope, &id.unit, id.owner.clone());
        let caps: Vec<String> =
            self.caps.iter().filter(|(cap, _)| theirs(cap)).map(|(cap, terms)| words(cap, *terms)).collect();
        let balance_max = limits.balance_max.map_or_else(String::new, |max| max.to_string());
        [limits.credit.to_string(), balance_max, state.to_owned(), caps.join("; ")]
    }
}

/// The owner in whose row a cap is shown. Roles and the scope have no account, so their caps are shown in the
/// treasury's row.
fn row(level: &Level) -> Owner {
    match level {
        Level::Member(member) => Owner::Member(*member),
        Level::Module(module) => Owner::Module(*module),
        Level::Role(_) | Level::Scope => Owner::Treasury,
    }
}

fn words(cap: &CapKey, (max, soft): (u64, Option<u64>)) -> String {
    let whose = match &cap.level {
        Level::Member(_) => "member".to_owned(),
        Level::Module(_) => "module".to_owned(),
        Level::Role(role) => format!("role {role}"),
        Level::Scope => "scope".to_owned(),
    };
    let window = cap.window_ms.map_or_else(|| " in all".to_owned(), |ms| format!(" in {ms} ms"));
    let warns = soft.map_or_else(String::new, |soft| format!(", warns from {soft}"));
    format!("{whose}: {max}{window}{warns}")
}
