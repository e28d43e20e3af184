//! `icn ledger`: a host's accounts, as its log shows them, for treasurers and their auditors.
//!
//! 1. `gather.rs` audits the log, and collects its lines on the way. No account is shown of a log that does
//!    not hold.
//! 2. `rows.rs` makes tables of the lines, `ruled.rs` adds what administrators ruled, and `table.rs` prints
//!    them. `beancount.rs` writes the journal for another program, `verify.rs` compares the lines with the
//!    ledger.
//!
//! The lines are added up by code of their own (`icn_core::fold::bookkeeping`), not by the host's ledger. So this
//! is a second computation of the same accounts. A running host is never asked.

mod arguments;
mod beancount;
mod gather;
mod rows;
mod ruled;
mod table;
mod verify;

use std::path::Path;
use std::process::ExitCode;

use icn_core::name::AccountId;
use icn_runtime::{BlockId, Subject, prove};

use self::arguments::{Command, Form, Format};
use self::gather::{Gathered, gather};
use self::rows::{accounts, journal, statement};
use self::verify::verify;
use crate::commands::common::exit::{OK, failed, misuse};
use crate::commands::common::output::{tell, write};

pub(crate) use self::arguments::Arguments;

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let (data, at) = match &arguments.command {
        Command::Verify { data, .. } => (data, None),
        Command::Accounts { source, .. }
        | Command::Statement { source, .. }
        | Command::Trail { source, .. }
        | Command::Export { source, .. } => (&source.data, source.at),
    };
    let gathered = match gather(data, at) {
        Ok(gathered) => gathered,
        Err(error) => return misuse("ledger", &error),
    };
    for notice in &gathered.report.notices {
        tell("ledger", &format!("note: {notice}"));
    }
    if let Some(at) = at.filter(|at| *at > gathered.report.size && gathered.report.ok) {
        let what = format!("--at {at}: the log has {0} positions, so give at most {0}", gathered.report.size);
        return misuse("ledger", &what);
    }
    if let Command::Verify { json, .. } = &arguments.command {
        return verify(&gathered, *json);
    }
    if let Some(finding) = &gathered.report.divergence {
        return failed("ledger", &format!("the log does not hold, so no account is shown: {finding}"));
    }
    show(&arguments.command, data, &gathered)
}

/// Prints what a command asks for, from a log that holds.
fn show(command: &Command, data: &Path, gathered: &Gathered) -> ExitCode {
    match command {
        Command::Verify { json, .. } => verify(gathered, *json),
        Command::Accounts { form, .. } => print(&form.show(&accounts(gathered))),
        Command::Statement { scope, owner, unit, form, .. } => {
            let id = AccountId { scope: *scope, owner: owner.clone(), unit: unit.clone() };
            let statement = statement(&gathered.lines, &id);
            if statement.is_empty() {
                tell("ledger", &format!("no line of `{owner}` in {unit} of {scope}"));
            }
            print(&form.show(&statement))
        }
        Command::Trail { position, form, .. } => trail(*position, data, form, gathered),
        Command::Export { format: Format::Csv, .. } => print(&journal(gathered.lines.iter()).csv()),
        Command::Export { format: Format::Beancount, .. } => {
            print(&beancount::export(&gathered.lines, &gathered.books))
        }
    }
}

/// Prints the lines of one entry, the blocks that they come from, and the proof that the entry is in the log.
fn trail(position: u64, data: &Path, form: &Form, gathered: &Gathered) -> ExitCode {
    let Some(trail) = gathered.trails.get(&position) else {
        let why = format!("position {position}: no policy, receipt or leg is there; see `icn ledger export`");
        return misuse("ledger", &why);
    };
    let mut table = journal(gathered.lines.iter().filter(|line| line.source.position == position));
    table.lead(trail);
    let proof = proof_of(data, trail);
    if form.json {
        table.lead(&proof.map(|text| ("proof", text)).into_iter().collect::<Vec<_>>());
        return print(&form.show(&table));
    }
    let proof = proof.filter(|_| !form.csv).map(|text| format!("\n{text}"));
    print(&(form.show(&table) + &proof.unwrap_or_default()))
}

/// The proof that the entry of a trail is in the log. `None` when no checkpoint covers it yet; then it says
/// so.
fn proof_of(data: &Path, trail: &[(&'static str, String)]) -> Option<String> {
    let block = BlockId::parse(&trail.first()?.1).ok()?;
    match prove(&Subject::Data(data.to_owned()), &block) {
        Ok(proof) => Some(proof.to_text()),
        Err(error) => {
            tell("ledger", &format!("note: no proof: {error}"));
            None
        }
    }
}

fn print(text: &str) -> ExitCode {
    match write(text) {
        Ok(_) => OK,
        Err(error) => failed("ledger", &format!("writing the result: {error}")),
    }
}
