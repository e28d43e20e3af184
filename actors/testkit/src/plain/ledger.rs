//! The plain ledger: draws, running invocations, and receipts that are booked.
//!
//! Two ways in. The *host's*: [`Ledger::draw`] sets a batch of a resource aside for a scope, [`Ledger::hold`] sets a guest's
//! transfer aside when it is made, and [`Ledger::post`] books a receipt against what was set aside. The *fold's*:
//! [`Ledger::book`] books a receipt with the same checks and nothing set aside.

use std::collections::BTreeMap;

use icn_core::block::Issue;
use icn_core::name::{Did, HoldId, Owner, Unit};

use super::account::{Account, AccountId};
use super::error::LedgerError;
use super::hold::OpenHold;
use super::overlay::Overlay;
use super::state::State;
use super::words::{Receipt, Transfer};

/// The machine.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    state: State,
    /// Drawn by a scope and not posted yet.
    drawn: BTreeMap<(Did, Unit), u64>,
    /// What a scope's running invocation did.
    staged: BTreeMap<Did, Staged>,
}

/// Transfers of a running invocation, in the order in which it made them, and what they change.
#[derive(Debug, Clone)]
struct Staged {
    transfers: Vec<Transfer>,
    overlay: Overlay,
}

/// The posted side of a ledger: what a fold of the log gives, and a snapshot keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posted {
    /// Accounts, in order; nothing is set aside.
    pub accounts: Vec<(AccountId, Account)>,
    /// Open holds, in the order of scope and name.
    pub holds: Vec<(Did, HoldId, OpenHold)>,
}

/// What is derived from a receipt's charge: postings between the treasury and what was consumed.
fn charges(receipt: &Receipt) -> Vec<Transfer> {
    let consumed = [
        (Unit::fuel(), receipt.fuel),
        (Unit::memory(), receipt.usage.memory),
        (Unit::network(), receipt.usage.network),
    ];
    let charge = |(unit, amount)| Transfer::new(Owner::Treasury, Owner::Consumed, unit, amount);
    let mut all: Vec<Transfer> = consumed.into_iter().map(charge).collect();
    let kept = receipt.usage.storage.unsigned_abs();
    if receipt.usage.storage >= 0 {
        all.push(Transfer::new(Owner::Treasury, Owner::Consumed, Unit::storage(), kept));
    } else {
        all.push(Transfer::new(Owner::Consumed, Owner::Treasury, Unit::storage(), kept));
    }
    all.retain(|posting| posting.amount > 0);
    all
}

impl Ledger {
    /// The counters of an account; zeros when it was never used.
    #[must_use]
    pub fn account(&self, scope: Did, owner: Owner, unit: Unit) -> Account {
        self.state.accounts.get(&AccountId { scope, owner, unit }).copied().unwrap_or_default()
    }

    /// All accounts, in order.
    pub fn accounts(&self) -> impl Iterator<Item = (&AccountId, &Account)> {
        self.state.accounts.iter()
    }

    /// What an invocation of the scope sees at its time: the posted balance, what is past its deadline returned,
    /// its own staged transfers applied.
    #[must_use]
    pub fn balance_staged(&self, scope: Did, time: u64, owner: &Owner, unit: &Unit) -> i128 {
        let id = AccountId { scope, owner: owner.clone(), unit: unit.clone() };
        let posted = self.state.accounts.get(&id).copied().unwrap_or_default().balance();
        posted.saturating_add(match self.staged.get(&scope) {
            Some(staged) => staged.overlay.change(&id),
            None => Overlay::at(&self.state, scope, time).change(&id),
        })
    }

    /// An open hold, as an invocation of the scope sees it at its time.
    #[must_use]
    pub fn open_hold(&self, scope: Did, time: u64, id: &HoldId) -> Option<OpenHold> {
        match self.staged.get(&scope) {
            Some(staged) => staged.overlay.hold(&self.state, id).cloned(),
            None => self.state.holds.get(&scope, id).filter(|hold| hold.terms.deadline > time).cloned(),
        }
    }

    /// Sets a transfer of the scope's running invocation aside, or refuses it and changes nothing. `time` is the
    /// invocation's: the same in each call of one run, in milliseconds since the Unix epoch.
    pub fn hold(&mut self, scope: Did, time: u64, transfer: Transfer) -> Result<(), LedgerError> {
        // Taken out while it grows, so that it can look at the rest of the ledger.
        let mut staged = self.staged.remove(&scope).unwrap_or_else(|| Staged {
            transfers: Vec::new(),
            overlay: Overlay::at(&self.state, scope, time),
        });
        let answer = staged.overlay.transfer(&self.state, &transfer);
        if answer.is_ok() {
            staged.transfers.push(transfer);
        }
        if !staged.transfers.is_empty() {
            self.staged.insert(scope, staged);
        }
        answer
    }

    /// Drops what the scope's running invocation set aside.
    pub fn void(&mut self, scope: &Did) {
        self.staged.remove(scope);
    }

    /// Sets up to `amount` of a resource aside for a scope, at least `needed`; says how much was set aside.
    pub fn draw(&mut self, scope: Did, unit: &Unit, needed: u64, amount: u64) -> Result<u64, LedgerError> {
        if !unit.is_resource() {
            return Err(LedgerError::NotDrawn(unit.clone()));
        }
        let id = AccountId { scope, owner: Owner::Treasury, unit: unit.clone() };
        let account = self.state.accounts.get(&id).copied().unwrap_or_default();
        let available = account.available();
        if available < i128::from(needed) {
            return Err(LedgerError::Insufficient {
                owner: id.owner,
                unit: id.unit,
                available,
                amount: needed,
            });
        }
        let drawn = u64::try_from(available.min(i128::from(amount.max(needed)))).unwrap_or(needed);
        if drawn == 0 {
            return Ok(0);
        }
        self.state.accounts.entry(id).or_default().held += u128::from(drawn);
        *self.drawn.entry((scope, unit.clone())).or_default() += drawn;
        Ok(drawn)
    }

    /// Takes a scope's accounts from a fold of its log: its actor is gone, and with it whatever it had drawn,
    /// held, or not told yet.
    pub fn adopt(&mut self, scope: Did, fold: &Self) {
        self.void(&scope);
        self.drawn.retain(|(owner, _), _| *owner != scope);
        self.state.accounts.retain(|id, _| id.scope != scope);
        let theirs = fold.state.accounts.iter().filter(|(id, _)| id.scope == scope);
        self.state.accounts.extend(theirs.map(|(id, account)| (id.clone(), Account { held: 0, ..*account })));
        self.state.holds.adopt(scope, &fold.state.holds);
    }

    /// Books a receipt against what its scope drew and held. An error is a mistake of the host's own.
    pub fn post(&mut self, receipt: &Receipt) -> Result<(), LedgerError> {
        let scope = receipt.scope;
        let staged = self.staged.remove(&scope).map(|staged| staged.transfers).unwrap_or_default();
        // A failed run's transfers were set aside and are now dropped; a good run's are its journal.
        if receipt.outcome.is_ok() && staged != receipt.journal {
            return Err(LedgerError::NotHeld {
                unit: receipt.journal.first().map_or_else(Unit::fuel, |t| t.unit.clone()),
                amount: receipt.journal.len() as u64,
                held: staged.len() as u64,
            });
        }
        for (unit, amount) in [
            (Unit::fuel(), receipt.fuel),
            (Unit::memory(), receipt.usage.memory),
            (Unit::network(), receipt.usage.network),
        ] {
            if amount == 0 {
                continue;
            }
            let drawn = self.drawn.get_mut(&(scope, unit.clone()));
            let held = drawn.as_deref().copied().unwrap_or(0);
            let (Some(drawn), true) = (drawn, held >= amount) else {
                return Err(LedgerError::NotHeld { unit, amount, held });
            };
            *drawn -= amount;
            if let Some(account) =
                self.state.accounts.get_mut(&AccountId { scope, owner: Owner::Treasury, unit })
            {
                account.held -= u128::from(amount);
            }
        }
        self.book(receipt)
    }

    /// Books a receipt: every posting and what its time brings about, or nothing.
    pub fn book(&mut self, receipt: &Receipt) -> Result<(), LedgerError> {
        let mut overlay = Overlay::at(&self.state, receipt.scope, receipt.time);
        for charge in charges(receipt) {
            overlay.post(&self.state, &charge)?;
        }
        for transfer in &receipt.journal {
            overlay.transfer(&self.state, transfer)?;
        }
        overlay.take_over(&mut self.state)
    }

    /// Books what a policy issues.
    pub fn issue(&mut self, scope: Did, issues: &[Issue]) -> Result<(), LedgerError> {
        for issue in issues {
            if matches!(issue.to, Owner::Issuance | Owner::Consumed | Owner::Hold(_)) {
                return Err(LedgerError::Reserved(issue.to.clone()));
            }
            if issue.amount == 0 || i64::try_from(issue.amount).is_err() {
                return Err(LedgerError::Amount(issue.amount));
            }
        }
        // A policy has no time at which holds end: the next receipt has.
        let mut overlay = Overlay::at(&self.state, scope, 0);
        for issue in issues {
            let issued = Transfer::new(Owner::Issuance, issue.to.clone(), issue.unit.clone(), issue.amount);
            overlay.post(&self.state, &issued)?;
        }
        overlay.take_over(&mut self.state)
    }

    /// Debits less credits over all accounts of each unit and scope: all zero in a sound ledger. The names of
    /// those that are not.
    #[must_use]
    pub fn imbalances(&self) -> Vec<(Did, Unit, i128)> {
        let mut sums: BTreeMap<(Did, Unit), i128> = BTreeMap::new();
        for (id, account) in &self.state.accounts {
            *sums.entry((id.scope, id.unit.clone())).or_default() += account.balance();
        }
        sums.into_iter().filter(|(_, sum)| *sum != 0).map(|((scope, unit), sum)| (scope, unit, sum)).collect()
    }

    /// The posted side, for a snapshot: what a fold of the log gives.
    #[must_use]
    pub fn posted(&self) -> Posted {
        let accounts = self
            .state
            .accounts
            .iter()
            .map(|(id, account)| (id.clone(), Account { held: 0, ..*account }))
            .collect();
        let holds = self.state.holds.iter().map(|(scope, id, hold)| (scope, id, hold.clone())).collect();
        Posted { accounts, holds }
    }

    /// From a snapshot's posted side.
    #[must_use]
    pub fn from_posted(posted: Posted) -> Self {
        let accounts = posted.accounts.into_iter().collect();
        let mut ledger = Self { state: State { accounts, ..State::default() }, ..Self::default() };
        for (scope, id, hold) in posted.holds {
            ledger.state.holds.insert(scope, id, hold);
        }
        ledger
    }
}
