//! `icn ledger`: a host's accounts as its log tells them, for treasurers and their auditors.
//!
//! Every subcommand audits first and tells only of a log that holds (`gather.rs`); what is told is what the
//! log's words add up to (`icn_core::bookkeeping`), and never what a running host says.

mod beancount;
mod gather;
mod ruled;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use icn_core::fold::bookkeeping::{Line, Sums};
use icn_core::name::AccountId;
use icn_runtime::{BlockId, Did, Owner, Subject, Unit, prove};

use crate::commands::common::exit::{FAILED, OK, failed, misuse};
use crate::commands::common::output::{tell, write};
use gather::{Gathered, gather};
use table::Table;

/// Read a host's accounts from its log.
///
/// The log is audited on the way (as `icn audit` does), and nothing is told of one that does not hold.
/// Amounts are integers; a balance is credits less debits. In JSON and CSV amounts are decimal text, so that
/// no reader rounds them.
///
/// Exit code: 0 told, and for verify: everything agrees; 1 the log does not hold, something differs, or the
/// result could not be written; 2 the arguments are not right, or there is nothing to read.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List every account with its counters, its limits and whether it is frozen or closed, and the caps that
    /// bind its owner (on the treasury's row those of roles and of the whole scope), as of the end of the log
    /// or of a position in it
    Accounts {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        form: Form,
    },
    /// List every line of one account, with the balance after each
    Statement {
        #[command(flatten)]
        source: Source,
        /// The scope, as did:key:…
        #[arg(long, value_name = "DID", value_parser = Did::parse)]
        scope: Did,
        /// The owner: treasury, issuance, consumed, a member's did:key:…, module:CID, hold:HEX, or a named
        /// account
        #[arg(long, value_parser = Owner::parse)]
        owner: Owner,
        /// The unit: a token, or fuel, storage, network, memory
        #[arg(long, value_parser = Unit::parse)]
        unit: Unit,
        #[command(flatten)]
        form: Form,
    },
    /// Tell where the lines of one entry of the log come from: its receipt, who called, and what; and prove
    /// that the entry is in the log, in the form that `icn proof --verify` takes
    Trail {
        #[command(flatten)]
        source: Source,
        /// The entry's position in the log, as the other subcommands print it
        position: u64,
        #[command(flatten)]
        form: Form,
    },
    /// Add up the log's words and compare with the ledger: accounts, open holds, sums by unit, resources
    /// consumed
    Verify {
        /// The data directory of a host
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Print the report as one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Print the whole journal, for a spreadsheet or for a bookkeeping program
    Export {
        #[command(flatten)]
        source: Source,
        /// csv, or the text form of Beancount (with a balance assertion for every account at the end)
        #[arg(long, value_enum)]
        format: Format,
    },
}

#[derive(Args)]
struct Source {
    /// The data directory of a host (as `icn demo --data DIR` leaves it)
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// As it was when the log had this size: entries at this position and behind it do not count
    #[arg(long, value_name = "SIZE")]
    at: Option<u64>,
}

#[derive(Args)]
struct Form {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Beancount,
}

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
        let what = format!("--at {at}: the log has {} positions, write at most that", gathered.report.size);
        return misuse("ledger", &what);
    }
    if let Command::Verify { json, .. } = &arguments.command {
        return verify(&gathered, *json);
    }
    if let Some(finding) = &gathered.report.divergence {
        return failed("ledger", &format!("the log does not hold, so nothing is told of it: {finding}"));
    }
    match &arguments.command {
        Command::Verify { json, .. } => verify(&gathered, *json),
        Command::Accounts { form, .. } => print(&form.show(&accounts(&gathered))),
        Command::Statement { scope, owner, unit, form, .. } => {
            let id = AccountId { scope: *scope, owner: owner.clone(), unit: unit.clone() };
            let statement = statement(&gathered.lines, &id);
            if statement.is_empty() {
                tell("ledger", &format!("no line of `{owner}` in {unit} of {scope}"));
            }
            print(&form.show(&statement))
        }
        Command::Trail { position, form, .. } => match gathered.trails.get(position) {
            Some(trail) => {
                let of_it = gathered.lines.iter().filter(|line| line.source.position == *position);
                let mut table = journal(of_it);
                let proof = proof_of(data, trail);
                table.lead(trail);
                if form.json {
                    table.lead(&proof.map(|text| ("proof", text)).into_iter().collect::<Vec<_>>());
                    return print(&form.show(&table));
                }
                let proof = proof.filter(|_| !form.csv).map(|text| format!("\n{text}"));
                print(&(form.show(&table) + &proof.unwrap_or_default()))
            }
            None => misuse(
                "ledger",
                &format!(
                    "position {position}: no policy and no receipt begins there; see `icn ledger export`"
                ),
            ),
        },
        Command::Export { format: Format::Csv, .. } => print(&journal(gathered.lines.iter()).csv()),
        Command::Export { format: Format::Beancount, .. } => {
            print(&beancount::export(&gathered.lines, &gathered.books))
        }
    }
}

/// The proof that an entry is in the log, when a checkpoint covers it already.
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

impl Form {
    fn show(&self, table: &Table) -> String {
        if self.json {
            table.json()
        } else if self.csv {
            table.csv()
        } else {
            table.text()
        }
    }
}

fn accounts(gathered: &Gathered) -> Table {
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

fn statement(lines: &[Line], id: &AccountId) -> Table {
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

fn journal<'a>(lines: impl Iterator<Item = &'a Line>) -> Table {
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

/// What `verify` found.
#[derive(serde::Serialize)]
struct Verdict<'a> {
    ok: bool,
    size: u64,
    root: &'a str,
    invocations: u64,
    lines: usize,
    accounts: usize,
    open_holds: usize,
    divergence: &'a Option<icn_runtime::Finding>,
    differences: &'a [icn_core::fold::bookkeeping::Difference],
}

fn verify(gathered: &Gathered, json: bool) -> ExitCode {
    let report = &gathered.report;
    let ok = report.ok && gathered.differences.is_empty();
    let verdict = Verdict {
        ok,
        size: report.size,
        root: &report.root,
        invocations: report.invocations,
        lines: gathered.lines.len(),
        accounts: gathered.books.accounts().count(),
        open_holds: gathered.books.open_holds(),
        divergence: &report.divergence,
        differences: &gathered.differences,
    };
    let text = if json {
        match serde_json::to_string(&verdict) {
            Ok(text) => text + "\n",
            Err(error) => return failed("ledger", &error),
        }
    } else {
        verdict.text()
    };
    let printed = print(&text);
    if ok { printed } else { ExitCode::from(FAILED) }
}

impl Verdict<'_> {
    fn text(&self) -> String {
        let mut text = format!(
            "log of size {}: {} lines on {} accounts, {} open holds, {} invocations\n",
            self.size, self.lines, self.accounts, self.open_holds, self.invocations
        );
        if let Some(finding) = self.divergence {
            text += &format!("LEDGER FAILED: the log does not hold at {finding}\n");
        }
        for difference in self.differences {
            text += &format!("DIFFERS: {difference}\n");
        }
        if self.ok {
            text += "ledger, receipts and consumption agree\n";
        }
        text
    }
}
