//! A second set of books, for auditors: every posting that a log's words stand for, one line each, and what the
//! lines add up to.
//!
//! It shares nothing with the ledger (`ledger.rs`) but the words of policies and receipts: it moves no units, refuses
//! nothing, and adds up with plain sums. So when both say the same of a log, neither has lost or made anything
//! ([`Bookkeeper::differences`]). It is given entries that hold, in their order; what cannot be booked is a
//! difference, and never an error.
//!
//! A receipt's lines come in the order in which they happen: holds that its time has ended, by deadline and name;
//! what the run consumed; what the guest asked for.

use std::collections::BTreeMap;

use crate::block::{Issue, Policy, Receipt, Transfer};
use crate::id::{BlockId, Did, HoldId, Owner, Unit};
use crate::ledger::{AccountId, Ledger};

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

/// A hold as its journal placed it, and how much of it is left.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    payer: Owner,
    payee: Owner,
    unit: Unit,
    left: u64,
    deadline: u64,
}

/// The books.
#[derive(Debug, Clone, Default)]
pub struct Bookkeeper {
    sums: BTreeMap<AccountId, Sums>,
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

    fn post(&mut self, source: Source, kind: Kind, transfer: &Transfer) -> Line {
        let Transfer { from, to, unit, amount, memo, .. } = transfer.clone();
        let id = |owner: &Owner| AccountId { scope: source.scope, owner: owner.clone(), unit: unit.clone() };
        // Amounts of 64 bits: so many lines as would overflow this fit into no log.
        self.sums.entry(id(&from)).or_default().debits += u128::from(amount);
        self.sums.entry(id(&to)).or_default().credits += u128::from(amount);
        if matches!(from, Owner::Hold(_)) && self.sums.get(&id(&from)).is_some_and(|sums| sums.balance() == 0)
        {
            // A closed hold leaves nothing behind: its zero is missed in no sum.
            self.sums.remove(&id(&from));
        }
        Line { source, kind, from, to, unit, amount, memo }
    }

    /// Books a policy's entry.
    pub fn policy(&mut self, position: u64, block: BlockId, policy: &Policy) -> Vec<Line> {
        let source = Source { position, block, scope: policy.scope, seq: policy.seq, time: policy.time };
        self.issues(source, &policy.issue)
    }

    /// Books what a policy issues.
    pub fn issues(&mut self, source: Source, issues: &[Issue]) -> Vec<Line> {
        issues
            .iter()
            .map(|issue| {
                let issued =
                    Transfer::new(Owner::Issuance, issue.to.clone(), issue.unit.clone(), issue.amount);
                self.post(source, Kind::Issue, &issued)
            })
            .collect()
    }

    /// Books a receipt's entry.
    pub fn receipt(&mut self, position: u64, block: BlockId, receipt: &Receipt) -> Vec<Line> {
        let source = Source { position, block, scope: receipt.scope, seq: receipt.seq, time: receipt.time };
        let mut lines = self.expire(source);
        self.charge(source, receipt, &mut lines);
        for transfer in &receipt.journal {
            let kind = self.kind(source.scope, transfer);
            lines.push(self.post(source, kind, transfer));
        }
        lines
    }

    /// Holds of the scope that are over at this time.
    fn expire(&mut self, source: Source) -> Vec<Line> {
        let theirs = self.holds.iter().filter(|((scope, _), _)| *scope == source.scope);
        let over = theirs.filter(|(_, hold)| hold.deadline <= source.time);
        let mut due: Vec<(u64, HoldId)> = over.map(|((_, id), hold)| (hold.deadline, *id)).collect();
        due.sort_unstable();
        let mut lines = Vec::new();
        for (_, id) in due {
            let Some(hold) = self.holds.remove(&(source.scope, id)) else { continue };
            let back = Transfer::new(Owner::Hold(id), hold.payer, hold.unit, hold.left);
            lines.push(self.post(source, Kind::Expire, &back));
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
            lines.push(self.post(source, kind, &Transfer::new(from, to, unit, moved)));
        }
    }

    /// What a transfer of a journal is; holds are followed.
    fn kind(&mut self, scope: Did, transfer: &Transfer) -> Kind {
        match (&transfer.from, &transfer.to) {
            (Owner::Hold(id), to) => {
                let Some(hold) = self.holds.get_mut(&(scope, *id)) else { return Kind::Settle };
                hold.left = hold.left.saturating_sub(transfer.amount);
                let kind = if *to == hold.payee { Kind::Settle } else { Kind::Void };
                if hold.left == 0 {
                    self.holds.remove(&(scope, *id));
                }
                kind
            }
            (payer, Owner::Hold(id)) => {
                if let Some(terms) = &transfer.terms {
                    let hold = Open {
                        payer: payer.clone(),
                        payee: terms.to.clone(),
                        unit: transfer.unit.clone(),
                        left: transfer.amount,
                        deadline: terms.deadline,
                    };
                    self.holds.insert((scope, *id), hold);
                }
                Kind::Hold
            }
            (Owner::Issuance, _) => Kind::Mint,
            (_, Owner::Issuance) => Kind::Burn,
            _ => Kind::Transfer,
        }
    }

    /// Everything in which the ledger, or a total, is not what the log's words add up to: accounts, open holds, sums
    /// by unit, and what was consumed.
    #[must_use]
    pub fn differences(&self, ledger: &Ledger) -> Vec<Difference> {
        let mut found = Vec::new();
        self.compare_accounts(ledger, &mut found);
        self.compare_holds(ledger, &mut found);
        let mut totals: BTreeMap<(Did, Unit), i128> = BTreeMap::new();
        for (id, sums) in &self.sums {
            *totals.entry((id.scope, id.unit.clone())).or_default() += sums.balance();
        }
        for ((scope, unit), total) in totals {
            differ(&mut found, &|| format!("sum of all {unit} of {scope}"), 0, total);
        }
        for ((scope, unit), expected) in &self.consumed {
            let there = ledger.account(*scope, Owner::Consumed, unit.clone()).balance();
            differ(&mut found, &|| format!("{unit} that receipts of {scope} consumed"), *expected, there);
        }
        found
    }

    fn compare_accounts(&self, ledger: &Ledger, found: &mut Vec<Difference>) {
        let mut theirs: BTreeMap<AccountId, Sums> = BTreeMap::new();
        for (id, account) in ledger.accounts() {
            theirs.insert(id.clone(), Sums { debits: account.debits, credits: account.credits });
        }
        let names: std::collections::BTreeSet<&AccountId> = self.sums.keys().chain(theirs.keys()).collect();
        for id in names {
            let get = |all: &BTreeMap<AccountId, Sums>| all.get(id).copied().unwrap_or_default();
            let (ours, theirs) = (get(&self.sums), get(&theirs));
            if ours != theirs {
                let text = |sums: Sums| format!("debits {}, credits {}", sums.debits, sums.credits);
                let what = format!("account `{}` in {} of {}", id.owner, id.unit, id.scope);
                found.push(Difference { what, expected: text(ours), found: text(theirs) });
            }
        }
    }

    fn compare_holds(&self, ledger: &Ledger, found: &mut Vec<Difference>) {
        let theirs: BTreeMap<(Did, HoldId), Open> = ledger
            .posted()
            .holds
            .into_iter()
            .map(|(scope, id, hold)| {
                let (payee, deadline) = (hold.terms.to, hold.terms.deadline);
                ((scope, id), Open { payer: hold.payer, payee, unit: hold.unit, left: hold.amount, deadline })
            })
            .collect();
        let names: std::collections::BTreeSet<_> = self.holds.keys().chain(theirs.keys()).collect();
        for name in names {
            let text = |hold: Option<&Open>| {
                hold.map_or_else(
                    || "none".to_owned(),
                    |Open { payer, payee, unit, left, deadline }| {
                        format!("{left} {unit} from `{payer}` for `{payee}` until {deadline}")
                    },
                )
            };
            let (ours, theirs) = (self.holds.get(name), theirs.get(name));
            if ours != theirs {
                let what = format!("hold {} of {}", name.1, name.0);
                found.push(Difference { what, expected: text(ours), found: text(theirs) });
            }
        }
        for ((scope, id), hold) in &self.holds {
            let account = AccountId { scope: *scope, owner: Owner::Hold(*id), unit: hold.unit.clone() };
            let there = self.sums.get(&account).map_or(0, Sums::balance);
            differ(
                found,
                &|| format!("what stands on the hold {id} of {scope}"),
                i128::from(hold.left),
                there,
            );
        }
    }
}

fn differ(found: &mut Vec<Difference>, what: &dyn Fn() -> String, expected: i128, there: i128) {
    if expected != there {
        found.push(Difference { what: what(), expected: expected.to_string(), found: there.to_string() });
    }
}
