//! What guests see does not change with the machine: running invocations, draws, receipts, restarts and expiries, on
//! the ledger as it was and on the machine side by side. Every answer has the same code of the host ABI, every
//! balance and every open hold is the same; and a fold of what was booked has the machine's books to the byte.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::{HoldTerms, Issue, Receipt, Transfer, Usage};
use icn_core::effect::Outcome;
use icn_core::id::{Did, HoldId, Owner, Unit};
use icn_core::ledger::machine::{Booking, Ledger, LedgerRefusal, Operation};
use icn_core::ledger::{Ledger as Before, LedgerError};
use icn_core::limits;
use icn_testkit::generate::{self, ByteSource, LedgerOp, did, raw_id, receipt_for, token};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

const fn abi(error: &LedgerError) -> i32 {
    use LedgerError as E;
    match error {
        E::Insufficient { .. } | E::Overflow(_) => -6,
        E::Reserved(_) | E::NotParty(_) => -5,
        E::TooManyHolds => -9,
        E::NoHold(_) => -4,
        E::HoldExists(_) => -7,
        _ => -1,
    }
}

/// The same answer, as a guest is told it.
fn same<A, B>(op: &LedgerOp, before: &Result<A, LedgerError>, now: &Result<B, LedgerRefusal>) {
    let before = before.as_ref().err().map(abi);
    assert_eq!(
        now.as_ref().err().map(|refusal| refusal.code.abi()),
        before,
        "{op:?}: {:?}",
        now.as_ref().err()
    );
}

#[derive(Default)]
struct Both {
    before: Before,
    before_fold: Before,
    now: Ledger,
    fold: Ledger,
    clocks: BTreeMap<Did, u64>,
    /// What the running invocations staged, in both ways of saying it.
    staged: BTreeMap<Did, (Vec<Transfer>, Vec<Operation>)>,
    /// Names that holds had in the running invocations.
    used: BTreeSet<(Did, HoldId)>,
    /// Scopes with a running invocation.
    running: BTreeSet<Did>,
    expired: u64,
    posted: u64,
}

impl Both {
    fn clock(&self, scope: Did) -> u64 {
        self.clocks.get(&scope).copied().unwrap_or_default()
    }

    fn stage(&mut self, op: &LedgerOp, scope: Did, transfers: Vec<Transfer>, operation: Operation) {
        let time = self.clock(scope);
        self.running.insert(scope);
        let mut before = Ok(());
        for transfer in &transfers {
            before = before.and_then(|()| self.before.hold(scope, time, transfer.clone()));
        }
        let now = self.now.stage(scope, time, operation.clone());
        same(op, &before, &now);
        if now.is_ok() {
            let staged = self.staged.entry(scope).or_default();
            staged.0.extend(transfers);
            staged.1.push(operation);
        }
    }

    fn forget(&mut self, scope: Did) {
        self.staged.remove(&scope);
        self.running.remove(&scope);
        self.used.retain(|(of, _)| *of != scope);
    }

    fn step(&mut self, op: &LedgerOp) {
        match op {
            // A scope is opened once, and then nothing of it runs.
            LedgerOp::Issue { scope, .. } if self.running.contains(scope) => {}
            LedgerOp::Issue { scope, issues } => {
                let before = self.before.issue(*scope, issues);
                let now = self.now.issue(*scope, issues);
                // No guest is told of it: one that asks about owners before amounts is as good.
                assert_eq!(now.is_ok(), before.is_ok(), "{op:?}: {now:?}");
                if now.is_ok() {
                    self.before_fold.issue(*scope, issues).unwrap();
                    self.fold.issue(*scope, issues).unwrap();
                }
            }
            LedgerOp::Draw { scope, unit, needed, amount } => {
                let before = self.before.draw(*scope, unit, *needed, *amount);
                let now = self.now.draw(*scope, unit, *needed, *amount);
                same(op, &before, &now);
                assert_eq!(now.ok(), before.ok(), "{op:?}");
            }
            LedgerOp::Hold { scope, transfer } => {
                let Transfer { from, to, unit, amount, memo, .. } = (**transfer).clone();
                if matches!((&from, &to), (Owner::Hold(_), _) | (_, Owner::Hold(_))) {
                    return;
                }
                let transfer = Transfer { terms: None, ..(**transfer).clone() };
                let operation = Operation::Transfer { from, to, unit, amount, memo };
                self.stage(op, *scope, vec![transfer], operation);
            }
            LedgerOp::Place { scope, treasury, hold, amount, ahead } => {
                // Names follow from runs: none is another's, nor one's that ends at this run's time.
                let due = self.now.due(scope, self.clock(*scope));
                if due.contains(hold) || !self.used.insert((*scope, *hold)) {
                    return;
                }
                let from = if *treasury { Owner::Treasury } else { Owner::Member(did(0)) };
                let (to, module) = (Owner::Member(did(1)), raw_id(0));
                let ahead = if *ahead == 7 { limits::HOLD_AHEAD_MS_MAX + 1 } else { *ahead };
                let deadline = self.clock(*scope) + ahead;
                let terms = HoldTerms { to: to.clone(), deadline, module };
                let (unit, amount, id) = (token(0), *amount, *hold);
                let transfer =
                    Transfer::new(from.clone(), Owner::Hold(id), unit.clone(), amount).with_terms(terms);
                let operation = Operation::Hold { id, from, to, unit, amount, deadline, module };
                self.stage(op, *scope, vec![transfer], operation);
            }
            LedgerOp::Close { scope, hold: id, amount, .. } => {
                let Some(hold) = self.before.open_hold(*scope, self.clock(*scope), id) else { return };
                self.used.insert((*scope, *id));
                let (paid, id) = ((*amount).min(hold.amount), *id);
                let pay = |to: &Owner, amount| {
                    Transfer::new(Owner::Hold(id), to.clone(), hold.unit.clone(), amount)
                };
                let mut transfers = vec![pay(&hold.terms.to, paid), pay(&hold.payer, hold.amount - paid)];
                transfers.retain(|transfer| transfer.amount > 0);
                let operation =
                    if paid > 0 { Operation::Settle { id, amount: paid } } else { Operation::Void { id } };
                self.stage(op, *scope, transfers, operation);
            }
            LedgerOp::Wait { scope, ms } => {
                if !self.running.contains(scope) {
                    *self.clocks.entry(*scope).or_default() += ms;
                }
            }
            LedgerOp::Void { scope } => {
                self.before.void(scope);
                self.now.void(scope);
                self.forget(*scope);
            }
            LedgerOp::Post { scope, outcome, fuel, usage, spoil } => {
                // What was not drawn is refused: mostly nothing is charged.
                let charged = *fuel % 4 == 0;
                let (fuel, usage) = if charged { (*fuel, *usage) } else { (0, Usage::default()) };
                self.post(op, *scope, outcome, fuel, usage, *spoil);
            }
            LedgerOp::Book(_) => {}
            LedgerOp::Restart { scope } => {
                self.before.adopt(*scope, &self.before_fold);
                self.now.adopt(*scope, &self.fold);
                self.forget(*scope);
            }
            LedgerOp::Reload => self.reload(),
        }
    }

    fn reload(&mut self) {
        self.before = Before::from_posted(self.before.posted());
        self.now = Ledger::from_books(self.now.books(), self.now.remembered());
        self.staged.clear();
        self.running.clear();
        self.used.clear();
    }

    fn post(&mut self, op: &LedgerOp, scope: Did, outcome: &Outcome, fuel: u64, usage: Usage, spoil: bool) {
        let time = self.clock(scope);
        let (mut transfers, mut operations) = self.staged.remove(&scope).unwrap_or_default();
        self.forget(scope);
        if !outcome.is_ok() {
            transfers.clear();
            operations.clear();
        }
        let due: Vec<Operation> =
            self.now.due(&scope, time).into_iter().map(|id| Operation::Expire { id }).collect();
        let mut journal = due.clone();
        journal.extend(operations);
        if spoil && !due.is_empty() {
            // A journal that leaves an expiry out is booked by nobody: not here, not by a fold.
            let short = Booking { scope, time, fuel: 0, usage: Usage::default(), journal: &due[1..] };
            let books = self.fold.books();
            assert!(self.fold.book(&short).is_err(), "{op:?}");
            assert_eq!(self.fold.books(), books);
        }
        let receipt = receipt_for(scope, outcome.clone(), fuel, usage, transfers);
        let receipt = Receipt { time, ..receipt };
        let before = self.before.post(&receipt);
        let booking = Booking { scope, time, fuel, usage, journal: &journal };
        let now = self.now.post(&booking, outcome.is_ok());
        assert_eq!(now.is_ok(), before.is_ok(), "{op:?}: {:?} {:?}", now.err(), before.err());
        if before.is_ok() {
            self.posted += 1;
            self.expired += due.len() as u64;
            self.before_fold.book(&receipt).unwrap();
            self.fold.book(&booking).unwrap();
        } else {
            // A host whose ledger cannot book fails stop, and comes back from what is posted.
            self.reload();
        }
    }

    fn compare(&self, op: &LedgerOp) {
        assert_eq!(self.now.books(), self.fold.books(), "the fold has the machine's books, after {op:?}");
        assert_eq!(self.now.imbalances(), [], "after {op:?}");
        for (id, account) in self.before.accounts() {
            let (scope, time) = (id.scope, self.clock(id.scope));
            let staged = self.before.balance_staged(scope, time, &id.owner, &id.unit);
            assert_eq!(
                self.now.balance_staged(scope, time, &id.owner, &id.unit),
                staged,
                "{id:?} after {op:?}"
            );
            if matches!(id.owner, Owner::Hold(_)) {
                continue;
            }
            let (owner, unit) = (id.owner.clone(), id.unit.clone());
            let now = icn_core::ledger::machine::AccountId { scope, owner, unit };
            let now = self.now.account(&now).unwrap_or_default();
            assert_eq!(now.available(), account.available(), "{id:?} after {op:?}");
        }
        for scope in [did(0), did(1)] {
            let time = self.clock(scope);
            for id in (0..generate::HOLD_NAMES).map(generate::hold_name) {
                let before = self.before.open_hold(scope, time, &id);
                let before = before.map(|h| {
                    (h.payer, h.terms.to, h.unit, h.amount, h.terms.deadline, Owner::Module(h.terms.module))
                });
                let now = self.now.open_hold(scope, time, &id);
                let now = now.map(|h| (h.from, h.to, h.unit, h.amount, h.deadline, h.by));
                assert_eq!(now, before, "{id} after {op:?}");
            }
        }
    }
}

#[test]
fn what_guests_see_is_as_it_was() {
    let cases = std::env::var("ICN_LEDGER_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000);
    let config =
        ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 1000, ..Default::default() };
    let seen = std::cell::Cell::new((0, 0));
    TestRunner::new(config)
        .run(&generate::bytes(2500), |input| {
            let mut source = ByteSource::new(&input.0);
            let mut both = Both::default();
            let issue = |to| Issue { unit: token(0), to, amount: 50 };
            let mut issues = vec![issue(Owner::Treasury), issue(Owner::Member(did(0)))];
            issues.extend(
                [Unit::fuel(), Unit::memory(), Unit::network(), Unit::storage()].map(|unit| Issue {
                    unit,
                    to: Owner::Treasury,
                    amount: 100_000,
                }),
            );
            for scope in [did(0), did(1)] {
                both.step(&LedgerOp::Issue { scope, issues: issues.clone() });
            }
            while !source.is_empty() {
                let op = source.ledger_op();
                both.step(&op);
                both.compare(&op);
            }
            let (posted, expired) = seen.get();
            seen.set((posted + both.posted, expired + both.expired));
            Ok(())
        })
        .unwrap();
    let (posted, expired) = seen.get();
    println!("{cases} histories, {posted} receipts, {expired} expiries in journals");
    assert!(cases < 2000 || (posted > 1000 && expired > 100), "too little happened: {posted}, {expired}");
}
