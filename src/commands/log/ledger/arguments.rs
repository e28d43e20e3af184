//! The arguments of `icn ledger`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use icn_runtime::{Did, Owner, Unit};

use super::table::Table;

/// Show a host's accounts, as its log has them.
///
/// The log is audited first (as `icn audit` does), and nothing is shown of a log that does not hold. Amounts
/// are integers; a balance is credits less debits. In JSON and CSV amounts are decimal text, so that no
/// reader rounds them.
///
/// Exit code: 0 it is shown, and for verify: everything agrees; 1 the log does not hold, something differs,
/// or the result could not be written; 2 the arguments are wrong or there is nothing to read.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// List every account: its counters, its limits, whether it is frozen or closed, and the caps of its
    /// owner. The treasury's row also has the caps of roles and of the whole scope. As of the end of the log,
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
    /// Show where the lines of one entry come from: its receipt, who called, and what. Also prove that the
    /// entry is in the log, in the form that `icn proof --verify` reads
    Trail {
        #[command(flatten)]
        source: Source,
        /// The entry's position in the log, as the other subcommands print it
        position: u64,
        #[command(flatten)]
        form: Form,
    },
    /// Add up the lines of the log and compare them with the ledger: accounts, open holds, sums by unit,
    /// resources consumed
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
pub(super) struct Source {
    /// The data directory of a host (as `icn demo --data DIR` leaves it)
    #[arg(long, value_name = "DIR")]
    pub(super) data: PathBuf,
    /// Show the state when the log had this size. Entries from this position on do not count
    #[arg(long, value_name = "SIZE")]
    pub(super) at: Option<u64>,
}

#[derive(Args)]
pub(super) struct Form {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Print CSV
    #[arg(long, conflicts_with = "json")]
    pub(super) csv: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Format {
    Csv,
    Beancount,
}

impl Form {
    /// A table in the form that is asked for.
    pub(super) fn show(&self, table: &Table) -> String {
        if self.json {
            table.json()
        } else if self.csv {
            table.csv()
        } else {
            table.text()
        }
    }
}
