//! Accounts: their names, counters and limits, and the table that finds them.
//!
//! The table gives each account a number, in the order of first use, and keeps what every transfer touches in
//! arrays by that number: the two posted counters, and eight bytes that say whether they may move. What is held, and
//! limits, are looked at where those bytes say so. Numbers are of this machine's memory alone: nothing that is recorded or kept depends on them, and
//! whatever lists accounts lists them in the order of their names.

use std::collections::{BTreeMap, HashMap};

use super::account::{Account, AccountNo, Leg, signed};
use super::code::LedgerCode;
use crate::block::Limits;
use crate::name::{AccountId, Did, Owner, Unit};

/// What says whether an account's counters may move, in one number: its scope and unit's, and flags. Both sides of a
/// transfer have one scope and unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark(u64);

impl Mark {
    /// What no account has.
    pub(super) const NONE: Self = Self(u64::MAX);

    const fn new(book: u32, flags: u8) -> Self {
        Self((book as u64) << 8 | flags as u64)
    }
    #[expect(clippy::cast_possible_truncation, reason = "the 32 bits that were put there")]
    pub(super) const fn book(self) -> u32 {
        (self.0 >> 8) as u32
    }
    #[expect(clippy::cast_possible_truncation, reason = "the 8 bits that were put there")]
    pub(super) const fn flags(self) -> u8 {
        self.0 as u8
    }
    /// The mark of an open account of this scope and unit of which nothing else is to be said.
    pub(super) const fn plain(self) -> Self {
        Self::new(self.book(), PRESENT)
    }
}

/// Posted debits and credits.
#[derive(Debug, Clone, Copy, Default)]
struct Posted {
    debits: u128,
    credits: u128,
}

/// Held debits and credits.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    debits: u128,
    credits: u128,
}

/// It is open; an account without it is only a name.
pub(super) const PRESENT: u8 = 1;
pub(super) const FROZEN: u8 = 2;
pub(super) const CLOSED: u8 = 4;
/// It has limits of its own.
pub(super) const LIMITED: u8 = 8;
/// Without a lower limit: a unit's issuance.
pub(super) const UNBOUNDED: u8 = 16;
/// No transfer moves it: an owner of the runtime's own, or a resource.
pub(super) const SPECIAL: u8 = 32;
/// Something is held on it.
pub(super) const HELD: u8 = 64;

#[derive(Debug, Clone, Default)]
pub(super) struct Accounts {
    /// Asked by name and never walked through: the order of its buckets is seen by nobody.
    index: HashMap<(u32, Owner), u32>,
    names: Vec<(u32, Owner)>,
    posted: Vec<Posted>,
    held: Vec<Held>,
    marks: Vec<Mark>,
    limits: BTreeMap<u32, Limits>,
    books: BTreeMap<(Did, Unit), u32>,
    book_names: Vec<(Did, Unit)>,
}

impl Accounts {
    /// The number of an account that is open.
    pub(super) fn find(&self, id: &AccountId) -> Option<AccountNo> {
        let book = *self.books.get(&(id.scope, id.unit.clone()))?;
        let no = AccountNo(*self.index.get(&(book, id.owner.clone()))?);
        (self.mark(no).flags() & PRESENT != 0).then_some(no)
    }

    /// The number of an account, open or not.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "four thousand million accounts do not fit in memory"
    )]
    pub(super) fn number(&mut self, id: &AccountId) -> AccountNo {
        let book = (id.scope, id.unit.clone());
        let next = self.book_names.len() as u32;
        let book = match self.books.get(&book) {
            Some(no) => *no,
            None => {
                self.book_names.push(book.clone());
                self.books.insert(book, next);
                next
            }
        };
        let name = (book, id.owner.clone());
        if let Some(no) = self.index.get(&name) {
            return AccountNo(*no);
        }
        let no = self.names.len() as u32;
        let flags = match id.owner {
            Owner::Issuance => UNBOUNDED | SPECIAL,
            Owner::Consumed | Owner::Hold(_) | Owner::Owed(_) | Owner::Claim(_) => SPECIAL,
            _ if id.unit.is_resource() => SPECIAL,
            _ => 0,
        };
        self.names.push(name.clone());
        self.posted.push(Posted::default());
        self.held.push(Held::default());
        self.marks.push(Mark::new(book, flags));
        self.index.insert(name, no);
        AccountNo(no)
    }

    pub(super) fn name(&self, no: AccountNo) -> AccountId {
        let (book, owner) = &self.names[no.at()];
        let (scope, unit) = self.book_names[*book as usize].clone();
        AccountId { scope, owner: owner.clone(), unit }
    }
    pub(super) fn scope_of_book(&self, book: u32) -> Did {
        self.book_names[book as usize].0
    }
    pub(super) fn get(&self, no: AccountNo) -> Account {
        let Posted { debits, credits } = self.posted[no.at()];
        let mut account = Account { debits, credits, debits_held: 0, credits_held: 0 };
        if self.mark(no).flags() & HELD != 0 {
            let held = self.held[no.at()];
            (account.debits_held, account.credits_held) = (held.debits, held.credits);
        }
        account
    }
    pub(super) fn set(&mut self, no: AccountNo, account: Account) {
        let Account { debits, credits, debits_held, credits_held } = account;
        self.posted[no.at()] = Posted { debits, credits };
        self.held[no.at()] = Held { debits: debits_held, credits: credits_held };
        self.mark_held(no);
    }
    fn mark_held(&mut self, no: AccountNo) {
        let (held, flags) = (self.held[no.at()], self.mark(no).flags());
        let is_held = held.debits > 0 || held.credits > 0;
        self.set_flags(no, if is_held { flags | HELD } else { flags & !HELD });
    }
    /// Moves units that are known to fit.
    pub(super) fn post(&mut self, from: AccountNo, to: AccountNo, amount: u64) {
        self.posted[from.at()].debits += u128::from(amount);
        self.posted[to.at()].credits += u128::from(amount);
    }
    /// Takes that back.
    pub(super) fn unpost(&mut self, from: AccountNo, to: AccountNo, amount: u64) {
        self.posted[from.at()].debits -= u128::from(amount);
        self.posted[to.at()].credits -= u128::from(amount);
    }
    /// Sets units aside that are known to fit.
    pub(super) fn hold(&mut self, from: AccountNo, to: AccountNo, amount: u64) {
        self.held[from.at()].debits += u128::from(amount);
        self.held[to.at()].credits += u128::from(amount);
        self.mark_held(from);
        self.mark_held(to);
    }
    /// Sets them aside no longer.
    pub(super) fn release(&mut self, from: AccountNo, to: AccountNo, amount: u64) {
        self.held[from.at()].debits -= u128::from(amount);
        self.held[to.at()].credits -= u128::from(amount);
        self.mark_held(from);
        self.mark_held(to);
    }
    /// Makes transfers between accounts that all have this mark, so that there is nothing to ask but whether they are
    /// there, up to the first for which more has to be asked: how many it made.
    pub(super) fn post_plainly(&mut self, legs: &[Leg], mark: Mark) -> usize {
        let marks = self.marks.as_slice();
        // As many, said here once, so that a number that is among the marks is looked for no second time.
        let Some(posted) = self.posted.get_mut(..marks.len()) else { return 0 };
        for (at, leg) in legs.iter().enumerate() {
            let (from, to, amount) = (leg.from.at(), leg.to.at(), u128::from(leg.amount));
            if from >= marks.len() || to >= marks.len() || from == to {
                return at;
            }
            // 1 to 2^63 - 1, in one comparison.
            if marks[from] != mark || marks[to] != mark || leg.amount.wrapping_sub(1) >= i64::MAX as u64 {
                return at;
            }
            let (payer, credits) = (posted[from], posted[to].credits);
            let (Some(debits), Some(credits)) =
                (payer.debits.checked_add(amount), credits.checked_add(amount))
            else {
                return at;
            };
            if debits > payer.credits {
                return at;
            }
            posted[from].debits = debits;
            posted[to].credits = credits;
        }
        legs.len()
    }
    pub(super) fn mark(&self, no: AccountNo) -> Mark {
        self.marks[no.at()]
    }
    pub(super) fn set_flags(&mut self, no: AccountNo, flags: u8) {
        let mark = &mut self.marks[no.at()];
        *mark = Mark::new(mark.book(), flags);
    }
    pub(super) fn limits(&self, no: AccountNo) -> Limits {
        if self.mark(no).flags() & LIMITED == 0 {
            return Limits::default();
        }
        self.limits.get(&no.0).copied().unwrap_or_default()
    }
    pub(super) fn set_limits(&mut self, no: AccountNo, limits: Limits) {
        let flags = self.mark(no).flags();
        if limits == Limits::default() {
            self.limits.remove(&no.0);
            self.set_flags(no, flags & !LIMITED);
        } else {
            self.limits.insert(no.0, limits);
            self.set_flags(no, flags | LIMITED);
        }
    }

    /// Whether so much more may be debited, posted or held: what is posted and held already counts together, so
    /// that a hold which is settled passes no limit.
    pub(super) fn covers(&self, no: AccountNo, amount: u128) -> Result<(), LedgerCode> {
        let (account, flags) = (self.get(no), self.mark(no).flags());
        let going = account.debits.saturating_add(account.debits_held).saturating_add(amount);
        if flags & UNBOUNDED == 0 {
            let credit = if flags & LIMITED == 0 { 0 } else { u128::from(self.limits(no).credit) };
            if going > account.credits.saturating_add(credit) {
                return Err(LedgerCode::Insufficient);
            }
        }
        Ok(())
    }
    /// Whether so much more may be credited, posted or held.
    pub(super) fn has_room(&self, no: AccountNo, amount: u128) -> Result<(), LedgerCode> {
        if self.mark(no).flags() & LIMITED == 0 {
            return Ok(());
        }
        let Some(max) = self.limits(no).balance_max else { return Ok(()) };
        let account = self.get(no);
        let coming = account.credits.saturating_add(account.credits_held).saturating_add(amount);
        if coming > account.debits.saturating_add(u128::from(max)) {
            return Err(LedgerCode::BalanceMax);
        }
        Ok(())
    }
    /// Whether the counters have so much room left.
    pub(super) fn counts(&self, from: AccountNo, to: AccountNo, amount: u128) -> Result<(), LedgerCode> {
        let fits = |posted: u128, held: u128| {
            posted.checked_add(held).and_then(|sum| sum.checked_add(amount)).is_some()
        };
        let (payer, payee) = (self.get(from), self.get(to));
        if fits(payer.debits, payer.debits_held) && fits(payee.credits, payee.credits_held) {
            Ok(())
        } else {
            Err(LedgerCode::Overflow)
        }
    }

    /// Open accounts, in the order of their names.
    pub(super) fn open(&self) -> Vec<(AccountId, AccountNo)> {
        let numbers = (0..self.names.len()).filter_map(|no| u32::try_from(no).ok()).map(AccountNo);
        let mut open: Vec<(AccountId, AccountNo)> = numbers
            .filter(|no| self.mark(*no).flags() & PRESENT != 0)
            .map(|no| (self.name(no), no))
            .collect();
        open.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        open
    }
    /// Closes all accounts of a scope as if they had never been.
    pub(super) fn forget(&mut self, scope: &Did) {
        for (at, mark) in self.marks.iter_mut().enumerate() {
            if self.book_names[mark.book() as usize].0 == *scope {
                *mark = Mark::new(mark.book(), mark.flags() & (UNBOUNDED | SPECIAL));
                self.posted[at] = Posted::default();
                self.held[at] = Held::default();
                if let Ok(no) = u32::try_from(at) {
                    self.limits.remove(&no);
                }
            }
        }
    }
    /// Debits less credits of each scope and unit, posted and held.
    pub(super) fn sums(&self) -> BTreeMap<(Did, Unit), (i128, i128)> {
        let mut sums: Vec<(i128, i128)> = vec![(0, 0); self.book_names.len()];
        for ((posted, held), mark) in self.posted.iter().zip(&self.held).zip(&self.marks) {
            let sum = &mut sums[mark.book() as usize];
            let of = |credits: u128, debits: u128| signed(credits).saturating_sub(signed(debits));
            sum.0 = sum.0.saturating_add(of(posted.credits, posted.debits));
            sum.1 = sum.1.saturating_add(of(held.credits, held.debits));
        }
        self.book_names.iter().cloned().zip(sums).collect()
    }
}
