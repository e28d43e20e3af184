//! The ledger: double entry of every resource and token, in memory.
//!
//! An account is named by scope, owner and unit. It has two posted and one held counter. Nothing makes an
//! account negative except a unit's issuance, which is minus what exists, so every unit sums to zero.
//!
//! Two ways in. The *host's*: [`Ledger::draw`] sets a batch of a resource aside for a scope, [`Ledger::hold`]
//! sets a guest's transfer aside when it is made, and [`Ledger::post`] books a receipt against what was set
//! aside. The *fold's*: [`Ledger::book`] books a receipt from the log, with the same checks and nothing set
//! aside. Both end with the same posted balances. Holds and draws live in memory alone.

use std::collections::BTreeMap;

use crate::block::{Issue, Receipt, Transfer};
use crate::id::{Did, Owner, Unit};

/// Names an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct AccountId {
    /// The scope.
    pub scope: Did,
    /// The owner inside it.
    pub owner: Owner,
    /// The unit.
    pub unit: Unit,
}

/// An account's counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Account {
    /// All that was ever debited. Two to the power of 64 of the largest transfers fit.
    #[serde(with = "wide")]
    pub debits: u128,
    /// All that was ever credited.
    #[serde(with = "wide")]
    pub credits: u128,
    /// What is set aside to be debited: draws.
    #[serde(skip)]
    pub held: u128,
}

impl Account {
    /// Posted credits less posted debits.
    #[must_use]
    pub fn balance(&self) -> i128 {
        let signed = |total: u128| i128::try_from(total).unwrap_or(i128::MAX);
        signed(self.credits).saturating_sub(signed(self.debits))
    }
    /// What is neither debited nor set aside.
    #[must_use]
    pub fn available(&self) -> i128 {
        self.balance().saturating_sub(i128::try_from(self.held).unwrap_or(i128::MAX))
    }
}

/// A counter in dag-cbor, whose integers end at 64 bits: 16 bytes, the most significant first.
mod wide {
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(total: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&total.to_be_bytes())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        crate::id::Bytes::<16>::deserialize(deserializer).map(|bytes| u128::from_be_bytes(bytes.0))
    }
}

/// Why the ledger refuses, in order of precedence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The amount is zero, or more than 2^63 - 1.
    #[error("an amount of {0} where 1 to 2^63 - 1 are allowed")]
    Amount(u64),
    /// Both sides are one account.
    #[error("a transfer from {0} to itself")]
    SelfTransfer(Owner),
    /// An owner whose account is moved by the runtime alone.
    #[error("the account `{0}` is moved by the runtime alone")]
    Reserved(Owner),
    /// A resource, which no transfer moves.
    #[error("`{0}` is a resource of the runtime, which no transfer moves")]
    Resource(Unit),
    /// A token, which no draw sets aside.
    #[error("`{0}` is a token, and only resources of the runtime are drawn")]
    NotDrawn(Unit),
    /// The account does not cover it.
    #[error("{owner} has {available} {unit} available, {amount} are needed")]
    Insufficient {
        /// Whose account.
        owner: Owner,
        /// The unit.
        unit: Unit,
        /// What it has.
        available: i128,
        /// What it needs.
        amount: u64,
    },
    /// A counter would pass 2^128 - 1.
    #[error("the counters of {0} would overflow")]
    Overflow(Owner),
    /// More is posted than was set aside: a mistake of the host's own.
    #[error("{amount} {unit} are posted where {held} were set aside")]
    NotHeld {
        /// The unit.
        unit: Unit,
        /// What is posted.
        amount: u64,
        /// What was set aside.
        held: u64,
    },
}

/// The machine.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    accounts: BTreeMap<AccountId, Account>,
    /// Drawn by a scope and not posted yet.
    drawn: BTreeMap<(Did, Unit), u64>,
    /// Transfers of a scope's running invocation, in the order in which it made them.
    staged: BTreeMap<Did, Vec<Transfer>>,
}

/// Postings of one receipt: what is derived from its charge, then its journal.
fn postings(receipt: &Receipt) -> Vec<Transfer> {
    let charge = |unit: Unit, amount: u64, from: Owner, to: Owner| Transfer {
        from,
        to,
        unit,
        amount,
        memo: String::new(),
    };
    let mut all = Vec::with_capacity(3 + receipt.journal.len());
    let consumed = [
        (Unit::fuel(), receipt.fuel),
        (Unit::memory(), receipt.usage.memory),
        (Unit::network(), receipt.usage.network),
    ];
    for (unit, amount) in consumed {
        all.push(charge(unit, amount, Owner::Treasury, Owner::Consumed));
    }
    let kept = receipt.usage.storage.unsigned_abs();
    if receipt.usage.storage >= 0 {
        all.push(charge(Unit::storage(), kept, Owner::Treasury, Owner::Consumed));
    } else {
        all.push(charge(Unit::storage(), kept, Owner::Consumed, Owner::Treasury));
    }
    all.retain(|posting| posting.amount > 0);
    all.extend(receipt.journal.iter().cloned());
    all
}

fn check_transfer(transfer: &Transfer) -> Result<(), LedgerError> {
    if transfer.amount == 0 || i64::try_from(transfer.amount).is_err() {
        return Err(LedgerError::Amount(transfer.amount));
    }
    if transfer.from == transfer.to {
        return Err(LedgerError::SelfTransfer(transfer.from.clone()));
    }
    for owner in [&transfer.from, &transfer.to] {
        if matches!(owner, Owner::Issuance | Owner::Consumed) {
            return Err(LedgerError::Reserved(owner.clone()));
        }
    }
    if transfer.unit.is_resource() {
        return Err(LedgerError::Resource(transfer.unit.clone()));
    }
    Ok(())
}

impl Ledger {
    /// The counters of an account; zeros when it was never used.
    #[must_use]
    pub fn account(&self, scope: Did, owner: Owner, unit: Unit) -> Account {
        self.accounts.get(&AccountId { scope, owner, unit }).copied().unwrap_or_default()
    }

    /// All accounts, in order.
    pub fn accounts(&self) -> impl Iterator<Item = (&AccountId, &Account)> {
        self.accounts.iter()
    }

    /// What an invocation of the scope sees: the posted balance with its own staged transfers applied.
    #[must_use]
    pub fn balance_staged(&self, scope: Did, owner: &Owner, unit: &Unit) -> i128 {
        let posted = self.account(scope, owner.clone(), unit.clone()).balance();
        let staged = self.staged.get(&scope).map_or(&[][..], Vec::as_slice);
        staged.iter().filter(|t| t.unit == *unit).fold(posted, |balance, t| {
            let amount = i128::from(t.amount);
            if t.from == *owner {
                balance - amount
            } else if t.to == *owner {
                balance + amount
            } else {
                balance
            }
        })
    }

    /// Sets a transfer of the scope's running invocation aside, or refuses it and changes nothing.
    pub fn hold(&mut self, scope: Did, transfer: Transfer) -> Result<(), LedgerError> {
        check_transfer(&transfer)?;
        let available = self.balance_staged(scope, &transfer.from, &transfer.unit);
        if available < i128::from(transfer.amount) {
            return Err(LedgerError::Insufficient {
                owner: transfer.from,
                unit: transfer.unit,
                available,
                amount: transfer.amount,
            });
        }
        self.staged.entry(scope).or_default().push(transfer);
        Ok(())
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
        let account = self.accounts.get(&id).copied().unwrap_or_default();
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
        self.accounts.entry(id).or_default().held += u128::from(drawn);
        *self.drawn.entry((scope, unit.clone())).or_default() += drawn;
        Ok(drawn)
    }

    /// Takes a scope's accounts from a fold of its log: its actor is gone, and with it whatever it had drawn,
    /// held, or not told yet.
    pub fn adopt(&mut self, scope: Did, fold: &Self) {
        self.void(&scope);
        self.drawn.retain(|(owner, _), _| *owner != scope);
        self.accounts.retain(|id, _| id.scope != scope);
        let theirs = fold.accounts.iter().filter(|(id, _)| id.scope == scope);
        self.accounts.extend(theirs.map(|(id, account)| (id.clone(), Account { held: 0, ..*account })));
    }

    /// Books a receipt against what its scope drew and held. An error is a mistake of the host's own.
    pub fn post(&mut self, receipt: &Receipt) -> Result<(), LedgerError> {
        let scope = receipt.scope;
        let staged = self.staged.remove(&scope).unwrap_or_default();
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
            if let Some(account) = self.accounts.get_mut(&AccountId { scope, owner: Owner::Treasury, unit }) {
                account.held -= u128::from(amount);
            }
        }
        self.book(receipt)
    }

    /// Books a receipt: every posting, or none.
    pub fn book(&mut self, receipt: &Receipt) -> Result<(), LedgerError> {
        for transfer in &receipt.journal {
            check_transfer(transfer)?;
        }
        self.apply(receipt.scope, &postings(receipt))
    }

    /// Books what a policy issues.
    pub fn issue(&mut self, scope: Did, issues: &[Issue]) -> Result<(), LedgerError> {
        for issue in issues {
            if matches!(issue.to, Owner::Issuance | Owner::Consumed) {
                return Err(LedgerError::Reserved(issue.to.clone()));
            }
            if issue.amount == 0 || i64::try_from(issue.amount).is_err() {
                return Err(LedgerError::Amount(issue.amount));
            }
        }
        let postings: Vec<Transfer> = issues
            .iter()
            .map(|issue| Transfer {
                from: Owner::Issuance,
                to: issue.to.clone(),
                unit: issue.unit.clone(),
                amount: issue.amount,
                memo: String::new(),
            })
            .collect();
        self.apply(scope, &postings)
    }

    fn apply(&mut self, scope: Did, postings: &[Transfer]) -> Result<(), LedgerError> {
        // Decide on copies of the touched accounts, then write them all.
        let mut touched: BTreeMap<AccountId, Account> = BTreeMap::new();
        for posting in postings {
            assert!(posting.from != posting.to, "every posting has two accounts");
            let name = |owner: &Owner| AccountId { scope, owner: owner.clone(), unit: posting.unit.clone() };
            let mut load = |id: &AccountId| {
                *touched
                    .entry(id.clone())
                    .or_insert_with(|| self.accounts.get(id).copied().unwrap_or_default())
            };
            let (from, to) = (name(&posting.from), name(&posting.to));
            let (mut debited, mut credited) = (load(&from), load(&to));
            let overflow = |owner: &Owner| LedgerError::Overflow(owner.clone());
            if posting.from != Owner::Issuance && debited.available() < i128::from(posting.amount) {
                return Err(LedgerError::Insufficient {
                    owner: from.owner,
                    unit: from.unit,
                    available: debited.available(),
                    amount: posting.amount,
                });
            }
            debited.debits =
                debited.debits.checked_add(posting.amount.into()).ok_or_else(|| overflow(&from.owner))?;
            credited.credits =
                credited.credits.checked_add(posting.amount.into()).ok_or_else(|| overflow(&to.owner))?;
            touched.insert(from, debited);
            touched.insert(to, credited);
        }
        self.accounts.extend(touched);
        Ok(())
    }

    /// Debits less credits over all accounts of each unit and scope: all zero in a sound ledger. The names of
    /// those that are not.
    #[must_use]
    pub fn imbalances(&self) -> Vec<(Did, Unit, i128)> {
        let mut sums: BTreeMap<(Did, Unit), i128> = BTreeMap::new();
        for (id, account) in &self.accounts {
            *sums.entry((id.scope, id.unit.clone())).or_default() += account.balance();
        }
        sums.into_iter().filter(|(_, sum)| *sum != 0).map(|((scope, unit), sum)| (scope, unit, sum)).collect()
    }

    /// The posted side, for a snapshot: what a fold of the log gives.
    #[must_use]
    pub fn posted(&self) -> Vec<(AccountId, Account)> {
        self.accounts.iter().map(|(id, account)| (id.clone(), Account { held: 0, ..*account })).collect()
    }

    /// From a snapshot's posted side.
    #[must_use]
    pub fn from_posted(accounts: Vec<(AccountId, Account)>) -> Self {
        Self { accounts: accounts.into_iter().collect(), ..Self::default() }
    }
}
