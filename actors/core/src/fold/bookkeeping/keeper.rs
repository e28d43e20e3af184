//! Booking: from the log's words to lines.

use std::collections::BTreeMap;

use super::line::{Line, LineKind, LineSource, Sums};
use crate::block::{Command, Issue, Leg, Operation, Policy, Receipt};
use crate::name::{AccountId, BlockId, Did, HoldId, Owner, Unit};

/// A hold as its journal placed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenHold {
    pub(super) payer: Owner,
    pub(super) payee: Owner,
    pub(super) unit: Unit,
    pub(super) amount: u64,
    pub(super) deadline: u64,
    pub(super) by: Owner,
}

/// What moves.
pub(super) struct Posting {
    from: Owner,
    to: Owner,
    unit: Unit,
    amount: u64,
}

/// The books.
#[derive(Debug, Clone, Default)]
pub struct Bookkeeper {
    pub(super) sums: BTreeMap<AccountId, Sums>,
    /// What moved for good: without holds.
    pub(super) posted: BTreeMap<AccountId, Sums>,
    pub(super) holds: BTreeMap<(Did, HoldId), OpenHold>,
    /// What receipts say was consumed and set free: summed from their charge alone, without accounts.
    pub(super) consumed: BTreeMap<(Did, Unit), i128>,
}

impl Bookkeeper {
    /// What each account adds up to, in the order of names.
    pub fn accounts(&self) -> impl Iterator<Item = (&AccountId, &Sums)> {
        self.sums.iter()
    }

    /// What receipts say was consumed, less what they set free, by scope and resource.
    pub fn consumption(&self) -> impl Iterator<Item = (&(Did, Unit), &i128)> {
        self.consumed.iter()
    }

    /// How many holds are open.
    #[must_use]
    pub fn open_holds(&self) -> usize {
        self.holds.len()
    }

    fn post(&mut self, source: LineSource, kind: LineKind, moved: Posting, memo: &str) -> Line {
        let Posting { from, to, unit, amount } = moved;
        add(&mut self.sums, source.scope, [&from, &to], &unit, amount);
        if !matches!((&from, &to), (Owner::Hold(_), _) | (_, Owner::Hold(_))) {
            add(&mut self.posted, source.scope, [&from, &to], &unit, amount);
        }
        if matches!(from, Owner::Hold(_)) {
            let id = AccountId { scope: source.scope, owner: from.clone(), unit: unit.clone() };
            if self.sums.get(&id).is_some_and(|sums| sums.balance() == 0) {
                // A hold that has ended leaves nothing behind: its zero is missed in no sum.
                self.sums.remove(&id);
            }
        }
        Line { source, kind, from, to, unit, amount, memo: memo.to_owned() }
    }

    /// Books a policy's entry.
    pub fn policy(&mut self, position: u64, block: BlockId, policy: &Policy) -> Vec<Line> {
        let source = LineSource { position, block, scope: policy.scope, seq: policy.seq, time: policy.time };
        self.issues(source, &policy.issue)
    }

    /// Books what a policy issues.
    pub fn issues(&mut self, source: LineSource, issues: &[Issue]) -> Vec<Line> {
        let issued = |issue: &Issue| Posting {
            from: Owner::Issuance,
            to: issue.to.clone(),
            unit: issue.unit.clone(),
            amount: issue.amount,
        };
        issues.iter().map(|issue| self.post(source, LineKind::Issue, issued(issue), "")).collect()
    }

    /// Books a receipt's entry.
    pub fn receipt(&mut self, position: u64, block: BlockId, receipt: &Receipt) -> Vec<Line> {
        let source =
            LineSource { position, block, scope: receipt.scope, seq: receipt.seq, time: receipt.time };
        let mut lines = Vec::new();
        let (expiries, asked) = Operation::parts(&receipt.journal);
        for expiry in expiries {
            self.operation(source, expiry, &mut lines);
        }
        self.charge(source, receipt, &mut lines);
        for operation in asked {
            self.operation(source, operation, &mut lines);
        }
        lines
    }

    /// Books a leg, whose envelope it is.
    pub fn leg(&mut self, position: u64, block: BlockId, leg: &Leg) -> Vec<Line> {
        let source = LineSource { position, block, scope: leg.scope, seq: leg.seq, time: leg.time };
        let mut lines = Vec::new();
        for operation in &leg.journal {
            self.operation(source, operation, &mut lines);
        }
        lines
    }

    fn charge(&mut self, source: LineSource, receipt: &Receipt, lines: &mut Vec<Line>) {
        let usage = receipt.usage;
        for (unit, amount) in [
            (Unit::fuel(), i128::from(receipt.fuel)),
            (Unit::memory(), i128::from(usage.memory)),
            (Unit::network(), i128::from(usage.network)),
            (Unit::storage(), i128::from(usage.storage)),
        ] {
            *self.consumed.entry((source.scope, unit.clone())).or_default() += amount;
            let Ok(moved) = u64::try_from(amount.unsigned_abs()) else { continue };
            let (kind, from, to) = match amount.signum() {
                1 => (LineKind::Charge, Owner::Treasury, Owner::Consumed),
                -1 => (LineKind::Refund, Owner::Consumed, Owner::Treasury),
                _ => continue,
            };
            lines.push(self.post(source, kind, Posting { from, to, unit, amount: moved }, ""));
        }
    }

    fn operation(&mut self, source: LineSource, operation: &Operation, lines: &mut Vec<Line>) {
        match operation {
            Operation::Transfer { from, to, unit, amount, memo } => {
                let kind = match (from, to) {
                    (Owner::Issuance, _) => LineKind::Mint,
                    (_, Owner::Issuance) => LineKind::Burn,
                    _ => LineKind::Transfer,
                };
                let moved =
                    Posting { from: from.clone(), to: to.clone(), unit: unit.clone(), amount: *amount };
                lines.push(self.post(source, kind, moved, memo));
            }
            Operation::Hold { id, from, to, unit, amount, deadline, module } => {
                let (payer, unit, amount) = (from.clone(), unit.clone(), *amount);
                let moved = Posting { from: payer.clone(), to: Owner::Hold(*id), unit: unit.clone(), amount };
                lines.push(self.post(source, LineKind::Hold, moved, ""));
                let (payee, by) = (to.clone(), Owner::Module(*module));
                let hold = OpenHold { payer, payee, unit, amount, deadline: *deadline, by };
                self.holds.insert((source.scope, *id), hold);
            }
            Operation::Send { from, scope, unit, amount, memo, .. } => {
                let (from, to) = (from.clone(), Owner::Owed(*scope));
                let moved = Posting { from, to, unit: unit.clone(), amount: *amount };
                lines.push(self.post(source, LineKind::Send, moved, memo));
            }
            Operation::Receive { scope, to, unit, amount, memo, .. } => {
                let (from, to) = (Owner::Claim(*scope), to.clone());
                let moved = Posting { from, to, unit: unit.clone(), amount: *amount };
                lines.push(self.post(source, LineKind::Receive, moved, memo));
            }
            Operation::Rule(command) => {
                // No other ruling moves anything.
                let Command::Net { b: other, unit, .. } = &**command else { return };
                let (from, to) = (Owner::Owed(*other), Owner::Claim(*other));
                let amount = self.nets(source.scope, &from, &to, unit);
                if amount > 0 {
                    let moved = Posting { from, to, unit: unit.clone(), amount };
                    lines.push(self.post(source, LineKind::Net, moved, ""));
                }
            }
            Operation::Settle { id, amount } => self.end(source, *id, *amount, LineKind::Void, lines),
            Operation::Void { id } => self.end(source, *id, 0, LineKind::Void, lines),
            Operation::Expire { id } => self.end(source, *id, 0, LineKind::Expire, lines),
        }
    }

    /// The less of what a scope owes another and what it claims of it.
    fn nets(&self, scope: Did, owed: &Owner, claim: &Owner, unit: &Unit) -> u64 {
        let balance = |owner: &Owner| {
            let id = AccountId { scope, owner: owner.clone(), unit: unit.clone() };
            self.posted.get(&id).map_or(0, Sums::balance)
        };
        let least = balance(owed).min(balance(claim).saturating_neg());
        u64::try_from(least.clamp(0, i128::from(i64::MAX))).unwrap_or(0)
    }

    /// Ends a hold: so much goes to its payee, the rest returns.
    fn end(
        &mut self,
        source: LineSource,
        id: HoldId,
        settled: u64,
        returns: LineKind,
        lines: &mut Vec<Line>,
    ) {
        // No such hold is open: nothing is booked, and so the books differ from a ledger that books something.
        let Some(hold) = self.holds.remove(&(source.scope, id)) else { return };
        let OpenHold { payer, payee, unit, amount, .. } = hold;
        if settled > 0 {
            add(&mut self.posted, source.scope, [&payer, &payee], &unit, settled);
        }
        let pay = |to, amount| Posting { from: Owner::Hold(id), to, unit: unit.clone(), amount };
        let parts =
            [(LineKind::Settle, pay(payee, settled)), (returns, pay(payer, amount.saturating_sub(settled)))];
        for (kind, moved) in parts.into_iter().filter(|(_, moved)| moved.amount > 0) {
            lines.push(self.post(source, kind, moved, ""));
        }
    }
}

/// Adds to the sums of both accounts. Amounts are of 64 bits: so many lines as would overflow this fit into no log.
pub(super) fn add(
    sums: &mut BTreeMap<AccountId, Sums>,
    scope: Did,
    [from, to]: [&Owner; 2],
    unit: &Unit,
    amount: u64,
) {
    let id = |owner: &Owner| AccountId { scope, owner: owner.clone(), unit: unit.clone() };
    sums.entry(id(from)).or_default().debits += u128::from(amount);
    sums.entry(id(to)).or_default().credits += u128::from(amount);
}
