//! In what these books and the ledger differ.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::keeper::{Bookkeeper, OpenHold, add};
use super::line::Sums;
use crate::ledger::{Books, HoldState, Ledger};
use crate::name::{AccountId, Did, HoldId, Owner, Unit};

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

impl Bookkeeper {
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

    /// OpenHold holds, and what the ledger's accounts have held: the sums over them.
    fn compare_holds(&self, books: Books, found: &mut Vec<Difference>) {
        let open = |(scope, id, hold): (Did, HoldId, HoldState)| {
            let HoldState { from, to, unit, amount, deadline, by, .. } = hold;
            ((scope, id), OpenHold { payer: from, payee: to, unit, amount, deadline, by })
        };
        let theirs: BTreeMap<(Did, HoldId), OpenHold> = books.holds.into_iter().map(open).collect();
        let names: BTreeSet<_> = self.holds.keys().chain(theirs.keys()).collect();
        for name in names {
            let text = |hold: Option<&OpenHold>| {
                hold.map_or_else(
                    || "none".to_owned(),
                    |OpenHold { payer, payee, unit, amount, deadline, by }| {
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

fn differ(found: &mut Vec<Difference>, what: &dyn Fn() -> String, expected: i128, there: i128) {
    if expected != there {
        found.push(Difference { what: what(), expected: expected.to_string(), found: there.to_string() });
    }
}
