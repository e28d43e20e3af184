//! A second set of books, for auditors: every posting that a log's words stand for, one line each, and what the
//! lines add up to.
//!
//! It shares nothing with the ledger (`ledger.rs`) but the words of policies and receipts: it moves no units, refuses
//! nothing, and adds up with plain sums. So when both say the same of a log, neither has lost or made anything
//! ([`Bookkeeper::differences`]). It is given entries that hold, in their order; what cannot be booked is a
//! difference, and never an error.
//!
//! A receipt's lines come in the order in which they happen: holds that its time has ended; what the run consumed; what
//! the guest asked for. What is held stands on an account of the hold's own, so that every line is a posting and nothing
//! is on an account that is not there to be spent. The ledger instead counts it, held, on both of the hold's accounts,
//! so what its posted counters have is added up beside.

use std::collections::{BTreeMap, BTreeSet};

use crate::block::{Command, Issue, Leg, Operation, Policy, Receipt};
use crate::ledger::{Books, HoldState, Ledger};
use crate::name::{AccountId, BlockId, Did, HoldId, Owner, Unit};

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Units that came into being with a policy.
    Issue,
    /// A resource that a run consumed.
    Charge,
    /// Storage that a run set free.
    Refund,
    /// Units that a guest made.
    Mint,
    /// Units that a guest unmade.
    Burn,
    /// A payment.
    Transfer,
    /// Units that were set aside.
    Hold,
    /// Units that a hold paid to its payee.
    Settle,
    /// Units of a hold that returned to its payer by its module's word.
    Void,
    /// Units of a hold that returned to its payer by its deadline.
    Expire,
    /// A payment to another scope: this one owes it.
    Send,
    /// A payment from another scope: this one claims it.
    Receive,
    /// What two scopes owe each other, set off.
    Net,
}

impl Kind {
    /// The name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::Mint => "mint",
            Self::Burn => "burn",
            Self::Transfer => "transfer",
            Self::Hold => "hold",
            Self::Settle => "settle",
            Self::Void => "void",
            Self::Expire => "expire",
            Self::Send => "send",
            Self::Receive => "receive",
            Self::Net => "net",
        }
    }
}

/// The entry that a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The position of the entry's first leaf in the log.
    pub position: u64,
    /// Its envelope: the policy's or the receipt's.
    pub block: BlockId,
    /// The scope.
    pub scope: Did,
    /// Its place in the scope's own sequence.
    pub seq: u64,
    /// When, in milliseconds since the Unix epoch.
    pub time: u64,
}

/// One posting: the amount moves from the first account to the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub source: Source,
    /// What it is.
    pub kind: Kind,
    /// Who is debited.
    pub from: Owner,
    /// Who is credited.
    pub to: Owner,
    /// The unit.
    pub unit: Unit,
    /// How much.
    pub amount: u64,
    /// The payer's words; a guest's.
    pub memo: String,
}

/// What lines add up to on one account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// All debits.
    pub debits: u128,
    /// All credits.
    pub credits: u128,
}

impl Sums {
    /// Credits less debits.
    #[must_use]
    pub fn balance(&self) -> i128 {
        let signed = |total: u128| i128::try_from(total).unwrap_or(i128::MAX);
        signed(self.credits).saturating_sub(signed(self.debits))
    }
}

/// Something in which these books and the ledger, or a total of them, differ.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, thiserror::Error)]
#[error("{what}: the log says {expected}, found {found}")]
pub struct Difference {
    /// What is compared.
    pub what: String,
    /// What the log's words add up to.
    pub expected: String,
    /// What is there.
    pub found: String,
}

/// A hold as its journal placed it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    payer: Owner,
    payee: Owner,
    unit: Unit,
    amount: u64,
    deadline: u64,
    by: Owner,
}

/// What moves.
struct Move {
    from: Owner,
    to: Owner,
    unit: Unit,
    amount: u64,
}

/// The books.
#[derive(Debug, Clone, Default)]
pub struct Bookkeeper {
    sums: BTreeMap<AccountId, Sums>,
    /// What moved for good: without holds.
    posted: BTreeMap<AccountId, Sums>,
    holds: BTreeMap<(Did, HoldId), Open>,
    /// What receipts say was consumed and set free: summed from their charge alone, without accounts.
    consumed: BTreeMap<(Did, Unit), i128>,
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

    fn post(&mut self, source: Source, kind: Kind, moved: Move, memo: &str) -> Line {
        let Move { from, to, unit, amount } = moved;
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
        let source = Source { position, block, scope: policy.scope, seq: policy.seq, time: policy.time };
        self.issues(source, &policy.issue)
    }

    /// Books what a policy issues.
    pub fn issues(&mut self, source: Source, issues: &[Issue]) -> Vec<Line> {
        let issued = |issue: &Issue| Move {
            from: Owner::Issuance,
            to: issue.to.clone(),
            unit: issue.unit.clone(),
            amount: issue.amount,
        };
        issues.iter().map(|issue| self.post(source, Kind::Issue, issued(issue), "")).collect()
    }

    /// Books a receipt's entry.
    pub fn receipt(&mut self, position: u64, block: BlockId, receipt: &Receipt) -> Vec<Line> {
        let source = Source { position, block, scope: receipt.scope, seq: receipt.seq, time: receipt.time };
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
        let source = Source { position, block, scope: leg.scope, seq: leg.seq, time: leg.time };
        let mut lines = Vec::new();
        for operation in &leg.journal {
            self.operation(source, operation, &mut lines);
        }
        lines
    }

    fn charge(&mut self, source: Source, receipt: &Receipt, lines: &mut Vec<Line>) {
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
                1 => (Kind::Charge, Owner::Treasury, Owner::Consumed),
                -1 => (Kind::Refund, Owner::Consumed, Owner::Treasury),
                _ => continue,
            };
            lines.push(self.post(source, kind, Move { from, to, unit, amount: moved }, ""));
        }
    }

    fn operation(&mut self, source: Source, operation: &Operation, lines: &mut Vec<Line>) {
        match operation {
            Operation::Transfer { from, to, unit, amount, memo } => {
                let kind = match (from, to) {
                    (Owner::Issuance, _) => Kind::Mint,
                    (_, Owner::Issuance) => Kind::Burn,
                    _ => Kind::Transfer,
                };
                let moved = Move { from: from.clone(), to: to.clone(), unit: unit.clone(), amount: *amount };
                lines.push(self.post(source, kind, moved, memo));
            }
            Operation::Hold { id, from, to, unit, amount, deadline, module } => {
                let (payer, unit, amount) = (from.clone(), unit.clone(), *amount);
                let moved = Move { from: payer.clone(), to: Owner::Hold(*id), unit: unit.clone(), amount };
                lines.push(self.post(source, Kind::Hold, moved, ""));
                let (payee, by) = (to.clone(), Owner::Module(*module));
                let hold = Open { payer, payee, unit, amount, deadline: *deadline, by };
                self.holds.insert((source.scope, *id), hold);
            }
            Operation::Send { from, scope, unit, amount, memo, .. } => {
                let (from, to) = (from.clone(), Owner::Owed(*scope));
                let moved = Move { from, to, unit: unit.clone(), amount: *amount };
                lines.push(self.post(source, Kind::Send, moved, memo));
            }
            Operation::Receive { scope, to, unit, amount, memo, .. } => {
                let (from, to) = (Owner::Claim(*scope), to.clone());
                let moved = Move { from, to, unit: unit.clone(), amount: *amount };
                lines.push(self.post(source, Kind::Receive, moved, memo));
            }
            Operation::Rule(command) => {
                // No other ruling moves anything.
                let Command::Net { b: other, unit, .. } = &**command else { return };
                let (from, to) = (Owner::Owed(*other), Owner::Claim(*other));
                let amount = self.nets(source.scope, &from, &to, unit);
                if amount > 0 {
                    let moved = Move { from, to, unit: unit.clone(), amount };
                    lines.push(self.post(source, Kind::Net, moved, ""));
                }
            }
            Operation::Settle { id, amount } => self.end(source, *id, *amount, Kind::Void, lines),
            Operation::Void { id } => self.end(source, *id, 0, Kind::Void, lines),
            Operation::Expire { id } => self.end(source, *id, 0, Kind::Expire, lines),
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
    fn end(&mut self, source: Source, id: HoldId, settled: u64, returns: Kind, lines: &mut Vec<Line>) {
        // No such hold is open: nothing is booked, and so the books differ from a ledger that books something.
        let Some(hold) = self.holds.remove(&(source.scope, id)) else { return };
        let Open { payer, payee, unit, amount, .. } = hold;
        if settled > 0 {
            add(&mut self.posted, source.scope, [&payer, &payee], &unit, settled);
        }
        let pay = |to, amount| Move { from: Owner::Hold(id), to, unit: unit.clone(), amount };
        let parts =
            [(Kind::Settle, pay(payee, settled)), (returns, pay(payer, amount.saturating_sub(settled)))];
        for (kind, moved) in parts.into_iter().filter(|(_, moved)| moved.amount > 0) {
            lines.push(self.post(source, kind, moved, ""));
        }
    }

    /// Everything in which the ledger, or a total, is not what the log's words add up to: accounts, open holds, sums
    /// by unit, and what was consumed.
    #[must_use]
    pub fn differences(&self, ledger: &Ledger) -> Vec<Difference> {
        let mut found = Vec::new();
        let books = ledger.books();
        self.compare_accounts(&books, &mut found);
        self.compare_holds(books, &mut found);
        let mut totals: BTreeMap<(Did, Unit), i128> = BTreeMap::new();
        for (id, sums) in &self.sums {
            *totals.entry((id.scope, id.unit.clone())).or_default() += sums.balance();
        }
        for ((scope, unit), total) in totals {
            differ(&mut found, &|| format!("sum of all {unit} of {scope}"), 0, total);
        }
        for ((scope, unit), expected) in &self.consumed {
            let account = AccountId { scope: *scope, owner: Owner::Consumed, unit: unit.clone() };
            let there = ledger.account(&account).unwrap_or_default().balance();
            differ(&mut found, &|| format!("{unit} that receipts of {scope} consumed"), *expected, there);
        }
        found
    }

    fn compare_accounts(&self, books: &Books, found: &mut Vec<Difference>) {
        let mut theirs: BTreeMap<AccountId, Sums> = BTreeMap::new();
        for (id, account) in &books.accounts {
            theirs.insert(id.clone(), Sums { debits: account.debits, credits: account.credits });
        }
        let names: BTreeSet<&AccountId> = self.posted.keys().chain(theirs.keys()).collect();
        for id in names {
            let get = |all: &BTreeMap<AccountId, Sums>| all.get(id).copied().unwrap_or_default();
            let (ours, theirs) = (get(&self.posted), get(&theirs));
            if ours != theirs {
                let text = |sums: Sums| format!("debits {}, credits {}", sums.debits, sums.credits);
                let what = format!("account {id}");
                found.push(Difference { what, expected: text(ours), found: text(theirs) });
            }
        }
    }

    /// Open holds, and what the ledger's accounts have held: the sums over them.
    fn compare_holds(&self, books: Books, found: &mut Vec<Difference>) {
        let open = |(scope, id, hold): (Did, HoldId, HoldState)| {
            let HoldState { from, to, unit, amount, deadline, by, .. } = hold;
            ((scope, id), Open { payer: from, payee: to, unit, amount, deadline, by })
        };
        let theirs: BTreeMap<(Did, HoldId), Open> = books.holds.into_iter().map(open).collect();
        let names: BTreeSet<_> = self.holds.keys().chain(theirs.keys()).collect();
        for name in names {
            let text = |hold: Option<&Open>| {
                hold.map_or_else(
                    || "none".to_owned(),
                    |Open { payer, payee, unit, amount, deadline, by }| {
                        format!(
                            "{amount} {unit} from `{payer}` for `{payee}` until {deadline}, placed by `{by}`"
                        )
                    },
                )
            };
            let (ours, theirs) = (self.holds.get(name), theirs.get(name));
            if ours != theirs {
                let what = format!("hold {} of {}", name.1, name.0);
                found.push(Difference { what, expected: text(ours), found: text(theirs) });
            }
        }
        let mut held: BTreeMap<AccountId, Sums> = BTreeMap::new();
        for ((scope, id), hold) in &self.holds {
            add(&mut held, *scope, [&hold.payer, &hold.payee], &hold.unit, hold.amount);
            let account = AccountId { scope: *scope, owner: Owner::Hold(*id), unit: hold.unit.clone() };
            let there = self.sums.get(&account).map_or(0, Sums::balance);
            let what = || format!("what stands on the hold {id} of {scope}");
            differ(found, &what, i128::from(hold.amount), there);
        }
        for (id, account) in books.accounts {
            let ours = held.get(&id).copied().unwrap_or_default();
            let theirs = Sums { debits: account.debits_held, credits: account.credits_held };
            if ours != theirs {
                let text = |sums: Sums| format!("{} to debit, {} to credit", sums.debits, sums.credits);
                let what = format!("what is held on {id}");
                found.push(Difference { what, expected: text(ours), found: text(theirs) });
            }
        }
    }
}

/// Adds to the sums of both accounts. Amounts are of 64 bits: so many lines as would overflow this fit into no log.
fn add(sums: &mut BTreeMap<AccountId, Sums>, scope: Did, [from, to]: [&Owner; 2], unit: &Unit, amount: u64) {
    let id = |owner: &Owner| AccountId { scope, owner: owner.clone(), unit: unit.clone() };
    sums.entry(id(from)).or_default().debits += u128::from(amount);
    sums.entry(id(to)).or_default().credits += u128::from(amount);
}

fn differ(found: &mut Vec<Difference>, what: &dyn Fn() -> String, expected: i128, there: i128) {
    if expected != there {
        found.push(Difference { what: what(), expected: expected.to_string(), found: there.to_string() });
    }
}
