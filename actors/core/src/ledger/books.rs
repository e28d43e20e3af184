//! The books as they are stored and compared: in the order of names, with one encoding.
//!
//! Runs, drawn resources and account numbers are in memory only, and not in the books: two ledgers that applied
//! the same groups have the same books. [`Ledger::from_books`] takes books that its caller has verified.

use std::collections::BTreeMap;

use super::account::{Account, wide};
use super::cap::{Cap, Caps};
use super::group::CommandId;
use super::hold::Hold;
use super::ids::Remembered;
use super::machine::{Clock, Ledger};
use super::mark::{CLOSED, FROZEN, PRESENT};
use crate::block::{CapKey, Limits};
use crate::name::{AccountId, Did, HoldId, Owner, Unit};

/// An account as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountState {
    /// Posted debits.
    #[serde(with = "wide")]
    pub debits: u128,
    /// Posted credits.
    #[serde(with = "wide")]
    pub credits: u128,
    /// Held debits.
    #[serde(with = "wide")]
    pub debits_held: u128,
    /// Held credits.
    #[serde(with = "wide")]
    pub credits_held: u128,
    /// Whether it is frozen.
    pub frozen: bool,
    /// Whether it is closed.
    pub closed: bool,
    /// The limits of its balance.
    pub limits: Limits,
}

impl AccountState {
    /// Its counters.
    #[must_use]
    pub const fn counters(&self) -> Account {
        let Self { debits, credits, debits_held, credits_held, .. } = *self;
        Account { debits, credits, debits_held, credits_held }
    }
}

/// An open hold as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldState {
    /// Who is debited when it is settled.
    pub from: Owner,
    /// Who is credited when it is settled.
    pub to: Owner,
    /// The unit.
    pub unit: Unit,
    /// The amount that is set aside.
    pub amount: u64,
    /// When it expires, in milliseconds since the Unix epoch.
    pub deadline: u64,
    /// Who placed it and may end it.
    pub by: Owner,
    /// When it was placed, in milliseconds since the Unix epoch.
    pub placed: u64,
    /// The caps that it counts against.
    pub caps: Vec<CapKey>,
}

/// Everything that a ledger knows but the ids of commands.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Books {
    /// Open accounts, by name.
    pub accounts: Vec<(AccountId, AccountState)>,
    /// Open tokens and their decimal places.
    pub units: Vec<(Did, Unit, u8)>,
    /// Open holds.
    pub holds: Vec<(Did, HoldId, HoldState)>,
    /// Caps.
    pub caps: Vec<(CapKey, Cap)>,
    /// Each scope's time.
    pub clocks: Vec<(Did, Clock)>,
}

impl Ledger {
    /// The books, to be stored or compared.
    #[must_use]
    pub fn books(&self) -> Books {
        let accounts = self.accounts.open().into_iter().map(|(id, no)| {
            let Account { debits, credits, mut debits_held, mut credits_held } = self.accounts.get(no);
            // Drawn resources are in this memory only.
            let drawn = u128::from(self.drawn.get(&(id.scope, id.unit.clone())).copied().unwrap_or(0));
            match id.owner {
                Owner::Treasury => {
                    assert!(debits_held >= drawn, "what is drawn is held on the treasury");
                    debits_held -= drawn;
                }
                Owner::Consumed => {
                    assert!(credits_held >= drawn, "what is drawn is held for what is consumed");
                    credits_held -= drawn;
                }
                _ => {}
            }
            let flags = self.accounts.mark(no).flags();
            let (frozen, closed) = (flags & FROZEN != 0, flags & CLOSED != 0);
            let limits = self.accounts.limits(no);
            (id, AccountState { debits, credits, debits_held, credits_held, frozen, closed, limits })
        });
        let holds = self.holds.iter().map(|(scope, id, hold)| {
            let (from, to) = (self.accounts.name(hold.from), self.accounts.name(hold.to));
            let Hold { amount, deadline, by, placed, caps, .. } = hold.clone();
            let (from, to, unit) = (from.owner, to.owner, to.unit);
            (scope, id, HoldState { from, to, unit, amount, deadline, by, placed, caps })
        });
        Books {
            accounts: accounts.collect(),
            units: self.units.iter().map(|((scope, unit), scale)| (*scope, unit.clone(), *scale)).collect(),
            holds: holds.collect(),
            caps: self.caps.0.iter().map(|(key, cap)| (key.clone(), cap.clone())).collect(),
            clocks: self.clocks.iter().map(|(scope, clock)| (*scope, *clock)).collect(),
        }
    }

    /// The memory of clients' ids.
    #[must_use]
    pub fn remembered(&self) -> Vec<(Did, CommandId, Remembered)> {
        let all = self.ids.0.iter();
        all.map(|((scope, id), remembered)| (*scope, *id, remembered.clone())).collect()
    }

    /// A ledger with these books and this memory of clients' ids.
    #[must_use]
    pub fn from_books(books: Books, remembered: Vec<(Did, CommandId, Remembered)>) -> Self {
        let mut ledger = Self::default();
        ledger.take_over(books);
        ledger.ids.0 = remembered.into_iter().map(|(scope, id, all)| ((scope, id), all)).collect();
        ledger
    }

    /// Adds books to those that are there.
    fn take_over(&mut self, books: Books) {
        for (id, state) in books.accounts {
            let no = self.accounts.number(&id);
            let AccountState { debits, credits, debits_held, credits_held, frozen, closed, limits } = state;
            self.accounts.set(no, Account { debits, credits, debits_held, credits_held });
            let flag = |on: bool, flag: u8| if on { flag } else { 0 };
            let flags =
                self.accounts.mark(no).flags() | PRESENT | flag(frozen, FROZEN) | flag(closed, CLOSED);
            self.accounts.set_flags(no, flags);
            self.accounts.set_limits(no, limits);
        }
        self.units.extend(books.units.into_iter().map(|(scope, unit, scale)| ((scope, unit), scale)));
        for (scope, id, state) in books.holds {
            let HoldState { from, to, unit, amount, deadline, by, placed, caps } = state;
            let mut number = |owner| self.accounts.number(&AccountId { scope, owner, unit: unit.clone() });
            let (from, to) = (number(from), number(to));
            self.holds.put(scope, id, Some(Hold { from, to, amount, deadline, by, placed, caps }));
        }
        self.caps.0.extend(books.caps);
        self.clocks.extend(books.clocks);
    }

    /// Replaces a scope's books, its holds and its memory of ids with those of another ledger.
    pub fn adopt(&mut self, scope: Did, other: &Self) {
        self.runs.remove(&scope);
        self.drawn.retain(|(of, _), _| *of != scope);
        self.accounts.forget(&scope);
        self.holds.forget(&scope);
        self.units.retain(|(of, _), _| *of != scope);
        self.caps = Caps(
            std::mem::take(&mut self.caps.0).into_iter().filter(|(key, _)| key.scope != scope).collect(),
        );
        self.clocks.remove(&scope);
        self.ids.0.retain(|(of, _), _| *of != scope);
        let mut theirs = other.books();
        theirs.accounts.retain(|(id, _)| id.scope == scope);
        theirs.units.retain(|(of, ..)| *of == scope);
        theirs.holds.retain(|(of, ..)| *of == scope);
        theirs.caps.retain(|(key, _)| key.scope == scope);
        theirs.clocks.retain(|(of, _)| *of == scope);
        self.take_over(theirs);
        let ids: BTreeMap<_, _> =
            other.ids.0.iter().filter(|((of, _), _)| *of == scope).map(|(k, v)| (*k, v.clone())).collect();
        self.ids.0.extend(ids);
        assert!(!self.runs.contains_key(&scope), "a scope whose books were replaced has no run");
        debug_assert_eq!(self.clock(&scope), other.clock(&scope), "the scope's time is the other ledger's");
        debug_assert_eq!(
            self.deadlines(&scope).collect::<Vec<_>>(),
            other.deadlines(&scope).collect::<Vec<_>>(),
            "the scope's holds are the other ledger's"
        );
    }
}
