//! The tables of `icn ledger`: accounts, the statement of one account, and the journal. Names of columns are
//! also the names of fields in the JSON document.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::fold::bookkeeping::{Line, Sums};
use icn_core::name::AccountId;

use super::gather::Gathered;
use super::table::Table;

/// One row for each account that has lines or rulings.
pub(super) fn accounts(gathered: &Gathered) -> Table {
    let columns = [
        "scope",
        "owner",
        "unit",
        "debits",
        "credits",
        "balance",
        "credit_limit",
        "balance_max",
        "state",
        "caps",
    ];
    let mut table = Table::new(&columns);
    let sums: BTreeMap<&AccountId, &Sums> = gathered.books.accounts().collect();
    let ruled = gathered.ruled.accounts();
    let ids: BTreeSet<&AccountId> = sums.keys().copied().chain(&ruled).collect();
    for id in ids {
        let sums = sums.get(id).map_or_else(Sums::default, |sums| **sums);
        let [credit_limit, balance_max, state, caps] = gathered.ruled.cells(id);
        table.row([
            id.scope.to_string(),
            id.owner.to_string(),
            id.unit.to_string(),
            sums.debits.to_string(),
            sums.credits.to_string(),
            sums.balance().to_string(),
            credit_limit,
            balance_max,
            state,
            caps,
        ]);
    }
    table
}

/// One row for each line of an account, with the balance after it.
pub(super) fn statement(lines: &[Line], id: &AccountId) -> Table {
    let mut table =
        Table::new(&["position", "time", "kind", "other", "debit", "credit", "balance", "memo", "block"]);
    let mut balance: i128 = 0;
    for line in lines {
        if line.source.scope != id.scope || line.unit != id.unit {
            continue;
        }
        let (other, debit, credit) = if line.from == id.owner {
            (&line.to, line.amount, 0)
        } else if line.to == id.owner {
            (&line.from, 0, line.amount)
        } else {
            continue;
        };
        balance += i128::from(credit) - i128::from(debit);
        table.row([
            line.source.position.to_string(),
            line.source.time.to_string(),
            line.kind.as_str().to_owned(),
            other.to_string(),
            debit.to_string(),
            credit.to_string(),
            balance.to_string(),
            line.memo.clone(),
            line.source.block.to_string(),
        ]);
    }
    table
}

/// One row for each line.
pub(super) fn journal<'a>(lines: impl Iterator<Item = &'a Line>) -> Table {
    let columns =
        ["position", "time", "scope", "seq", "kind", "from", "to", "unit", "amount", "memo", "block"];
    let mut table = Table::new(&columns);
    for line in lines {
        table.row([
            line.source.position.to_string(),
            line.source.time.to_string(),
            line.source.scope.to_string(),
            line.source.seq.to_string(),
            line.kind.as_str().to_owned(),
            line.from.to_string(),
            line.to.to_string(),
            line.unit.to_string(),
            line.amount.to_string(),
            line.memo.clone(),
            line.source.block.to_string(),
        ]);
    }
    table
}
