//! The table of accounts: their names, counters, limits and marks.
//!
//! The table gives each account a number, in the order of first use. What every transfer touches is kept in
//! arrays by that number: the two posted counters, and eight bytes that say whether they may move ([`Mark`]).
//! Held amounts and limits are looked at only if those bytes say so. Numbers have a meaning only in the
//! memory of this machine: nothing that is recorded or stored depends on them, and accounts are listed in the
//! order of their names.

use std::collections::{BTreeMap, HashMap};

use super::account::{Account, AccountNo, signed};
use super::mark::{HELD, LIMITED, Mark, PRESENT, SPECIAL, UNBOUNDED};
use crate::block::Limits;
use crate::name::{AccountId, Did, Owner, Unit};

/// Posted debits and credits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Posted {
    pub(super) debits: u128,
    pub(super) credits: u128,
}

/// Held debits and credits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held {
    pub(super) debits: u128,
    pub(super) credits: u128,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Accounts {
    /// The number of each name. It is asked by name and never iterated, so the order of its buckets shows nowhere.
    index: HashMap<(u32, Owner), u32>,
    /// The book and the owner of each account.
    names: Vec<(u32, Owner)>,
    pub(super) posted: Vec<Posted>,
    pub(super) held: Vec<Held>,
    pub(super) marks: Vec<Mark>,
    /// The limits of the accounts that have limits of their own.
    limits: BTreeMap<u32, Limits>,
    /// The number of each book.
    books: BTreeMap<(Did, Unit), u32>,
    /// The scope and the unit of each book.
    book_names: Vec<(Did, Unit)>,
}

impl Accounts {
    /// The number of an account, if it is open.
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
        let lengths = [self.names.len(), self.posted.len(), self.held.len(), self.marks.len()];
        assert_eq!(lengths, [no as usize + 1; 4], "each account has its place in every array");
        debug_assert_eq!(self.name(AccountNo(no)), *id, "a number is found by the name that it has");
        AccountNo(no)
    }

    /// The name of an account.
    pub(super) fn name(&self, no: AccountNo) -> AccountId {
        let (book, owner) = &self.names[no.at()];
        let (scope, unit) = self.book_names[*book as usize].clone();
        AccountId { scope, owner: owner.clone(), unit }
    }
    /// The scope of a book.
    pub(super) fn scope_of_book(&self, book: u32) -> Did {
        self.book_names[book as usize].0
    }
    /// The counters of an account.
    pub(super) fn get(&self, no: AccountNo) -> Account {
        let Posted { debits, credits } = self.posted[no.at()];
        let mut account = Account { debits, credits, debits_held: 0, credits_held: 0 };
        if self.mark(no).flags() & HELD != 0 {
            let held = self.held[no.at()];
            (account.debits_held, account.credits_held) = (held.debits, held.credits);
        } else {
            debug_assert!(
                self.held[no.at()].debits == 0 && self.held[no.at()].credits == 0,
                "an account on which something is held is marked"
            );
        }
        account
    }
    /// Sets the counters of an account.
    pub(super) fn set(&mut self, no: AccountNo, account: Account) {
        let Account { debits, credits, debits_held, credits_held } = account;
        self.posted[no.at()] = Posted { debits, credits };
        self.held[no.at()] = Held { debits: debits_held, credits: credits_held };
        self.mark_held(no);
        debug_assert_eq!(self.get(no), account, "counters are read as they were set");
    }
    /// Marks an account on which something is held.
    pub(super) fn mark_held(&mut self, no: AccountNo) {
        let (held, flags) = (self.held[no.at()], self.mark(no).flags());
        let is_held = held.debits > 0 || held.credits > 0;
        self.set_flags(no, if is_held { flags | HELD } else { flags & !HELD });
    }
    /// The mark of an account.
    pub(super) fn mark(&self, no: AccountNo) -> Mark {
        self.marks[no.at()]
    }
    /// Sets the flags of an account.
    pub(super) fn set_flags(&mut self, no: AccountNo, flags: u8) {
        let mark = &mut self.marks[no.at()];
        *mark = Mark::new(mark.book(), flags);
        debug_assert_eq!(mark.book(), self.names[no.at()].0, "an account stays in its book");
    }
    /// The limits of an account.
    pub(super) fn limits(&self, no: AccountNo) -> Limits {
        if self.mark(no).flags() & LIMITED == 0 {
            return Limits::default();
        }
        debug_assert!(self.limits.contains_key(&no.0), "an account that is marked as limited has limits");
        self.limits.get(&no.0).copied().unwrap_or_default()
    }
    /// Sets the limits of an account.
    pub(super) fn set_limits(&mut self, no: AccountNo, limits: Limits) {
        let flags = self.mark(no).flags();
        if limits == Limits::default() {
            self.limits.remove(&no.0);
            self.set_flags(no, flags & !LIMITED);
        } else {
            self.limits.insert(no.0, limits);
            self.set_flags(no, flags | LIMITED);
        }
        debug_assert_eq!(self.limits(no), limits, "limits are read as they were set");
    }

    /// The open accounts, in the order of their names.
    pub(super) fn open(&self) -> Vec<(AccountId, AccountNo)> {
        let numbers = (0..self.names.len()).filter_map(|no| u32::try_from(no).ok()).map(AccountNo);
        let mut open: Vec<(AccountId, AccountNo)> = numbers
            .filter(|no| self.mark(*no).flags() & PRESENT != 0)
            .map(|no| (self.name(no), no))
            .collect();
        open.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        debug_assert!(open.windows(2).all(|pair| pair[0].0 < pair[1].0), "no two accounts have one name");
        open
    }
    /// Removes all accounts of a scope, as if they had never been opened. Their numbers stay.
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
        debug_assert!(
            self.open().iter().all(|(id, _)| id.scope != *scope),
            "no account of a scope that was removed is open"
        );
    }
    /// Credits less debits of each scope and unit, posted and held.
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
