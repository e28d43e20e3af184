//! What guests see is what a plain ledger says: running invocations, draws, receipts, restarts and expiries, on both side
//! by side. Every answer has the same code of the host ABI, every balance and every open hold is the same. A fold of
//! what was booked has the machine's books to the byte, and so has an auditor who adds up the journals.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::{Issue, Operation, Outcome, Receipt, Usage};
use icn_core::fold::bookkeeping::{Bookkeeper, Source};
use icn_core::ledger::{Actor, Booking, Books, Ledger, LedgerRefusal};
use icn_core::name::{AccountId, Did, HoldId, Owner, Unit};
use icn_core::{encode, limits};

use crate::generate::{self, ByteSource, LedgerOp, did, raw_id, receipt_for, token};
use crate::plain::{HoldTerms, Ledger as Plain, LedgerError, Receipt as PlainReceipt, Transfer};

/// How many operations one input makes, at most.
const OPS_MAX: usize = 256;

/// How much has happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Receipts booked.
    pub posted: u64,
    /// Expiries in their journals.
    pub expired: u64,
}

/// Reads bytes as operations, and does them on both.
pub fn check_runs(bytes: &[u8]) -> Seen {
    let mut source = ByteSource::new(bytes);
    let mut both = Both::default();
    if !source.once_in(8) {
        // Most of what can be done needs something to do it with.
        let issue = |unit, to, amount| Issue { unit, to, amount };
        let mut issues =
            vec![issue(token(0), Owner::Treasury, 50), issue(token(0), Owner::Member(did(0)), 50)];
        let resources = [Unit::fuel(), Unit::memory(), Unit::network(), Unit::storage()];
        issues.extend(resources.map(|unit| issue(unit, Owner::Treasury, 100_000)));
        for scope in [did(0), did(1)] {
            both.step(&LedgerOp::Issue { scope, issues: issues.clone() });
        }
    }
    for _ in 0..OPS_MAX {
        if source.is_empty() {
            break;
        }
        let op = source.ledger_op();
        both.step(&op);
        both.compare(&op);
    }
    let books = both.now.books();
    let again: Result<Books, _> = encode::from_bytes("books", &encode::to_bytes(&books), usize::MAX);
    assert_eq!(again, Ok(books), "a snapshot is read as it was written");
    both.seen
}

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

#[derive(Debug, Default)]
struct Both {
    before: Plain,
    before_fold: Plain,
    now: Ledger,
    fold: Ledger,
    clocks: BTreeMap<Did, u64>,
    /// What the running invocations staged, in both ways of saying it.
    staged: BTreeMap<Did, (Vec<Transfer>, Vec<Operation>)>,
    /// Names that holds had in the running invocations.
    used: BTreeSet<(Did, HoldId)>,
    /// Scopes with a running invocation.
    running: BTreeSet<Did>,
    /// What an auditor adds up from the journals.
    bookkeeper: Bookkeeper,
    seen: Seen,
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
        let now = self.now.stage(scope, time, &Actor::default(), operation.clone());
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
                    assert_eq!(self.before_fold.issue(*scope, issues), Ok(()));
                    assert_eq!(self.fold.issue(*scope, issues), Ok(()), "a fold follows: {op:?}");
                    let (block, time) = (raw_id(0), self.clock(*scope));
                    let source = Source { position: 0, block, scope: *scope, seq: 0, time };
                    self.bookkeeper.issues(source, issues);
                }
            }
            LedgerOp::Draw { scope, unit, needed, amount } => {
                let before = self.before.draw(*scope, unit, *needed, *amount);
                let now = self.now.draw(*scope, unit, *needed, *amount);
                same(op, &before, &now);
                assert_eq!(now.ok(), before.ok(), "{op:?}");
            }
            LedgerOp::Hold { scope, transfer } => {
                let Transfer { from, to, unit, amount, .. } = (**transfer).clone();
                if matches!((&from, &to), (Owner::Hold(_), _) | (_, Owner::Hold(_))) {
                    return;
                }
                let transfer = Transfer { terms: None, ..(**transfer).clone() };
                let operation = Operation::transfer(from, to, unit, amount);
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
            LedgerOp::Close { scope, hold: id, amount } => {
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
            LedgerOp::Restart { scope } => {
                self.before.adopt(*scope, &self.before_fold);
                self.now.adopt(*scope, &self.fold);
                self.forget(*scope);
            }
            LedgerOp::Reload => self.reload(),
        }
    }

    fn reload(&mut self) {
        self.before = Plain::from_posted(self.before.posted());
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
            let short = Booking {
                scope,
                time,
                fuel: 0,
                usage: Usage::default(),
                journal: &due[1..],
                actor: &Actor::default(),
            };
            let books = self.fold.books();
            assert!(self.fold.book(&short).is_err(), "{op:?}");
            assert_eq!(self.fold.books(), books);
        }
        let before = self.before.post(&PlainReceipt {
            scope,
            time,
            outcome: outcome.clone(),
            fuel,
            usage,
            journal: transfers.clone(),
        });
        let receipt = Receipt { time, ..receipt_for(scope, outcome.clone(), fuel, usage, journal) };
        let books = self.now.books();
        let now = self.now.post(&Booking::of_receipt(&receipt, &Actor::default()), outcome.is_ok());
        assert_eq!(now.is_ok(), before.is_ok(), "{op:?}: {:?} {:?}", now.err(), before.err());
        if before.is_ok() {
            self.seen.posted += 1;
            self.seen.expired += due.len() as u64;
            let plain =
                PlainReceipt { scope, time, outcome: outcome.clone(), fuel, usage, journal: transfers };
            assert_eq!(self.before_fold.book(&plain), Ok(()));
            let folded = self.fold.book(&Booking::of_receipt(&receipt, &Actor::default()));
            assert!(folded.is_ok(), "a fold follows: {op:?}: {folded:?}");
            self.bookkeeper.receipt(0, raw_id(0), &receipt);
        } else {
            assert_eq!(self.now.books(), books, "a refused receipt was booked: {op:?}");
            // A host whose ledger cannot book fails stop, and comes back from what is posted.
            self.reload();
        }
    }

    fn compare(&self, op: &LedgerOp) {
        assert_eq!(self.now.books(), self.fold.books(), "the fold has the machine's books, after {op:?}");
        assert_eq!(self.now.imbalances(), [], "after {op:?}");
        assert_eq!(self.bookkeeper.differences(&self.fold), [], "the auditor's books, after {op:?}");
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
            let now = AccountId { scope, owner, unit };
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
