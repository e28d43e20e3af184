//! Writes the journal in the text form of Beancount, a program for bookkeeping. Each line of the journal is
//! one transaction. At the end is the balance of every account, so that Beancount adds everything up again.
//!
//! Beancount allows fewer characters in names than we do. So names are encoded, and the file begins with a
//! list of accounts that has their original names. Amounts have our sign: a credit is positive.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use icn_core::fold::bookkeeping::{Bookkeeper, Line, Sums};
use icn_core::name::AccountId;
use icn_runtime::{Owner, Unit};

use crate::commands::common::text::line as one_line;

/// The last day whose date Beancount can write, less one for the day of the balances; in days since the Unix
/// epoch.
const DAY_MAX: u64 = 2_932_895;

/// The whole file.
pub(super) fn export(lines: &[Line], books: &Bookkeeper) -> String {
    let mut text = String::from(";; The journal of an ICN log. Amounts are credits less debits.\n");
    let mut accounts: BTreeSet<AccountId> = books.accounts().map(|(id, _)| id.clone()).collect();
    for line in lines {
        for owner in [&line.from, &line.to] {
            accounts.insert(AccountId {
                scope: line.source.scope,
                owner: owner.clone(),
                unit: line.unit.clone(),
            });
        }
    }
    let days = lines.iter().map(|line| day(line.source.time));
    let (first, last) = (days.clone().min().unwrap_or(0), days.max().unwrap_or(0));
    let units: BTreeSet<&Unit> = accounts.iter().map(|id| &id.unit).collect();
    for unit in units {
        let _ = writeln!(text, "{} commodity {}\n  unit: \"{unit}\"", date(first), commodity(unit));
    }
    // An account of Beancount has all units of its owner.
    let mut names: BTreeMap<String, &AccountId> = BTreeMap::new();
    for id in &accounts {
        names.insert(name(id), id);
    }
    for (name, id) in &names {
        let _ = writeln!(
            text,
            "{} open {name}\n  scope: \"{}\"\n  owner: \"{}\"",
            date(first),
            id.scope,
            id.owner
        );
    }
    for line in lines {
        transaction(&mut text, line);
    }
    // A balance holds at the beginning of a day, so it is dated one day after the last transaction.
    let sums: BTreeMap<&AccountId, &Sums> = books.accounts().collect();
    for id in &accounts {
        let balance = sums.get(id).map_or(0, |sums| sums.balance());
        let _ = writeln!(text, "{} balance {} {balance} {}", date(last + 1), name(id), commodity(&id.unit));
    }
    text
}

fn transaction(text: &mut String, line: &Line) {
    let Line { source, kind, from, to, unit, amount, memo } = line;
    let account =
        |owner: &Owner| name(&AccountId { scope: source.scope, owner: owner.clone(), unit: unit.clone() });
    let _ = writeln!(
        text,
        "{} * \"{}\" {}\n  position: {}\n  time: {}\n  block: \"{}\"\n  {} -{amount} {unit}\n  {} {amount} {unit}",
        date(day(source.time)),
        kind.as_str(),
        string(memo),
        source.position,
        source.time,
        source.block,
        account(from),
        account(to),
        unit = commodity(unit),
    );
}

/// A quoted text on one line. It may contain a guest's words.
fn string(text: &str) -> String {
    format!("\"{}\"", one_line(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// A unit's name. Tokens are capital letters and digits, without a dot. So no two units get the same name.
fn commodity(unit: &Unit) -> String {
    if unit.is_resource() {
        format!("ICN.{}", unit.as_str().to_uppercase())
    } else if unit.as_str().len() < 2 {
        format!("TOKEN.{unit}")
    } else {
        unit.to_string()
    }
}

/// An account's name: its kind, its scope, its owner. No two owners get the same name.
fn name(id: &AccountId) -> String {
    let scope = words(id.scope.as_str().trim_start_matches("did:key:"));
    let (root, owner) = match &id.owner {
        Owner::Treasury => ("Assets", "Treasury".to_owned()),
        Owner::Issuance => ("Equity", "Issuance".to_owned()),
        Owner::Consumed => ("Expenses", "Consumed".to_owned()),
        Owner::Member(did) => {
            ("Assets", format!("Member:M-{}", words(did.as_str().trim_start_matches("did:key:"))))
        }
        Owner::Module(module) => ("Assets", format!("Module:M-{}", words(&module.to_string()))),
        Owner::Name(name) => ("Assets", format!("Name:N-{}", words(name))),
        Owner::Hold(hold) => ("Assets", format!("Hold:H-{hold}")),
        Owner::Owed(did) => {
            ("Liabilities", format!("Owed:S-{}", words(did.as_str().trim_start_matches("did:key:"))))
        }
        Owner::Claim(did) => {
            ("Assets", format!("Claim:S-{}", words(did.as_str().trim_start_matches("did:key:"))))
        }
    };
    format!("{root}:S-{scope}:{owner}")
}

/// Letters and digits stay. Every other byte becomes a hyphen and two hexadecimal digits.
fn words(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            written.push(char::from(byte));
        } else {
            let _ = write!(written, "-{byte:02x}");
        }
    }
    written
}

/// Days since the Unix epoch, at most [`DAY_MAX`].
fn day(time_ms: u64) -> u64 {
    (time_ms / 86_400_000).min(DAY_MAX)
}

/// The Gregorian date of a day since the Unix epoch.
fn date(day: u64) -> String {
    const DAYS_OF_400_YEARS: u64 = 146_097;
    // Days are counted from 1 March of the year 0, so that a leap day is the last day of its year.
    let from_march = day + 719_468;
    let (era, of_era) = (from_march / DAYS_OF_400_YEARS, from_march % DAYS_OF_400_YEARS);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + 400 * era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_dates() {
        for (days, written) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (789, "1972-02-29"),
            (11_016, "2000-02-29"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
            (DAY_MAX, "9999-12-30"),
            (DAY_MAX + 1, "9999-12-31"),
        ] {
            assert_eq!(date(days), written);
        }
        assert_eq!(date(day(u64::MAX)), "9999-12-30");
        assert_eq!(day(86_399_999), 0);
    }

    #[test]
    fn two_owners_never_have_one_name() {
        let written: BTreeSet<String> = ["a-b", "a.b", "a/b", "a-2db", "a2db", "ab"].map(words).into();
        assert_eq!(written.len(), 6, "{written:?}");
    }

    #[test]
    fn a_memo_cannot_end_its_text() {
        assert_eq!(string("a\"b\\c\n2020-01-01 open X"), "\"a\\\"b\\\\c\\\\n2020-01-01 open X\"");
    }
}
